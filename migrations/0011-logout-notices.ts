// What apps are still to be told about ended sessions: an outbox. No foreign keys: an account may be deleted, and its
// apps are told of that too; clients live in files.
import { type Kysely, type SqlBool, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('logout_notices')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('sid', 'text')
    .addColumn('ended', 'text', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('next_attempt_at', 'timestamptz', (column) => column.notNull())
    .addColumn('give_up_after', 'timestamptz', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('last_error', 'text')
    .addColumn('delivered_at', 'timestamptz')
    .addColumn('given_up_at', 'timestamptz')
    .addPrimaryKeyConstraint('logout_notices_pkey', ['id'])
    .addCheckConstraint('logout_notices_ended_check', sql`ended in ('session', 'account')`)
    .execute();
  await db.schema
    .createIndex('logout_notices_next_attempt_at_index')
    .on('logout_notices')
    .columns(['next_attempt_at', 'id'])
    .where(sql<SqlBool>`delivered_at is null and given_up_at is null`)
    .execute();
}
