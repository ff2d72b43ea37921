// A row of a browser session, and what has become of it.
import { type RawBuilder, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { databaseNowPlus } from '../database/time.ts';
import type { Payload } from './payloads.ts';

/** Seconds. Longer than a request takes to get here, much shorter than what somebody could do with an old identifier. */
export const REPLACED_SECONDS = 10;

export interface SessionRow {
  readonly id: string;
  readonly payload: Payload;
  /** `replaced`: the engine has just given the session another identifier; `stale`: that is too long ago to matter. */
  readonly state: 'live' | 'replaced' | 'stale' | 'ended';
}

export const stateOf = (clock: Clock): RawBuilder<SessionRow['state']> =>
  sql`case when destroyed_at is null then 'live' when payload = '{}' then 'ended'
    when destroyed_at > ${databaseNowPlus(clock, -REPLACED_SECONDS)} then 'replaced' else 'stale' end`;
