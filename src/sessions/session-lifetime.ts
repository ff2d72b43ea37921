// How long a session lives: idle and absolute limits, both enforced where it is stored.
import type { SessionsConfig } from '../config/config.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { extendSessionRows } from '../protocol-store/session-rows.ts';

/** Seconds for a session nobody has signed in to: it carries no more than a half-finished sign-out. */
const ANONYMOUS_SESSION_SECONDS = 600;

/**
 * Seconds from `now` (seconds since the epoch) until the session ends if nothing happens: the idle limit, cut by what
 * is left of the absolute one (NIST SP 800-63B-4 section 2.1.3). At least 1, as the engine demands.
 */
export function sessionSeconds(
  limits: SessionsConfig,
  { loginTs, now }: { loginTs: number | undefined; now: number },
): number {
  if (loginTs === undefined) return ANONYMOUS_SESSION_SECONDS;
  return Math.max(1, Math.min(limits.idleSeconds, loginTs + limits.absoluteSeconds - now));
}

/** A refresh counts as activity of the session it belongs to, up to the absolute limit. */
export async function countAsActivity(
  deps: StoreDeps & { limits: SessionsConfig },
  { uid, now }: { uid: string; now: number },
): Promise<void> {
  await extendSessionRows(deps, uid, (loginTs) => sessionSeconds(deps.limits, { loginTs, now }));
}
