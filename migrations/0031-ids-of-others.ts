// Accounts with ids and password hashes of other systems: no id comes again, and who has no account costs what others do.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('retired_ids')
    .addColumn('id_hash', 'text', (column) => column.notNull())
    .addColumn('retired_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addPrimaryKeyConstraint('retired_ids_pkey', ['id_hash'])
    .execute();
  // One account for any identifier, the same one each time (accounts/stored-hashes/decoy.ts).
  await sql`create index accounts_decoy_index on accounts (hashtextextended(id, 0)) where password_hash is not null`.execute(
    db,
  );
}
