// People who sign up, until their address is proved; and which terms an account has accepted.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('registrations')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('email_key', 'text', (column) => column.notNull())
    .addColumn('username', 'text')
    .addColumn('display_name', 'text')
    .addColumn('password_hash', 'text')
    .addColumn('language', 'text', (column) => column.notNull())
    .addColumn('terms_version', 'text')
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('interaction', 'text', (column) => column.notNull())
    .addColumn('binding_hash', 'text', (column) => column.notNull())
    .addColumn('taken', 'boolean', (column) => column.notNull())
    .addColumn('token_hash', 'text', (column) => column.notNull())
    .addColumn('code_hash', 'text', (column) => column.notNull())
    .addColumn('code_expires_at', 'timestamptz', (column) => column.notNull())
    .addColumn('code_tries', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('resends', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('elsewhere', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('account_id', 'text')
    .addColumn('settled_at', 'timestamptz')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
    .addPrimaryKeyConstraint('registrations_pkey', ['id'])
    .addUniqueConstraint('registrations_token_hash_key', ['token_hash'])
    .addCheckConstraint(
      'registrations_state_check',
      sql`state in ('waiting', 'proved', 'confirmed', 'finished', 'overtaken')`,
    )
    .addForeignKeyConstraint('registrations_account_id_fkey', ['account_id'], 'accounts', ['id'], (key) =>
      key.onDelete('cascade'),
    )
    .execute();
  await db.schema.createIndex('registrations_expires_at_index').on('registrations').column('expires_at').execute();
  await db.schema.createIndex('registrations_account_id_index').on('registrations').column('account_id').execute();
  await db.schema
    .alterTable('accounts')
    .addColumn('terms_version', 'text')
    .addColumn('terms_accepted_at', 'timestamptz')
    .execute();
}
