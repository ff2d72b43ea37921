// What happened, to whom, by whom: added to, never changed. No foreign keys, since it outlives what it tells of.
import { type Kysely, sql } from 'kysely';

interface Tables {
  audit_events: { account_id: string | null };
}

export async function up(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('audit_events')
    .addColumn('id', 'bigint', (column) => column.notNull().generatedAlwaysAsIdentity())
    .addColumn('at', 'timestamptz', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text')
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('client_id', 'text')
    .addColumn('address', 'text')
    .addColumn('user_agent', 'text')
    .addColumn('request_id', 'text')
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('details', 'jsonb', (column) => column.notNull().defaultTo(sql`'{}'::jsonb`))
    .addPrimaryKeyConstraint('audit_events_pkey', ['id'])
    .addCheckConstraint('audit_events_outcome_check', sql`outcome in ('success', 'failure')`)
    .execute();
  await db.schema
    .createIndex('audit_events_account_id_index')
    .on('audit_events')
    .columns(['account_id', 'id'])
    .where('account_id', 'is not', null)
    .execute();
}
