// Owns the table hourly_figures: events counted by the hour, for who looks back over weeks.
import { type SqlBool, sql } from 'kysely';
import type { EventName } from '../audit/events.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/** What is counted. */
export const COUNTED = [
  'sign_in.succeeded',
  'sign_in.failed',
  'second_factor.failed',
  'account.registered',
  'account.created',
] as const satisfies readonly EventName[];

export type Counted = (typeof COUNTED)[number];

/** Marks an hour as counted, whatever happened in it. */
const CLOSED = 'closed';

/** An event is written in the transaction of what it tells of; none takes nearly as long. */
const SETTLED_AFTER_SECONDS = 300;

const KEPT_SECONDS = 400 * 86_400;

const events = sql.val([...COUNTED] as string[]);

/** Counts the oldest hour that is over and has not been counted; false if there is none. Safe in several processes. */
export async function closeNextHour({ db, clock }: Deps): Promise<boolean> {
  const settled = databaseNowPlus(clock, -SETTLED_AFTER_SECONDS);
  const { rows } = await sql<{ hour: Date }>`
    with next as (
      select coalesce(
        (select max(hour) + interval '1 hour' from hourly_figures where event = ${CLOSED}),
        (select date_trunc('hour', min(at), 'UTC') from audit_events)
      ) as hour
    ), due as (
      select hour from next where hour + interval '1 hour' <= ${settled}
    ), counted as (
      insert into hourly_figures (hour, event, count)
      select due.hour, ${CLOSED}, 0 from due
      union all
      select due.hour, e.event, count(*) from due
        join audit_events e on e.at >= due.hour and e.at < due.hour + interval '1 hour' and e.event = any(${events}::text[])
      group by due.hour, e.event
      on conflict do nothing
      returning hour
    )
    select distinct hour from counted`.execute(db);
  return rows.length > 0;
}

export interface DayFigures {
  /** Midnight, UTC. */
  readonly day: Date;
  readonly counts: Readonly<Record<Counted, number>>;
}

/** The last `days` days, today (UTC) included, oldest first; a day without events is there too. */
export async function figuresByDay({ db, clock }: Deps, days: number): Promise<readonly DayFigures[]> {
  const now = databaseNow(clock);
  const since = sql`date_trunc('day', ${now}, 'UTC') - make_interval(days => ${days - 1})`;
  const { rows } = await sql<{ day: Date; event: Counted | null; count: string | null }>`
    with open as (
      select coalesce((select max(hour) + interval '1 hour' from hourly_figures where event = ${CLOSED}), '-infinity') as since
    ), happened as (
      select hour as at, event, count from hourly_figures where hour >= ${since} and event = any(${events}::text[])
      union all
      select date_trunc('hour', at, 'UTC'), event, count(*) from audit_events
      where at >= greatest(${since}, (select since from open)) and event = any(${events}::text[])
      group by 1, 2
    )
    select d.day, h.event, sum(h.count) as count
    from generate_series(${since}, ${now}, interval '1 day') as d(day)
    left join happened h on h.at >= d.day and h.at < d.day + interval '1 day'
    group by d.day, h.event order by d.day`.execute(db);
  const byDay = Map.groupBy(rows, ({ day }) => day.getTime());
  return [...byDay.entries()].map(([day, counted]) => ({
    day: new Date(day),
    counts: Object.fromEntries(
      COUNTED.map((event) => [event, Number(counted.find((row) => row.event === event)?.count ?? 0)]),
    ) as Record<Counted, number>,
  }));
}

/** Deletes at most `batch` rows that are older than 400 days; returns how many. */
export async function sweepFigures({ db, clock }: Deps, batch: number): Promise<number> {
  const old = sql<SqlBool>`(hour, event) in (
    select hour, event from hourly_figures where hour < ${databaseNowPlus(clock, -KEPT_SECONDS)}
    order by hour limit ${batch} for update skip locked)`;
  const { numDeletedRows } = await db.deleteFrom('hourly_figures').where(old).executeTakeFirst();
  return Number(numDeletedRows);
}
