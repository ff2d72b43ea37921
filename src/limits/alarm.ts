// The alarm: so many sign-ins fail, of all accounts together, that stolen passwords are being tried somewhere.
import type { Clock } from '../clock.ts';
import type { LimitsConfig } from '../config/config.ts';
import type { Db } from '../database/database.ts';
import { isOpen, keepOpen, reachesLimit } from './counters.ts';
import { alarmLimit, alarmSeconds } from './limits.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly limits: LimitsConfig;
}

/** The window that is open while it does. */
export const ALARM_STANDS = 'sign-in:alarm-stands';

/** Counts a failure. True for the one that raises the alarm, once in a window; it stands before this is answered. */
export async function failureRaisesAlarm(deps: Deps): Promise<boolean> {
  const { key, ...limit } = alarmLimit(deps.limits);
  if (!(await reachesLimit(deps, key, limit))) return false;
  await raiseAlarm(deps);
  return true;
}

/** Or prolongs it. */
export const raiseAlarm = (deps: Deps): Promise<void> => keepOpen(deps, ALARM_STANDS, alarmSeconds(deps.limits));

/** For all processes, and after a restart. */
export const alarmStands = (deps: Omit<Deps, 'limits'>): Promise<boolean> => isOpen(deps, ALARM_STANDS);
