// What people say of themselves beyond their name, and what operators have declared that is kept of them.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('profiles')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('claims', 'jsonb', (column) => column.notNull().defaultTo(sql`'{}'`))
    .addColumn('attributes', 'jsonb', (column) => column.notNull().defaultTo(sql`'{}'`))
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull())
    .addPrimaryKeyConstraint('profiles_pkey', ['account_id'])
    .addForeignKeyConstraint('profiles_account_id_fkey', ['account_id'], 'accounts', ['id'], (key) =>
      key.onDelete('cascade'),
    )
    .execute();
}
