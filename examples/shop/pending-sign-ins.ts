// Sign-ins on their way: kept here by `state`, so that two tabs can both finish, and each only once.
import type { SignInAttempt } from './sign-in.ts';

export interface PendingSignIn {
  readonly attempt: SignInAttempt;
  /** A path of the shop to return to afterwards. */
  readonly returnTo: string;
  /** Whose sign-in it is to strengthen, where somebody is signed in already. */
  readonly stepUpOf?: string | undefined;
}

export interface PendingSignIns {
  remember(pending: PendingSignIn): void;
  /** Takes it out: a second answer with the same state finds nothing. */
  consume(state: string): PendingSignIn | undefined;
}

/** Long enough to enrol a second factor on the way. */
export const PENDING_SECONDS = 30 * 60;
const MAX_PENDING = 5_000;

/** `now` gives milliseconds since the epoch. Beyond the limit the oldest makes room. */
export function createPendingSignIns(now: () => number = Date.now): PendingSignIns {
  const byState = new Map<string, { pending: PendingSignIn; startedAt: number }>();
  const isOver = (startedAt: number) => now() - startedAt > PENDING_SECONDS * 1000;

  const forgetOld = () => {
    for (const [state, { startedAt }] of byState) {
      if (!isOver(startedAt) && byState.size < MAX_PENDING) return;
      byState.delete(state);
    }
  };

  return {
    remember(pending) {
      forgetOld();
      byState.set(pending.attempt.state, { pending, startedAt: now() });
    },
    consume(state) {
      const entry = byState.get(state);
      byState.delete(state);
      return entry === undefined || isOver(entry.startedAt) ? undefined : entry.pending;
    },
  };
}
