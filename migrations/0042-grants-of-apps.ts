// Grants are found along this index by their app alone. PostgreSQL took it for those of a person too, or of one id, while it knew
// nothing of the table yet, and read the grants of everybody: with thousands of sign-ins in the first minutes.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop index oidc_payloads_live_grants_index`.execute(db);
  await sql`create index oidc_payloads_grants_of_apps_index on oidc_payloads (client_id, expires_at)
    where model = 'Grant' and destroyed_at is null and client_id is not null`.execute(db);
}
