// The rows of a browser session. The engine saves a session whole and gives it a new identifier at every sign-in, so
// requests that run side by side leave several rows with one `uid`; together they are the session.

import { sql } from 'kysely';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { lockSessions } from './locks.ts';
import {
  buryPayloadsByUid,
  extendPayloadsByUid,
  findPayload,
  findRetiredPayload,
  mergeIntoPayload,
  type Payload,
  type StoreDeps,
  stillFindable,
  storedId,
  upsertPayload,
} from './payloads.ts';

/** Longer than a request takes from the browser to here, much shorter than what somebody could do with an old identifier. */
const REPLACED_STILL_FOUND_SECONDS = 10;

/** What a session holds for one client; `sid` is the session's name for that client (OIDC Front/Back-Channel Logout). */
export interface SessionAuthorization {
  readonly sid?: string;
  readonly grantId?: string;
  readonly persistsLogout?: boolean;
}

type Authorizations = Record<string, SessionAuthorization>;

interface SessionRow {
  readonly id: string;
  readonly payload: Payload;
}

/**
 * Saves a session. Authorizations that another request has added meanwhile are kept; a session that has been ended
 * stays ended, under whatever identifier it comes back.
 */
export async function upsertSession(
  deps: StoreDeps,
  id: string,
  session: { payload: Payload; expiresInSeconds: number },
): Promise<void> {
  const uid = String(session.payload['uid']);
  await atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    await lockSessions(tx, [uid]);
    if (await hasEnded(tx, uid)) return;
    const siblings = await liveRows(inside, uid);
    const payload = withMergedAuthorizations(session.payload, siblings);
    await upsertPayload(inside, { model: 'Session', id, payload, expiresInSeconds: session.expiresInSeconds });
  });
}

export async function findSession(deps: StoreDeps, id: string): Promise<Payload | undefined> {
  const payload = (await findPayload(deps, 'Session', id)) ?? (await findReplacedSession(deps, id));
  if (payload === undefined) return undefined;
  const siblings = await liveRows(deps, String(payload['uid']));
  const own = storedId('Session', id);
  return {
    ...withMergedAuthorizations(
      payload,
      siblings.filter((row) => row.id !== own),
    ),
    jti: id,
  };
}

/**
 * What the session was under an identifier that has just been replaced, so that a tab whose request was on its way is not
 * signed out. Only where somebody was signed in: an identifier that was planted before the sign-in is worth nothing.
 */
async function findReplacedSession(deps: StoreDeps, id: string): Promise<Payload | undefined> {
  const payload = await findRetiredPayload(deps, { model: 'Session', id, seconds: REPLACED_STILL_FOUND_SECONDS });
  return payload?.['accountId'] === undefined ? undefined : payload;
}

/** The newest row with the authorizations of all. Its identifier is not known: only its hash is stored. */
export async function findSessionByUid(deps: StoreDeps, uid: string): Promise<Payload | undefined> {
  const rows = await liveRows(deps, uid);
  const newest = rows.at(-1);
  return newest === undefined ? undefined : withMergedAuthorizations(newest.payload, rows);
}

/** Ends a session for good: none of its identifiers works any more, and no request in flight can bring it back. */
export const endSessionRows = (deps: StoreDeps, uid: string): Promise<void> => buryPayloadsByUid(deps, 'Session', uid);

/** Counts as activity: the session now ends at `exp` (seconds since the epoch). */
export const extendSessionRows = (deps: StoreDeps, uid: string, exp: number): Promise<void> =>
  extendPayloadsByUid(deps, { model: 'Session', uid, exp });

/**
 * Settles which grant a session holds for a client when two tabs ask at once: the first claim wins, and both get its
 * answer. A claim whose grant has been revoked since is replaced.
 */
export async function claimSessionGrant(
  deps: StoreDeps,
  claim: { uid: string; clientId: string; sid: string; grantId: string },
): Promise<SessionAuthorization> {
  const ours = { sid: claim.sid, grantId: claim.grantId };
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    await lockSessions(tx, [claim.uid]);
    const rows = await liveRows(inside, claim.uid);
    const newest = rows.at(-1);
    if (newest === undefined) return ours;
    const merged = withMergedAuthorizations(newest.payload, rows);
    const standing = authorizationsOf(merged)[claim.clientId];
    if (standing?.grantId !== undefined && (await findPayload(inside, 'Grant', standing.grantId)) !== undefined) {
      return { ...ours, ...standing };
    }
    await mergeIntoPayload(inside, { model: 'Session', storedId: newest.id }, 'authorizations', {
      [claim.clientId]: ours,
    });
    return ours;
  });
}

async function liveRows({ db, clock }: StoreDeps, uid: string): Promise<SessionRow[]> {
  return db
    .selectFrom('oidc_payloads')
    .select(['id', 'payload'])
    .where('model', '=', 'Session')
    .where('uid', '=', uid)
    .where('destroyed_at', 'is', null)
    .where(stillFindable(clock))
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

async function hasEnded(tx: Db, uid: string): Promise<boolean> {
  const row = await tx
    .selectFrom('oidc_payloads')
    .select('id')
    .where('model', '=', 'Session')
    .where('uid', '=', uid)
    .where('destroyed_at', 'is not', null)
    .where(sql<boolean>`payload = '{}'::jsonb`)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** The payload's own entry for a client wins over its siblings'; only rows of the same person count. */
function withMergedAuthorizations(payload: Payload, siblings: readonly SessionRow[]): Payload {
  const authorizations: Authorizations = {};
  for (const sibling of siblings) {
    if (sibling.payload['accountId'] !== payload['accountId']) continue;
    Object.assign(authorizations, authorizationsOf(sibling.payload));
  }
  Object.assign(authorizations, authorizationsOf(payload));
  return Object.keys(authorizations).length === 0 ? payload : { ...payload, authorizations };
}

const authorizationsOf = (payload: Payload): Authorizations => (payload['authorizations'] ?? {}) as Authorizations;
