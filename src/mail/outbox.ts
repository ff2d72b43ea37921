// Owns the table mail_outbox: what is to be sent to whom, written in the transaction of the change that it tells of.
import { type SqlBool, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../crypto/identifiers.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from '../database/database.ts';
import { isOldest } from '../database/oldest.ts';
import { sealedColumn } from '../database/sealed-rows.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';
import type { Language } from '../texts/messages.ts';
import { placeOfMail, standsAfter } from './mail-place.ts';
import type { MailMessage } from './messages.ts';
import { mailsWait } from './waking.ts';

export interface MailDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly box: SealedBox;
}

export interface NewMail {
  readonly to: string;
  /** Undefined where there is no account yet. */
  readonly accountId?: string | undefined;
  readonly language: Language;
  readonly message: MailMessage;
}

export interface Mail {
  /** In the Message-ID, so that a second copy can be told for one. */
  readonly id: string;
  readonly to: string;
  readonly accountId: string | undefined;
  readonly language: string;
  /** Which message: usually a MailName, but another release of Gatehouse may have written it. */
  readonly name: string;
  readonly createdAt: Date;
  readonly attempts: number;
}

/** 48 hours: a mail server that is down over a night and a day is waited for. */
export const TRIED_FOR_SECONDS = 2 * 86_400;

const placeOf = (id: string): string => `mail_outbox.content:${id}`;

/** With a transaction as `db`, the mail goes out exactly when the change has happened. */
export async function writeMail(
  { db, clock, box }: MailDeps,
  { to, accountId, language, message }: NewMail,
): Promise<void> {
  const id = newId();
  const now = databaseNow(clock);
  await db
    .insertInto('mail_outbox')
    .values({
      id,
      recipient: to,
      account_id: accountId ?? null,
      language,
      message: message.mail,
      content: box.seal(JSON.stringify(message), placeOf(id)),
      created_at: now,
      next_attempt_at: now,
      give_up_after: databaseNowPlus(clock, TRIED_FOR_SECONDS),
    })
    .execute();
  await mailsWait(db);
}

/** For an account that is gone: what has been sent, or given up. What still waits is for its owner to know. */
export async function forgetMailsOf(db: Db, accountId: string): Promise<void> {
  await db
    .deleteFrom('mail_outbox')
    .where('account_id', '=', accountId)
    .where((eb) => eb.or([eb('delivered_at', 'is not', null), eb('given_up_at', 'is not', null)]))
    .execute();
}

/** @throws SealBroken; Error when there is nothing any more */
export function openMessage(box: SealedBox, { id, content }: { id: string; content: string | null }): MailMessage {
  if (content === null) throw new Error(`the mail ${id} has been delivered`);
  return JSON.parse(box.open(content, placeOf(id)));
}

/**
 * Takes the mail that has been due for longest, and keeps it from everybody for `leaseSeconds`: no transaction stays
 * open while a mail server answers, and what a process that died had taken is due again after that.
 */
export async function claimMail(
  { db, clock }: Omit<MailDeps, 'box'>,
  leaseSeconds: number,
): Promise<(Mail & { readonly content: string | null }) | undefined> {
  const row = await db
    .updateTable('mail_outbox')
    .set({ attempts: sql`attempts + 1`, last_error: null, next_attempt_at: databaseNowPlus(clock, leaseSeconds) })
    .where('id', '=', (eb) =>
      eb
        .selectFrom('mail_outbox')
        .select('id')
        .where('delivered_at', 'is', null)
        .where('given_up_at', 'is', null)
        .where(sql<SqlBool>`next_attempt_at <= ${databaseNow(clock)}`)
        .orderBy('next_attempt_at')
        .orderBy('id')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returning([...MAIL_COLUMNS, 'content'])
    .executeTakeFirst();
  return row === undefined ? undefined : { ...mailOf(row), content: row.content };
}

/** What was said is gone with it, unless it is to be shown. Nothing happens when somebody else has taken it meanwhile. */
export async function markDelivered(
  { db, clock }: Omit<MailDeps, 'box'>,
  { id, attempts }: Mail,
  content: 'erase' | 'keep',
): Promise<void> {
  await db
    .updateTable('mail_outbox')
    .set({ delivered_at: databaseNow(clock), last_error: null, ...(content === 'erase' && { content: null }) })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .execute();
}

export interface Failure {
  /** A few words for operators, without what the mail says. */
  readonly reason: string;
  /** Undefined: it is not worth another attempt. */
  readonly retryInSeconds: number | undefined;
}

/** Returns whether it will be tried again. */
export async function markFailed(
  { db, clock }: Omit<MailDeps, 'box'>,
  { id, attempts }: Mail,
  { reason, retryInSeconds }: Failure,
): Promise<boolean> {
  const next = databaseNowPlus(clock, retryInSeconds ?? 0);
  const isOver = sql<boolean>`${retryInSeconds === undefined}::boolean or ${next} > give_up_after`;
  const row = await db
    .updateTable('mail_outbox')
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

export interface ListedMail extends Mail {
  readonly state: 'waiting' | 'given_up';
  readonly nextAttemptAt: Date | undefined;
  readonly lastError: string | undefined;
}

/** Those that have not been delivered, oldest first; `after` is the place of one of them. */
export async function listMails(
  db: Db,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<readonly (ListedMail & { readonly place: string })[]> {
  const rows = await db
    .selectFrom('mail_outbox')
    .select([...MAIL_COLUMNS, 'next_attempt_at', 'last_error', 'given_up_at', placeOfMail.as('place')])
    .where('delivered_at', 'is', null)
    .$if(after !== undefined, (query) => query.where(standsAfter(String(after))))
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...listed(row), place: row.place }));
}

interface ListedRow extends Row {
  readonly next_attempt_at: Date;
  readonly last_error: string | null;
  readonly given_up_at: Date | null;
}

const listed = (row: ListedRow): ListedMail => ({
  ...mailOf(row),
  state: row.given_up_at === null ? 'waiting' : 'given_up',
  nextAttemptAt: row.given_up_at === null ? row.next_attempt_at : undefined,
  lastError: row.last_error ?? undefined,
});

/** Makes undelivered mails due now, those given up too, for another 48 hours. Returns how many. */
export async function retryMails({ db, clock }: Omit<MailDeps, 'box'>, id?: string): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('mail_outbox')
    .set({
      next_attempt_at: databaseNow(clock),
      give_up_after: databaseNowPlus(clock, TRIED_FOR_SECONDS),
      given_up_at: null,
      attempts: 0,
    })
    .where('delivered_at', 'is', null)
    // What is being sent at this moment is not sent a second time beside it.
    .where(sql<SqlBool>`(attempts = 0 or last_error is not null or next_attempt_at <= ${databaseNow(clock)})`)
    .$if(id !== undefined, (query) => query.where('id', '=', String(id)))
    .executeTakeFirst();
  await mailsWait(db);
  return Number(numUpdatedRows);
}

/** False if there is none that has not been delivered. */
export async function dropMail(db: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('mail_outbox')
    .where('id', '=', id)
    .where('delivered_at', 'is', null)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

const DELIVERED_KEPT_SECONDS = 86_400;
/** 30 days, for operators to see. */
const GIVEN_UP_KEPT_SECONDS = 30 * 86_400;

/** Deletes what was delivered a day ago, and what was given up thirty days ago; at most `batch` rows. Returns how many. */
export async function sweepMails({ db, clock }: Omit<MailDeps, 'box'>, batch: number): Promise<number> {
  const took = async (column: 'delivered_at' | 'given_up_at', seconds: number) => {
    const isTaken = isOldest(clock, { table: 'mail_outbox', column, seconds, batch });
    return Number((await db.deleteFrom('mail_outbox').where(isTaken).executeTakeFirst()).numDeletedRows);
  };
  return (await took('delivered_at', DELIVERED_KEPT_SECONDS)) + (await took('given_up_at', GIVEN_UP_KEPT_SECONDS));
}

export const MAIL_COLUMNS = ['id', 'recipient', 'account_id', 'language', 'message', 'created_at', 'attempts'] as const;

interface Row {
  readonly id: string;
  readonly recipient: string;
  readonly account_id: string | null;
  readonly language: string;
  readonly message: string;
  readonly created_at: Date;
  readonly attempts: number;
}

export const mailOf = (row: Row): Mail => ({
  id: row.id,
  to: row.recipient,
  accountId: row.account_id ?? undefined,
  language: row.language,
  name: row.message,
  createdAt: row.created_at,
  attempts: row.attempts,
});

/** Of mails that have not been delivered. */
export async function countUndelivered(db: Db): Promise<{ readonly waiting: number; readonly givenUp: number }> {
  const { all, given_up: givenUp } = await db
    .selectFrom('mail_outbox')
    .select(({ fn }) => [fn.countAll().as('all'), fn.count('given_up_at').as('given_up')])
    .where('delivered_at', 'is', null)
    .executeTakeFirstOrThrow();
  return { waiting: Number(all) - Number(givenUp), givenUp: Number(givenUp) };
}

/** Undefined for one that was delivered, or that there never was. */
export async function findUndelivered(db: Db, id: string): Promise<ListedMail | undefined> {
  const row = await db
    .selectFrom('mail_outbox')
    .select([...MAIL_COLUMNS, 'next_attempt_at', 'last_error', 'given_up_at'])
    .where('id', '=', id)
    .where('delivered_at', 'is', null)
    .executeTakeFirst();
  return row && listed(row);
}

export const sealedMails = sealedColumn({ table: 'mail_outbox', column: 'content', placeOf });

/** Those that were not sent yet, and those that nobody knows of whether they were. */
export async function dropUnsentMails(db: Db): Promise<void> {
  await db.deleteFrom('mail_outbox').where('delivered_at', 'is', null).execute();
}
