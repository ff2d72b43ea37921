// Codes that are mailed to whoever signs in with a right password from an unknown browser while an alarm stands.
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('sign_in_codes')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('code_hash', 'text')
    .addColumn('code_tries', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('code_expires_at', 'timestamptz')
    .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
    .addPrimaryKeyConstraint('sign_in_codes_pkey', ['id'])
    .addForeignKeyConstraint('sign_in_codes_account_id_fkey', ['account_id'], 'accounts', ['id'], (key) =>
      key.onDelete('cascade'),
    )
    .execute();
  await db.schema.createIndex('sign_in_codes_account_id_index').on('sign_in_codes').column('account_id').execute();
  await db.schema.createIndex('sign_in_codes_expires_at_index').on('sign_in_codes').column('expires_at').execute();
}
