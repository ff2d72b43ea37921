// Owns the table logout_notices, an outbox: which app is to be told that which session, or account, has ended.
import { type SqlBool, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../crypto/identifiers.ts';
import type { Db } from '../database/database.ts';
import { isOldest } from '../database/oldest.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';

export interface NoticeDeps {
  readonly db: Db;
  readonly clock: Clock;
}

export interface NewNotice {
  readonly clientId: string;
  readonly accountId: string;
  /** The session's name for this app; undefined: every session of the account there. */
  readonly sid: string | undefined;
  /** Whether the session alone ended, or all there was of the account. */
  readonly ended: 'session' | 'account';
}

export interface Notice extends NewNotice {
  /** The `jti` of every token made for it, so that an app can tell a second one. */
  readonly id: string;
  readonly attempts: number;
  /** By the clock of this process, as the `iat` of ID tokens: the database's may be another. */
  readonly endedAt: Date;
}

/** 24 hours: an app that is down overnight is told; one that is gone does not wait for ever. */
export const TRIED_FOR_SECONDS = 86_400;
const DELIVERED_KEPT_SECONDS = 86_400;
/** 30 days, for operators to see. */
const GIVEN_UP_KEPT_SECONDS = 30 * 86_400;

/** In the transaction that ends the session, so that neither happens without the other. */
export async function writeNotices({ db, clock }: NoticeDeps, notices: readonly NewNotice[]): Promise<void> {
  if (notices.length === 0) return;
  const times = {
    created_at: databaseNow(clock),
    next_attempt_at: databaseNow(clock),
    give_up_after: databaseNowPlus(clock, TRIED_FOR_SECONDS),
  };
  await db
    .insertInto('logout_notices')
    .values(
      notices.map(({ clientId, accountId, sid, ended }) => ({
        id: newId(),
        client_id: clientId,
        account_id: accountId,
        sid: sid ?? null,
        ended,
        ...times,
      })),
    )
    .execute();
}

/**
 * Takes the notice that has been due for longest, and keeps it from everybody for `leaseSeconds`: no transaction stays
 * open while an app answers, and what a process that died had taken is due again after that.
 */
export async function claimNotice(
  { db, clock }: NoticeDeps,
  { leaseSeconds, exceptClients }: { leaseSeconds: number; exceptClients: readonly string[] },
): Promise<Notice | undefined> {
  const row = await db
    .updateTable('logout_notices')
    .set({ attempts: sql`attempts + 1`, next_attempt_at: databaseNowPlus(clock, leaseSeconds) })
    .where('id', '=', (eb) =>
      eb
        .selectFrom('logout_notices')
        .select('id')
        .where('delivered_at', 'is', null)
        .where('given_up_at', 'is', null)
        .where(sql<SqlBool>`next_attempt_at <= ${databaseNow(clock)}`)
        .where(sql<SqlBool>`client_id <> all(${[...exceptClients]}::text[])`)
        .orderBy('next_attempt_at')
        .orderBy('id')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'client_id', 'account_id', 'sid', 'ended', 'attempts'])
    .returning(sql<number>`extract(epoch from ${databaseNow(clock)} - created_at)::float8`.as('seconds_ago'))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { id, attempts, ended, client_id: clientId, account_id: accountId } = row;
  const endedAt = new Date(clock.now().getTime() - row.seconds_ago * 1000);
  return { id, attempts, ended, clientId, accountId, sid: row.sid ?? undefined, endedAt };
}

/** Nothing happens when somebody else has taken it meanwhile: the lease was over. */
export async function markDelivered({ db, clock }: NoticeDeps, { id, attempts }: Notice): Promise<void> {
  await db
    .updateTable('logout_notices')
    .set({ delivered_at: databaseNow(clock), last_error: null })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .execute();
}

export interface Failure {
  /** A few words for operators, without secrets. */
  readonly reason: string;
  /** Undefined: it is not worth another attempt. */
  readonly retryInSeconds: number | undefined;
}

/** Returns whether it will be tried again. */
export async function markFailed(
  { db, clock }: NoticeDeps,
  { id, attempts }: Notice,
  { reason, retryInSeconds }: Failure,
): Promise<boolean> {
  const next = databaseNowPlus(clock, retryInSeconds ?? 0);
  const isOver = sql<boolean>`${retryInSeconds === undefined}::boolean or ${next} > give_up_after`;
  const row = await db
    .updateTable('logout_notices')
    .set({
      last_error: reason.slice(0, LONGEST_REASON),
      next_attempt_at: next,
      given_up_at: sql<Date>`case when ${isOver} then ${databaseNow(clock)} end`,
    })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .returning('given_up_at')
    .executeTakeFirst();
  return row?.given_up_at === null;
}

const LONGEST_REASON = 300;

/** For a notice that nobody is to be told of. False if there is none that has not been delivered. */
export async function dropNotice(db: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('logout_notices')
    .where('id', '=', id)
    .where('delivered_at', 'is', null)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export interface ListedNotice extends Omit<Notice, 'endedAt'> {
  readonly state: 'waiting' | 'given_up';
  readonly createdAt: Date;
  readonly nextAttemptAt: Date | undefined;
  readonly lastError: string | undefined;
}

/** Those that have not been delivered, oldest first. */
export async function listNotices(db: Db, { limit }: { limit: number }): Promise<readonly ListedNotice[]> {
  const rows = await db
    .selectFrom('logout_notices')
    .select(['id', 'client_id', 'account_id', 'sid', 'ended', 'attempts'])
    .select(['created_at', 'next_attempt_at', 'last_error', 'given_up_at'])
    .where('delivered_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    clientId: row.client_id,
    accountId: row.account_id,
    sid: row.sid ?? undefined,
    ended: row.ended,
    attempts: row.attempts,
    state: row.given_up_at === null ? 'waiting' : 'given_up',
    createdAt: row.created_at,
    nextAttemptAt: row.given_up_at === null ? row.next_attempt_at : undefined,
    lastError: row.last_error ?? undefined,
  }));
}

/** Makes undelivered notices due now, those given up too, for another 24 hours. Returns how many. */
export async function retryNotices({ db, clock }: NoticeDeps, id?: string): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('logout_notices')
    .set({
      next_attempt_at: databaseNow(clock),
      give_up_after: databaseNowPlus(clock, TRIED_FOR_SECONDS),
      given_up_at: null,
      attempts: 0,
    })
    .where('delivered_at', 'is', null)
    .$if(id !== undefined, (query) => query.where('id', '=', String(id)))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Deletes what was delivered a day ago, and what was given up thirty days ago; at most `batch` rows. Returns how many. */
export async function sweepNotices({ db, clock }: NoticeDeps, batch: number): Promise<number> {
  const took = async (column: 'delivered_at' | 'given_up_at', seconds: number) => {
    const isTaken = isOldest(clock, { table: 'logout_notices', column, seconds, batch });
    return Number((await db.deleteFrom('logout_notices').where(isTaken).executeTakeFirst()).numDeletedRows);
  };
  return (await took('delivered_at', DELIVERED_KEPT_SECONDS)) + (await took('given_up_at', GIVEN_UP_KEPT_SECONDS));
}

/** Apps that could not be told, though it was tried for as long as it is tried. */
export async function countGivenUp(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom('logout_notices')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('delivered_at', 'is', null)
    .where('given_up_at', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}
