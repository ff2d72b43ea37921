// Owns table rate_counters: attempts counted in fixed windows, in the database, so that a restart forgets nothing.
import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { isOldest } from '../database/oldest.ts';
import type { Database } from '../database/schema.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';

export interface Limit {
  readonly attempts: number;
  readonly windowSeconds: number;
}

export interface Reservation {
  readonly allowed: boolean;
  /** 0 when allowed; otherwise whole seconds until the window ends, at least 1. */
  readonly retryAfterSeconds: number;
}

/** What is left of a limit, for whoever is told how it stands. */
export interface Allowance {
  readonly allowed: boolean;
  readonly left: number;
  /** Whole seconds until the window ends, at least 1. */
  readonly resetsInSeconds: number;
}

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/**
 * Counts one attempt and says whether it may go on. Call it before the check it protects: the count and its
 * limit are one statement, so any number of parallel callers get exactly `limit.attempts` yeses in a window.
 * A refused attempt is not counted and does not prolong the window.
 */
export async function reserveAttempt(deps: Deps, key: string, limit: Limit): Promise<Reservation> {
  if ((await countUp(deps, key, limit)) !== undefined) return { allowed: true, retryAfterSeconds: 0 };
  return { allowed: false, retryAfterSeconds: await secondsUntilReset(deps, key) };
}

/** Like `reserveAttempt`, for what is counted whatever comes of it: one statement, a second one only where it is refused. */
export async function countOne(deps: Deps, key: string, limit: Limit): Promise<Allowance> {
  const counted = await countUp(deps, key, limit);
  if (counted === undefined) return { allowed: false, left: 0, resetsInSeconds: await secondsUntilReset(deps, key) };
  return { allowed: true, left: limit.attempts - counted.count, resetsInSeconds: wholeSeconds(counted.seconds) };
}

/** Counts one more, and says whether it was the one that reached the limit: once in a window. */
export const reachesLimit = async (deps: Deps, key: string, limit: Limit): Promise<boolean> =>
  (await countUp(deps, key, limit))?.count === limit.attempts;

/** Begins a window, or prolongs the one that runs: for something that stands for a while. */
export async function keepOpen({ db, clock }: Deps, key: string, seconds: number): Promise<void> {
  const window = { count: 1, resets_at: databaseNowPlus(clock, seconds) };
  await db
    .insertInto('rate_counters')
    .values({ key, ...window })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(window))
    .execute();
}

export async function isOpen({ db, clock }: Deps, key: string): Promise<boolean> {
  const row = await db
    .selectFrom('rate_counters')
    .select('key')
    .where('key', '=', key)
    .where('resets_at', '>', databaseNow(clock))
    .executeTakeFirst();
  return row !== undefined;
}

/** The new count, and how long the window still is; undefined where the limit was reached before. */
async function countUp(
  { db, clock }: Deps,
  key: string,
  limit: Limit,
): Promise<{ count: number; seconds: number } | undefined> {
  const now = databaseNow(clock);
  const windowEnd = databaseNowPlus(clock, limit.windowSeconds);
  return db
    .insertInto('rate_counters')
    .values({ key, count: 1, resets_at: windowEnd })
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet(({ case: when, eb, ref }) => ({
          count: when()
            .when(windowIsOver(eb, now))
            .then(1)
            .else(eb('rate_counters.count', '+', 1))
            .end(),
          resets_at: when().when(windowIsOver(eb, now)).then(windowEnd).else(ref('rate_counters.resets_at')).end(),
        }))
        .where((eb) => eb.or([windowIsOver(eb, now), eb('rate_counters.count', '<', limit.attempts)])),
    )
    .returning(['count', secondsUntil(now)])
    .executeTakeFirst();
}

const secondsUntil = (now: RawBuilder<Date>) =>
  sql<number>`date_part('epoch', rate_counters.resets_at - ${now})`.as('seconds');

const wholeSeconds = (seconds: number): number => Math.max(1, Math.ceil(Number(seconds)));

/** A window in which every attempt was given back is over too: the next attempt begins one of full length. */
const windowIsOver = (eb: ExpressionBuilder<Database, 'rate_counters'>, now: RawBuilder<Date>) =>
  eb.or([eb('rate_counters.resets_at', '<=', now), eb('rate_counters.count', '=', 0)]);

async function secondsUntilReset({ db, clock }: Deps, key: string): Promise<number> {
  const row = await db
    .selectFrom('rate_counters')
    .select(secondsUntil(databaseNow(clock)))
    .where('key', '=', key)
    .executeTakeFirst();
  return wholeSeconds(row?.seconds ?? 0);
}

/** Starts the count again, for instance after a success. */
export async function forgetAttempts({ db }: Deps, key: string): Promise<void> {
  await db.deleteFrom('rate_counters').where('key', '=', key).execute();
}

// Several counters in one statement. Rows are taken one after the other, in the
// order in which they are named, everywhere: of two who take the same ones neither waits for the other's.

/** Seconds for which nothing is done here, or null: a subquery of one row at most. */
type Unless = RawBuilder<number | null>;

/** One attempt in every limit or in none, and in none where `unless` has seconds, which are answered. Each key once, and at least one. */
export async function reserveTogether(
  deps: Deps,
  limits: readonly (Limit & { readonly key: string })[],
  unless: Unless = sql`null::float8`,
): Promise<Reservation> {
  const { blocked, reserved } = await countUpInEach(deps, limits, unless);
  if (blocked !== null) return { allowed: false, retryAfterSeconds: wholeSeconds(blocked) };
  const full = limits[reserved];
  if (full === undefined) return { allowed: true, retryAfterSeconds: 0 };
  for (const limit of limits.slice(0, reserved)) await returnAttempt(deps, limit.key);
  return { allowed: false, retryAfterSeconds: await secondsUntilReset(deps, full.key) };
}

/** In how many, from the first, there was room; the rest is left alone. */
async function countUpInEach(
  { db, clock }: Deps,
  limits: readonly (Limit & { readonly key: string })[],
  unless: Unless,
): Promise<{ blocked: number | null; reserved: number }> {
  const now = databaseNow(clock);
  const isOver = sql`(c.resets_at <= ${now} or c.count = 0)`;
  const counted = limits.map(({ key, attempts, windowSeconds }, at) => {
    const goesOn = at === 0 ? sql`(select seconds from held) is null` : sql`exists (select from ${step(at - 1)})`;
    return sql`${step(at)} as (
      insert into rate_counters as c (key, count, resets_at)
      select ${key}::text, 1, ${databaseNowPlus(clock, windowSeconds)} where ${goesOn}
      on conflict (key) do update set count = case when ${isOver} then 1 else c.count + 1 end,
        resets_at = case when ${isOver} then excluded.resets_at else c.resets_at end
      where ${isOver} or c.count < ${attempts} returning c.key)`;
  });
  const steps = limits.map((_, at) => sql`(select count(*) from ${step(at)})`);
  const { rows } = await sql<{ blocked: number | null; reserved: string | number }>`
    with held as materialized (select (${unless}) as seconds), ${sql.join(counted)}
    select seconds as blocked, ${sql.join(steps, sql` + `)} as reserved from held`.execute(db);
  const [row] = rows;
  return { blocked: row?.blocked ?? null, reserved: Number(row?.reserved ?? 0) };
}

const step = (at: number) => sql.ref(`step_${at}`);

export interface Settled {
  /** Whole seconds for which nothing may be done; undefined where all of it was done. */
  readonly blockedSeconds: number | undefined;
  /** Whether the window that was asked about is open. */
  readonly isOpen: boolean;
}

/**
 * After a success, in one statement, one row after the other in this order: one attempt of `returned` is given back, and all
 * of `forgotten` start again. Nothing happens where `unless` has seconds, which are answered.
 */
export async function settleAttempts(
  { db, clock }: Deps,
  { returned, forgotten, asked }: { returned: string | undefined; forgotten: readonly string[]; asked: string },
  { unless, besides }: { unless: Unless; besides: RawBuilder<unknown> },
): Promise<Settled> {
  const now = databaseNow(clock);
  const after = (at: number) => sql`(select count(*) from ${step(at)}) >= 0`;
  const deletions = forgotten.map(
    (key, at) => sql`${step(at + 1)} as (
      delete from rate_counters where key = ${key} and (select seconds from held) is null and ${after(at)} returning key)`,
  );
  const { rows } = await sql<{ seconds: number | null; open: boolean }>`
    with held as materialized (select (${unless}) as seconds), besides as (${besides}), step_0 as (
      update rate_counters set count = count - 1
      where key = ${returned ?? null}::text and count > 0 and resets_at > ${now} and (select seconds from held) is null
      returning key), ${sql.join(deletions)}
    select seconds, exists (select from rate_counters where key = ${asked} and resets_at > ${now}) as open
    from held where ${after(forgotten.length)}`.execute(db);
  const { seconds = null, open: isOpen = false } = rows[0] ?? {};
  return { blockedSeconds: seconds === null ? undefined : wholeSeconds(seconds), isOpen };
}

/** Gives one reserved attempt back; never below zero. */
export async function returnAttempt({ db, clock }: Deps, key: string): Promise<void> {
  await db
    .updateTable('rate_counters')
    .set((eb) => ({ count: eb('count', '-', 1) }))
    .where('key', '=', key)
    .where('count', '>', 0)
    .where('resets_at', '>', databaseNow(clock))
    .execute();
}

/** Deletes at most `batch` counters whose window is over; returns how many. */
export async function sweepCounters({ db, clock }: Deps, batch: number): Promise<number> {
  const swept = await db
    .deleteFrom('rate_counters')
    .where(isOldest(clock, { table: 'rate_counters', column: 'resets_at', batch }))
    .executeTakeFirst();
  return Number(swept.numDeletedRows);
}
