// How often people sign in at an app, by the day: one page counts no rows of people for that.
import type { Kysely } from 'kysely';

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('app_sign_in_days')
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('day', 'timestamptz', (column) => column.notNull())
    .addColumn('lane', 'smallint', (column) => column.notNull())
    .addColumn('count', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('app_sign_in_days_pkey', ['client_id', 'day', 'lane'])
    .execute();
  await db.schema.createIndex('app_sign_in_days_day_index').on('app_sign_in_days').columns(['day']).execute();
}
