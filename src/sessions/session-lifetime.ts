// How long a session lives: idle and absolute limits, both enforced where it is stored.
import type { Source } from '../audit/audit-log.ts';
import { epochSeconds } from '../clock.ts';
import type { SessionsConfig } from '../config/config.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import type { SessionFacts } from '../protocol-store/session-facts.ts';
import { extendSessionRows } from '../protocol-store/session-rows.ts';
import { noteBrowser, noteUseByApp, wasJustNoted } from './session-details.ts';

/** Seconds for a session nobody has signed in to: it carries no more than a half-finished sign-out. */
const ANONYMOUS_SESSION_SECONDS = 600;

type Facts = Pick<SessionFacts, 'loginTs' | 'kept'>;

/**
 * Seconds from `now` (seconds since the epoch) until the session ends if nothing happens: the idle limit, cut by what
 * is left of the absolute one (NIST SP 800-63B-4 section 2.1.3). At least 1, as the engine demands.
 */
export function sessionSeconds(limits: SessionsConfig, { loginTs, kept, now }: Facts & { now: number }): number {
  if (loginTs === undefined) return ANONYMOUS_SESSION_SECONDS;
  const { idleSeconds, absoluteSeconds } = limitsFor(limits, kept);
  return Math.max(1, Math.min(idleSeconds, loginTs + absoluteSeconds - now));
}

/**
 * Seconds since the epoch. Asked whenever a session is read, so that limits which were made shorter, or taken back, hold
 * for the sessions that are there already.
 */
export function sessionEnd(limits: SessionsConfig, { loginTs, kept, usedAt }: SessionFacts): number {
  if (loginTs === undefined) return Number.POSITIVE_INFINITY;
  const { idleSeconds, absoluteSeconds } = limitsFor(limits, kept);
  return Math.min((usedAt ?? Number.POSITIVE_INFINITY) + idleSeconds, loginTs + absoluteSeconds);
}

/** The longest that any session can last under these limits. */
export const longestSessionSeconds = (limits: SessionsConfig): number =>
  Math.max(limits.absoluteSeconds, limitsFor(limits, true).absoluteSeconds);

/** A refresh counts as activity of the session it belongs to, up to the absolute limit. */
export async function countAsActivity(
  deps: StoreDeps & { limits: SessionsConfig },
  { uid, now }: { uid: string; now: number },
): Promise<void> {
  let expiresInSeconds = 0;
  await extendSessionRows(deps, uid, (facts) => {
    const seconds = sessionSeconds(deps.limits, { ...facts, now });
    expiresInSeconds = Math.max(expiresInSeconds, seconds);
    return seconds;
  });
  if (expiresInSeconds > 0) await noteUseByApp(deps, { uid, expiresInSeconds });
}

/** At a page of ours, in the browser itself: the same, at most once a minute. */
export async function countVisit(
  deps: StoreDeps & { limits: SessionsConfig },
  { uid, source }: { uid: string; source: Source },
): Promise<void> {
  if (await wasJustNoted(deps, uid)) return;
  await countAsActivity(deps, { uid, now: epochSeconds(deps.clock.now()) });
  await noteBrowser(deps.db, { uid, source });
}

const limitsFor = ({ keep, ...usual }: SessionsConfig, kept: boolean) => (kept && keep !== undefined ? keep : usual);
