// What an account has given to one app, or to each: its grants, what was issued under them, its place in sessions.
import { type SqlBool, sql } from 'kysely';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';
import { lockGrants, lockSessions } from './locks.ts';
import { deleteIssuedUnder, type Payload, type StoreDeps, tombstone, updatePayloads } from './payloads.ts';
import { authorizationsOf } from './session-authorizations.ts';

interface Whose {
  readonly accountId: string;
  readonly clientId: string;
}

export interface StandingGrant {
  readonly clientId: string;
  readonly payload: Payload;
  readonly createdAt: Date;
}

export async function grantsOf({ db, clock }: StoreDeps, accountId: string): Promise<readonly StandingGrant[]> {
  const rows = await db
    .selectFrom('oidc_payloads')
    .select(['client_id', 'payload', 'created_at'])
    .where('account_id', '=', accountId)
    .where('model', '=', 'Grant')
    .where('destroyed_at', 'is', null)
    .where('expires_at', '>', databaseNow(clock))
    .orderBy('created_at')
    .execute();
  return rows.flatMap(({ client_id: clientId, payload, created_at: createdAt }) =>
    clientId === null ? [] : [{ clientId, payload: payload as Payload, createdAt }],
  );
}

/** Browser sessions of the account that are signed in at the app. */
export async function countSessionsAt({ db, clock }: StoreDeps, { accountId, clientId }: Whose): Promise<number> {
  const row = await sessionsAt(db, { accountId, clientId })
    .where('expires_at', '>', databaseNow(clock))
    .select(({ fn }) => fn.count('uid').distinct().as('sessions'))
    .executeTakeFirstOrThrow();
  return Number(row.sessions);
}

/**
 * Ends all of it: grants with every code and token under them, and the app's place in sessions, which themselves go on.
 * Returns the names (`sid`) under which the app knows the account's sessions; undefined if there was nothing to end.
 */
export async function endAuthorizationsAt(deps: StoreDeps, whose: Whose): Promise<readonly string[] | undefined> {
  return atomically(deps.db, async (tx) => {
    const grants = await standingGrants(tx, whose);
    await lockGrants(tx, grants);
    const issued = await deleteIssuedUnder(tx, grants);
    await updatePayloads(tx, 'Grant', grants, tombstone(deps.clock));
    const uids = await sessionsAt(tx, whose).select('uid').execute();
    await lockSessions(
      tx,
      uids.flatMap(({ uid }) => uid ?? []),
    );
    // Read once more: whoever had a lock until now may have written something.
    const rows = await sessionsAt(tx, whose).select(['id', 'payload']).execute();
    await updatePayloads(
      tx,
      'Session',
      rows.map(({ id }) => id),
      { payload: sql<string>`payload #- array['authorizations', ${whose.clientId}]` },
    );
    if (grants.length === 0 && rows.length === 0) return undefined;
    const inSessions = rows.map(({ payload }) => authorizationsOf(payload as Payload)[whose.clientId]?.sid);
    const names = [...inSessions, ...issued.map((payload) => payload['sid'])];
    return [...new Set(names.filter((name) => typeof name === 'string'))];
  });
}

async function standingGrants(tx: Db, { accountId, clientId }: Whose): Promise<readonly string[]> {
  const rows = await tx
    .selectFrom('oidc_payloads')
    .select('id')
    .where('model', '=', 'Grant')
    .where('account_id', '=', accountId)
    .where('client_id', '=', clientId)
    .where('destroyed_at', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}

const sessionsAt = (db: Db, { accountId, clientId }: Whose) =>
  db
    .selectFrom('oidc_payloads')
    .where('model', '=', 'Session')
    .where('account_id', '=', accountId)
    .where('destroyed_at', 'is', null)
    .where(sql<SqlBool>`coalesce(payload -> 'authorizations', '{}') ? ${clientId}`);
