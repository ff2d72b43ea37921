// The table app_sign_in_days, as Kysely sees it.
import type { ColumnType } from 'kysely';
import type { Timestamp } from './column-types.ts';

/** How often people have signed in at an app on a day (UTC). */
export interface AppSignInDaysTable {
  client_id: string;
  /** Its beginning. */
  day: Timestamp;
  /** One of a few rows that are added up: who counts at the same moment does not wait for one row. */
  lane: number;
  /** int8, so a string from pg. */
  count: ColumnType<string, number, number>;
}
