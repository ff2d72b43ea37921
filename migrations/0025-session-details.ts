// From which browser and address a session was begun and last used, for its owner to recognise it.
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('session_details')
    .addColumn('session_uid', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('user_agent', 'text', (column) => column.notNull())
    .addColumn('first_address', 'text', (column) => column.notNull())
    .addColumn('last_address', 'text', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('last_seen_at', 'timestamptz', (column) => column.notNull())
    .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
    .addPrimaryKeyConstraint('session_details_pkey', ['session_uid'])
    .addForeignKeyConstraint('session_details_account_id_fkey', ['account_id'], 'accounts', ['id'], (key) =>
      key.onDelete('cascade'),
    )
    .execute();
  await db.schema.createIndex('session_details_account_id_index').on('session_details').column('account_id').execute();
  await db.schema.createIndex('session_details_expires_at_index').on('session_details').column('expires_at').execute();
}
