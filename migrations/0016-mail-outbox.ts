// Mails that are still to be sent: an outbox. No foreign key: an account may be gone when its owner is told so.
import { type Kysely, type SqlBool, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('mail_outbox')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('recipient', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text')
    .addColumn('language', 'text', (column) => column.notNull())
    .addColumn('message', 'text', (column) => column.notNull())
    .addColumn('content', 'text')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('next_attempt_at', 'timestamptz', (column) => column.notNull())
    .addColumn('give_up_after', 'timestamptz', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('last_error', 'text')
    .addColumn('delivered_at', 'timestamptz')
    .addColumn('given_up_at', 'timestamptz')
    .addPrimaryKeyConstraint('mail_outbox_pkey', ['id'])
    .execute();
  await db.schema
    .createIndex('mail_outbox_next_attempt_at_index')
    .on('mail_outbox')
    .columns(['next_attempt_at', 'id'])
    .where(sql<SqlBool>`delivered_at is null and given_up_at is null`)
    .execute();
}
