// Links that were sent to an account's mailbox, each to be used once.
import { type Kysely, type SqlBool, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('mailed_tokens')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('token_hash', 'text', (column) => column.notNull())
    .addColumn('bound_to', 'jsonb', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
    .addPrimaryKeyConstraint('mailed_tokens_pkey', ['id'])
    .addUniqueConstraint('mailed_tokens_token_hash_key', ['token_hash'])
    .addForeignKeyConstraint('mailed_tokens_account_id_fkey', ['account_id'], 'accounts', ['id'], (key) =>
      key.onDelete('cascade'),
    )
    .execute();
  // The newest only; but whoever was told of a change of address keeps the way to undo it, whatever is changed after it.
  await db.schema
    .createIndex('mailed_tokens_newest_only')
    .on('mailed_tokens')
    .columns(['account_id', 'purpose'])
    .unique()
    .where(sql<SqlBool>`purpose <> 'undo_email_change'`)
    .execute();
  await db.schema.createIndex('mailed_tokens_account_id_index').on('mailed_tokens').column('account_id').execute();
}
