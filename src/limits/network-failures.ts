// Owns the table network_failures: how many different accounts cannot sign in from one network, as when stolen passwords are tried.
import { type RawBuilder, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { LimitsConfig } from '../config/config.ts';
import type { Db } from '../database/database.ts';
import { isOldest } from '../database/oldest.ts';
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

/**
 * Seconds for which it is blocked, or null. Nothing is reserved, since a whole school may sign in at one moment; so it is asked
 * again when the password has been checked: what was in flight when the network was blocked is not answered either.
 */
export const secondsBlocked = (clock: Clock, network: string): RawBuilder<number | null> =>
  sql`select date_part('epoch', resets_at - ${databaseNow(clock)}) from network_failures
    where network = ${network} and blocked and resets_at > ${databaseNow(clock)}`;

/** Whether anybody may try from there. */
export async function isNetworkOpen({ db, clock }: Deps, network: string): Promise<Reservation> {
  const row = await db
    .selectFrom('network_failures')
    .select(sql<number>`date_part('epoch', resets_at - ${databaseNow(clock)})`.as('seconds'))
    .where('network', '=', network)
    .where('blocked', '=', true)
    .where('resets_at', '>', databaseNow(clock))
    .executeTakeFirst();
  if (row === undefined) return { allowed: true, retryAfterSeconds: 0 };
  return { allowed: false, retryAfterSeconds: Math.max(1, Math.ceil(Number(row.seconds))) };
}

/**
 * Notes the account, in one statement, so that of any number of failures at once no more are noted than the limit, and one
 * of them blocks the network. `closed`: it was blocked already, and this failure is nobody's to know.
 */
export async function failedFromNetwork(
  { db, clock }: Deps,
  limits: LimitsConfig,
  { network, account }: Tried,
): Promise<'noted' | 'blocks' | 'closed'> {
  const now = databaseNow(clock);
  const end = databaseNowPlus(clock, limits.networkWindowSeconds);
  const isOver = sql<boolean>`(f.resets_at <= ${now} or (not f.blocked and f.failed = '{}'))`;
  const failed = sql`case when ${isOver} then array[${account}]::text[] when ${account} = any(f.failed) then f.failed
    else array_append(f.failed, ${account}::text) end`;
  const isFull = sql<boolean>`cardinality(${failed}) >= ${limits.networkAccounts}`;
  const { rows } = await sql<{ blocked: boolean }>`
    insert into network_failures as f (network, failed, resets_at, blocked)
    values (${network}, array[${account}]::text[], ${end}, false)
    on conflict (network) do update set
      failed = ${failed},
      blocked = ${isFull},
      resets_at = case when ${isFull} then ${databaseNowPlus(clock, limits.networkBlockSeconds)}
        when ${isOver} then ${end} else f.resets_at end
    where ${isOver} or not f.blocked
    returning f.blocked`.execute(db);
  const [noted] = rows;
  if (noted === undefined) return 'closed';
  return noted.blocked ? 'blocks' : 'noted';
}

/** Whoever gets in after all has not failed. A block stands, whoever it was. */
export async function succeededFromNetwork({ db, clock }: Deps, tried: Tried): Promise<void> {
  await succeedingFromNetwork(clock, tried).execute(db);
}

/** The same, for a statement that does more. */
export const succeedingFromNetwork = (clock: Clock, { network, account }: Tried): RawBuilder<unknown> =>
  sql`update network_failures set failed = array_remove(failed, ${account}::text)
    where network = ${network} and resets_at > ${databaseNow(clock)} and not blocked and ${account} = any(failed)`;

/** Deletes at most `batch` windows and blocks that are over; returns how many. */
export async function sweepNetworkFailures({ db, clock }: Deps, batch: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('network_failures')
    .where(isOldest(clock, { table: 'network_failures', column: 'resets_at', batch }))
    .executeTakeFirst();
  return Number(numDeletedRows);
}
