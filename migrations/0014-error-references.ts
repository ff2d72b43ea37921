// What went wrong with a request, for a week, under the reference that its answer carried.
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('error_references')
    .addColumn('reference', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('client_id', 'text')
    .addColumn('request_id', 'text', (column) => column.notNull())
    .addColumn('details', 'jsonb', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
    .addPrimaryKeyConstraint('error_references_pkey', ['reference'])
    .execute();
  await db.schema
    .createIndex('error_references_expires_at_index')
    .on('error_references')
    .column('expires_at')
    .execute();
}
