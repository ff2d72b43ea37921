// Owns the table mail_outbox: what is to be sent to whom, written in the transaction of the change that it tells of.
import type { Clock } from '../clock.ts';
import { newId } from '../crypto/identifiers.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from '../database/database.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';
import type { Language } from '../texts/messages.ts';
import type { MailMessage } from './messages.ts';

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

/** 48 hours: a mail server that is down over a night and a day is waited for. */
const TRIED_FOR_SECONDS = 2 * 86_400;

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
}

/** For an account that is gone: what has been sent, or given up. What still waits is for its owner to know. */
export async function forgetMailsOf(db: Db, accountId: string): Promise<void> {
  await db
    .deleteFrom('mail_outbox')
    .where('account_id', '=', accountId)
    .where((eb) => eb.or([eb('delivered_at', 'is not', null), eb('given_up_at', 'is not', null)]))
    .execute();
}
