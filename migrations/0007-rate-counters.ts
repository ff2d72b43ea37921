// How often something was tried in its window.
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('rate_counters')
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('count', 'integer', (column) => column.notNull())
    .addColumn('resets_at', 'timestamptz', (column) => column.notNull())
    .addPrimaryKeyConstraint('rate_counters_pkey', ['key'])
    .execute();
  await db.schema.createIndex('rate_counters_resets_at_index').on('rate_counters').column('resets_at').execute();
}
