// How long a session may stay at the console of administrators: idle and absolute limits of its own (NIST SP 800-63B-4 AAL2
// section 2.2.3 allows more; who administers can do more).
import { epochSeconds } from '../clock.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { consoleSeen, noteConsole } from './session-details.ts';

export const CONSOLE_IDLE_SECONDS = 15 * 60;
export const CONSOLE_ABSOLUTE_SECONDS = 8 * 3600;

/** Seconds since the epoch for `authTime`. Notes the visit if there may be one. */
export async function mayVisitConsole(
  deps: StoreDeps,
  { uid, authTime }: { uid: string; authTime: number },
): Promise<boolean> {
  const age = epochSeconds(deps.clock.now()) - authTime;
  if (age > CONSOLE_ABSOLUTE_SECONDS) return false;
  const justSignedIn = age <= CONSOLE_IDLE_SECONDS;
  if (!justSignedIn && !(await consoleSeen(deps, { uid, withinSeconds: CONSOLE_IDLE_SECONDS }))) return false;
  await noteConsole(deps, uid);
  return true;
}
