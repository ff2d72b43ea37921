// How many grants apps have that stand: what people have allowed them, and what signing in there is.
import { sql } from 'kysely';
import { databaseNow } from '../database/time.ts';
import type { StoreDeps } from './payloads.ts';

/** By client_id, each of them there. At most so many are counted, however many there are. */
export async function countLiveGrants(
  { db, clock }: StoreDeps,
  clientIds: readonly string[],
  atMost: number,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ client_id: string; grants: string }>`
    select app.client_id, (
      select count(*) from (
        select from oidc_payloads p where p.model = 'Grant' and p.destroyed_at is null
          and p.client_id = app.client_id and p.expires_at > ${databaseNow(clock)} limit ${atMost}
      ) as counted
    ) as grants
    from unnest(${sql.val([...clientIds])}::text[]) as app(client_id)`.execute(db);
  return new Map(rows.map((row) => [row.client_id, Number(row.grants)]));
}
