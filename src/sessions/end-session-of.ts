// A person, or an operator for them, ends sessions by hand.
import { type Actor, recordEvent, type Source } from '../audit/audit-log.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { endSession } from './end-session.ts';
import { handleOf, type SessionListDeps, standingSessions } from './list-sessions.ts';

interface Whose {
  readonly accountId: string;
  /** Where the request came from; undefined for an operator. */
  readonly source?: Source | undefined;
  readonly actor?: Actor | undefined;
  /** In each transaction that ends a session, before it does: what it throws keeps this session and those after it. */
  readonly first?: ((inside: StoreDeps) => Promise<void>) | undefined;
}

/** Only among the account's own: for everything else, and for what is over, the answer is the same. */
export async function endSessionOf(
  deps: SessionListDeps,
  { handle, first, ...whose }: Whose & { handle: string },
): Promise<'ended' | 'not_found'> {
  const standing = await standingSessions(deps, whose.accountId);
  const session = standing.find(({ uid }) => handleOf(uid) === handle);
  const event = { event: 'session.ended', ...whose } as const;
  const alongside = (inside: StoreDeps) => recordEvent(inside, event);
  const ended = session !== undefined && (await endSession(deps, session.uid, { first, alongside }));
  return ended ? 'ended' : 'not_found';
}

/** All of the account's sessions but the one to keep, if any; returns how many. */
export async function endSessionsOf(
  deps: SessionListDeps,
  { keepUid, first, ...whose }: Whose & { keepUid?: string | undefined },
): Promise<number> {
  const standing = await standingSessions(deps, whose.accountId);
  let ended = 0;
  try {
    for (const { uid } of standing) if (uid !== keepUid && (await endSession(deps, uid, { first }))) ended += 1;
  } finally {
    // Each ends by itself, so the event is written when it is known how many there were.
    if (ended > 0) await recordEvent(deps, { event: 'sessions.ended', ...whose, details: { sessions: ended } });
  }
  return ended;
}
