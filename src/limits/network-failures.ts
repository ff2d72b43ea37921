// Owns the table network_failures: how many different accounts cannot sign in from one network, as when stolen passwords are tried.
import { type RawBuilder, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { LimitsConfig } from '../config/config.ts';
import type { Db } from '../database/database.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';
import type { Reservation } from './counters.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/** `account` is whatever stands for one account in limits.ts. */
export interface Tried {
  readonly network: string;
  readonly account: string;
}

/** Seconds. What a network waits for that is not blocked: until one of the attempts in flight has turned out well or badly. */
const IN_FLIGHT_SECONDS = 2;

/**
 * Takes one of the network's places for accounts that may fail, before the password is checked, so that of any number of
 * attempts at once no more accounts are tried than the limit. An account that has a place already needs no other.
 */
export async function reserveForNetwork(
  { db, clock }: Deps,
  limits: LimitsConfig,
  { network, account }: Tried,
): Promise<Reservation> {
  const now = databaseNow(clock);
  const end = databaseNowPlus(clock, limits.networkWindowSeconds);
  const isOver = sql<boolean>`(f.resets_at <= ${now} or (not f.blocked and f.failed = '{}' and f.trying = '{}'))`;
  const hasPlace = sql<boolean>`(${account} = any(f.failed) or ${account} = any(f.trying))`;
  const { rows } = await sql<{ network: string }>`
    insert into network_failures as f (network, trying, failed, resets_at, blocked)
    values (${network}, array[${account}]::text[], '{}', ${end}, false)
    on conflict (network) do update set
      trying = case when ${isOver} then array[${account}]::text[] when ${hasPlace} then f.trying
        else array_append(f.trying, ${account}::text) end,
      failed = case when ${isOver} then '{}' else f.failed end,
      resets_at = case when ${isOver} then ${end} else f.resets_at end,
      blocked = f.blocked and not ${isOver}
    where ${isOver} or (not f.blocked and (${hasPlace}
      or cardinality(f.failed) + cardinality(f.trying) < ${limits.networkAccounts}))
    returning f.network`.execute(db);
  if (rows.length > 0) return { allowed: true, retryAfterSeconds: 0 };
  return { allowed: false, retryAfterSeconds: await secondsUntilOpen({ db, clock }, network) };
}

/** True for the one failure that blocks the network. */
export async function failedFromNetwork(
  { db, clock }: Deps,
  limits: LimitsConfig,
  { network, account }: Tried,
): Promise<boolean> {
  const failed = sql`case when ${account} = any(failed) then failed else array_append(failed, ${account}::text) end`;
  const full = sql<boolean>`cardinality(${failed}) >= ${limits.networkAccounts}`;
  const noted = await standing({ db, clock }, network)
    .set({
      trying: without('trying', account),
      failed: failed as RawBuilder<string[]>,
      blocked: full,
      resets_at: sql<Date>`case when ${full} then ${databaseNowPlus(clock, limits.networkBlockSeconds)} else resets_at end`,
    })
    .returning('blocked')
    .executeTakeFirst();
  return noted?.blocked === true;
}

/** Whoever gets in after all has not failed. */
export async function succeededFromNetwork(deps: Deps, { network, account }: Tried): Promise<void> {
  await standing(deps, network)
    .set({ trying: without('trying', account), failed: without('failed', account) })
    .execute();
}

/** The password was not looked at. */
export async function returnToNetwork(deps: Deps, { network, account }: Tried): Promise<void> {
  await standing(deps, network)
    .set({ trying: without('trying', account) })
    .execute();
}

/** Deletes at most `batch` windows and blocks that are over; returns how many. */
export async function sweepNetworkFailures({ db, clock }: Deps, batch: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('network_failures')
    .where('network', 'in', (eb) =>
      eb
        .selectFrom('network_failures')
        .select('network')
        .where('resets_at', '<=', databaseNow(clock))
        .limit(batch)
        .forUpdate()
        .skipLocked(),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** A window that is over, or blocked, is not changed by what was begun in it. */
const standing = ({ db, clock }: Deps, network: string) =>
  db
    .updateTable('network_failures')
    .where('network', '=', network)
    .where('resets_at', '>', databaseNow(clock))
    .where('blocked', '=', false);

const without = (column: 'trying' | 'failed', account: string): RawBuilder<string[]> =>
  sql<string[]>`array_remove(${sql.ref(column)}, ${account}::text)`;

async function secondsUntilOpen({ db, clock }: Deps, network: string): Promise<number> {
  const row = await db
    .selectFrom('network_failures')
    .select(sql<number>`date_part('epoch', resets_at - ${databaseNow(clock)})`.as('seconds'))
    .where('network', '=', network)
    .where('blocked', '=', true)
    .executeTakeFirst();
  return row === undefined ? IN_FLIGHT_SECONDS : Math.max(1, Math.ceil(Number(row.seconds)));
}
