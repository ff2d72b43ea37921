// What goes with saving a session: what its owner recognises it by, and that nobody has more than they could look through.
import { standingGrantsOf } from '../protocol-store/account-sessions.ts';
import { revokeGrant } from '../protocol-store/payloads.ts';
import { endSession } from './end-session.ts';
import { type SessionListDeps, standingSessions } from './list-sessions.ts';
import { noteSessionUse, type SessionUse } from './session-details.ts';

/** OWASP ASVS 7.1.2. More than anybody uses; a script that signs in again and again is bounded. */
export const MOST_SESSIONS = 100;
/** Beyond those that sessions hold: what apps keep when a session is over, and what was left behind by one that ran out. */
export const MOST_GRANTS = 100;

/**
 * After the session was saved; `clientId`: for a sign-in at this app. At its first use the account's oldest sessions and
 * grants end, where there are too many.
 */
export async function noteSavedSession(deps: SessionListDeps, use: SessionUse, clientId?: string): Promise<void> {
  const begun = await noteSessionUse(deps, use, clientId);
  if (begun.outcome !== 'begun') return;
  if (begun.sessions > MOST_SESSIONS) await endOldestSessions(deps, use);
  if (begun.grants > MOST_GRANTS) await endOldestGrants(deps, use.accountId);
}

/** Those that were not used for longest. */
async function endOldestSessions(deps: SessionListDeps, { uid: begun, accountId }: SessionUse): Promise<void> {
  const others = (await standingSessions(deps, accountId)).filter(({ uid }) => uid !== begun);
  for (const { uid } of others.slice(MOST_SESSIONS - 1)) await endSession(deps, uid);
}

/** No app loses what it has in a session that stands. */
async function endOldestGrants(deps: SessionListDeps, accountId: string): Promise<void> {
  const newestFirst = await standingGrantsOf(deps, accountId);
  const held = new Set((await standingSessions(deps, accountId)).flatMap(({ grantIds }) => grantIds));
  const left = newestFirst.filter((id) => !held.has(id));
  for (const id of left.slice(MOST_GRANTS)) await revokeGrant(deps, id);
}
