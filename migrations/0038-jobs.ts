// When a job of all processes last began, so that one of them does it; and indexes for what is swept.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('jobs')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('last_started_at', 'timestamptz', (column) => column.notNull())
    .addColumn('last_done_at', 'timestamptz')
    .addPrimaryKeyConstraint('jobs_pkey', ['name'])
    .execute();
  for (const table of ['mail_outbox', 'logout_notices']) {
    const delivered = sql.raw(`${table}_delivered_at_index on ${table} (delivered_at) where delivered_at is not null`);
    await sql`create index ${delivered}`.execute(db);
    const givenUp = sql.raw(`${table}_given_up_at_index on ${table} (given_up_at) where given_up_at is not null`);
    await sql`create index ${givenUp}`.execute(db);
  }
  await db.schema.createIndex('mailed_tokens_expires_at_index').on('mailed_tokens').column('expires_at').execute();
}
