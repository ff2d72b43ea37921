// Who has asked for a new password. Each row is answered, and gone, within a second: whether there is such an account is
// looked up then, so that nobody can tell it from the answer to the form, or from the time that took.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('reset_requests')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addPrimaryKeyConstraint('reset_requests_pkey', ['id'])
    .execute();
}
