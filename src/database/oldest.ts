// Which rows a sweep takes next: a few of the oldest, found along an index, past those that somebody else holds.
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { databaseNowPlus } from './time.ts';

export interface Oldest {
  readonly table: string;
  /** A time, with an index. */
  readonly column: string;
  /** How long it has to be over. */
  readonly seconds?: number;
  readonly batch: number;
}

/** An array of places in the table: what it has been made of is fetched from there, and never looked for in all of the table. */
export const isOldest = (clock: Clock, { table, column, seconds = 0, batch }: Oldest): RawBuilder<SqlBool> =>
  sql<SqlBool>`ctid = any(array(
    select ctid from ${sql.table(table)} where ${sql.ref(column)} <= ${databaseNowPlus(clock, -seconds)}
    order by ${sql.ref(column)} limit ${batch} for update skip locked))`;
