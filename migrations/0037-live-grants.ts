// The grants that an app has, counted for administrators.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index oidc_payloads_live_grants_index on oidc_payloads (client_id, expires_at)
    where model = 'Grant' and destroyed_at is null`.execute(db);
}
