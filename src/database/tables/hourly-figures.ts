// The table hourly_figures, as Kysely sees it.
import type { ColumnType } from 'kysely';
import type { Timestamp } from './column-types.ts';

/** How often an event happened in an hour that is over. */
export interface HourlyFiguresTable {
  /** Its beginning. */
  hour: Timestamp;
  /** Of the catalogue; `closed` says that the hour was counted. */
  event: string;
  /** int8, so a string from pg. */
  count: ColumnType<string, number, number>;
}
