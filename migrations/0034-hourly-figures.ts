// Events counted by the hour, for pages that look back over weeks.
import type { Kysely } from 'kysely';

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('hourly_figures')
    .addColumn('hour', 'timestamptz', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('count', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('hourly_figures_pkey', ['event', 'hour'])
    .execute();
}
