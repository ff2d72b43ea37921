// Grants are found along this index by their app alone. PostgreSQL took the former one for those of a person too, or of one id, while it
// knew nothing of the table yet, and read the grants of everybody: with thousands of sign-ins in the first minutes.
import { type Kysely, sql } from 'kysely';

/** Each has the first columns of one that is there now. */
const REPLACED = [
  'oidc_payloads_live_grants_index',
  'accounts_email_search_index',
  'accounts_username_search_index',
  'accounts_name_search_index',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index oidc_payloads_grants_of_apps_index on oidc_payloads (client_id, expires_at)
    where model = 'Grant' and destroyed_at is null and client_id is not null`.execute(db);
  // Last, for nobody reads a table from the moment one of its indexes goes until all of this stands.
  for (const name of REPLACED) await sql`drop index ${sql.id(name)}`.execute(db);
}
