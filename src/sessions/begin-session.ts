// What goes with saving a session: what its owner recognises it by, and that nobody has more than they could look through.
import { endSession } from './end-session.ts';
import { type SessionListDeps, standingSessions } from './list-sessions.ts';
import { countDetails, noteSessionUse, type SessionUse } from './session-details.ts';

/** OWASP ASVS 7.1.2. More than anybody uses; a script that signs in again and again is bounded. */
export const MOST_SESSIONS = 100;

/** After the session was saved. At its first use the account's oldest end, where there are too many. */
export async function noteSavedSession(deps: SessionListDeps, use: SessionUse): Promise<void> {
  if ((await noteSessionUse(deps, use)) !== 'begun') return;
  if ((await countDetails(deps.db, use.accountId)) > MOST_SESSIONS) await endOldest(deps, use);
}

/** Those that were not used for longest. */
async function endOldest(deps: SessionListDeps, { uid: begun, accountId }: SessionUse): Promise<void> {
  const others = (await standingSessions(deps, accountId)).filter(({ uid }) => uid !== begun);
  for (const { uid } of others.slice(MOST_SESSIONS - 1)) await endSession(deps, uid);
}
