// Database time: what decides whether something of ours has expired.
import { type RawBuilder, sql } from 'kysely';
import type { Clock } from '../clock.ts';

/** The one expression for "now" in SQL. Tests shift it together with the clock. */
export const databaseNow = (clock: Clock): RawBuilder<Date> =>
  clock.shiftSeconds === 0 ? sql<Date>`now()` : sql<Date>`(now() + make_interval(secs => ${clock.shiftSeconds}))`;

export const databaseNowPlus = (clock: Clock, seconds: number): RawBuilder<Date> =>
  sql<Date>`(now() + make_interval(secs => ${clock.shiftSeconds + seconds}))`;

/**
 * For the `updated_at` of a row that is changed: a millisecond later than it was, at least. Who read the row before has to see
 * that it is another one, and two changes may begin within the same millisecond.
 */
export const databaseLater = (clock: Clock): RawBuilder<Date> =>
  sql<Date>`greatest(${databaseNow(clock)}, updated_at + interval '1 millisecond')`;
