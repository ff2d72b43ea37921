// Clients there have been files for, and since when one is missing: what was granted to it is kept for a while.
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('known_clients')
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('missing_since', 'timestamptz')
    .addPrimaryKeyConstraint('known_clients_pkey', ['client_id'])
    .execute();
}
