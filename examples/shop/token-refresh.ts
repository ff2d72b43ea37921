// Refreshes the tokens of a session: once at a time, and a refusal ends the session.
import type { Log } from './log.ts';
import type { Session, Sessions } from './session.ts';
import type { SignIn } from './sign-in.ts';

export type Refreshed = 'refreshed' | 'ended' | 'unreachable';
export type Refresh = (session: Session) => Promise<Refreshed>;

/** Two requests at once share one refresh: a server that rotates refresh tokens takes the second use for a theft. */
export function createRefresh(deps: { signIn: SignIn; sessions: Sessions; log: Log }): Refresh {
  const running = new Map<string, Promise<Refreshed>>();
  return (session) => {
    const already = running.get(session.id);
    if (already !== undefined) return already;
    const refreshed = refreshOnce(deps, session).finally(() => running.delete(session.id));
    running.set(session.id, refreshed);
    return refreshed;
  };
}

async function refreshOnce(
  { signIn, sessions, log }: { signIn: SignIn; sessions: Sessions; log: Log },
  session: Session,
): Promise<Refreshed> {
  const result = await signIn.refresh(session.person);
  switch (result.outcome) {
    case 'signed_in':
      sessions.replacePerson(session.id, result.person);
      return 'refreshed';
    case 'unreachable':
      log(`refresh: the sign-in server cannot be reached: ${result.reason}`);
      return 'unreachable';
    case 'refused':
      log(`refresh refused: ${result.error}`);
      break;
    case 'invalid':
      log(`refresh failed: ${result.reason}`);
  }
  sessions.end(session.id);
  return 'ended';
}
