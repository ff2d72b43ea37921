// Who may change a grant or a session now. Advisory locks, because what must wait is often a row that does not exist yet.
import { sql } from 'kysely';
import type { Db } from '../database/database.ts';

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

async function lockNames(tx: Db, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const sorted = [...new Set(names)].sort();
  await sql`select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${sorted}::text[]) as name`.execute(tx);
}
