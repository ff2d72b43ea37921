// Browsers that an account has signed in from, and networks from which many accounts fail.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('devices')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('token_hash', 'text', (column) => column.notNull())
    .addColumn('user_agent', 'text', (column) => column.notNull())
    .addColumn('first_seen_at', 'timestamptz', (column) => column.notNull())
    .addColumn('last_seen_at', 'timestamptz', (column) => column.notNull())
    .addColumn('trusted_until', 'timestamptz')
    .addPrimaryKeyConstraint('devices_pkey', ['id'])
    .addUniqueConstraint('devices_account_id_token_hash_key', ['account_id', 'token_hash'])
    .addForeignKeyConstraint('devices_account_id_fkey', ['account_id'], 'accounts', ['id'], (key) =>
      key.onDelete('cascade'),
    )
    .execute();
  await db.schema.createIndex('devices_last_seen_at_index').on('devices').column('last_seen_at').execute();
  await db.schema
    .createTable('network_failures')
    .addColumn('network', 'text', (column) => column.notNull())
    .addColumn('trying', sql`text[]`, (column) => column.notNull())
    .addColumn('failed', sql`text[]`, (column) => column.notNull())
    .addColumn('resets_at', 'timestamptz', (column) => column.notNull())
    .addColumn('blocked', 'boolean', (column) => column.notNull().defaultTo(false))
    .addPrimaryKeyConstraint('network_failures_pkey', ['network'])
    .execute();
  await db.schema.createIndex('network_failures_resets_at_index').on('network_failures').column('resets_at').execute();
}
