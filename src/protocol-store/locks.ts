// Who may change a grant or a session now. Advisory locks, because what must wait is often a row that does not exist yet.
import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { forgetReadAhead } from './read-ahead.ts';

// Everybody takes locks in this order, or two requests could wait for each other:
// a grant's lock, its tokens' rows, the grant's row, a session's lock, the session's rows.

/** Held until the transaction ends, by whoever spends a token of the grant, revokes it or adds to it. */
export const lockGrants = (tx: Db, grantIds: readonly string[]): Promise<void> =>
  lockNames(
    tx,
    grantIds.map((id) => `grant:${id}`),
  );

/** Held until the transaction ends, by whoever writes a row of the session. */
export const lockSessions = (tx: Db, uids: readonly string[]): Promise<void> =>
  lockNames(
    tx,
    uids.map((uid) => `session:${uid}`),
  );

/** The lock of the grant that a token was issued under: its identifier, undefined where there is no such token, or no grant. */
export async function lockGrantOf(tx: Db, token: { model: string; storedId: string }): Promise<string | undefined> {
  const { rows } = await sql<{ grant_id: string }>`
    select grant_id, pg_advisory_xact_lock(hashtextextended('grant:' || grant_id, 0)) from oidc_payloads
    where model = ${token.model} and id = ${token.storedId} and grant_id is not null`.execute(tx);
  forgetReadAhead();
  return rows[0]?.grant_id;
}

async function lockNames(tx: Db, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const sorted = [...new Set(names)].sort();
  await sql`select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${sorted}::text[]) as name`.execute(tx);
  forgetReadAhead();
}
