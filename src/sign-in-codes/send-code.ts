// Mails a code to the account's address. Row, mail and event are one transaction; no request waits for the mail server.
import type { Account } from '../accounts/account.ts';
import { languageFor, whereFrom } from '../accounts/telling.ts';
import { recordEvent, type Source } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { hashCode, newCode } from '../crypto/mailed-code.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { MAILED_CODE_SECONDS, reserveInEach, signInMailLimit } from '../limits/limits.ts';
import { writeMail } from '../mail/outbox.ts';
import type { Language } from '../texts/messages.ts';
import { insertWaiting, setCode, type Waiting } from './sign-in-codes.ts';

export interface SignInCodeDeps {
  readonly config: Config;
  readonly db: Db;
  readonly clock: Clock;
  readonly box: SealedBox;
}

export interface AskedFor {
  readonly account: Account;
  /** The app that is signed in to. */
  readonly clientId: string;
  readonly source: Source;
  /** Of the page. */
  readonly language: Language;
}

export type Sending =
  | { readonly outcome: 'sent' }
  | { readonly outcome: 'too_many_attempts'; readonly retryAfterSeconds: number }
  /** Nobody waits any more. */
  | { readonly outcome: 'over' };

/** The sign-in waits from now on, also where no more mails may be sent. Returns what it has to keep. */
export async function askForCode(deps: SignInCodeDeps, asked: AskedFor): Promise<string> {
  const waiting = await insertWaiting(deps, asked.account.id);
  await sendCode(deps, waiting.id, asked);
  return waiting.id;
}

/** The code that was sent before is void. `deps.db` must not be a transaction that may be rolled back. */
export async function sendCode(deps: SignInCodeDeps, id: string, asked: AskedFor): Promise<Sending> {
  const { id: accountId } = asked.account;
  const limit = signInMailLimit(deps.config.limits, accountId);
  const reservation = await reserveInEach(deps, [limit]);
  if (!reservation.allowed) {
    return { outcome: 'too_many_attempts', retryAfterSeconds: reservation.retryAfterSeconds };
  }
  const code = newCode();
  return atomically(deps.db, async (db): Promise<Sending> => {
    const inside = { ...deps, db };
    const waiting: Waiting = { id, accountId };
    if (!(await setCode(inside, waiting, hashCode(deps.config, { id, code })))) return { outcome: 'over' };
    await mail(inside, { ...asked, code });
    const { source, clientId } = asked;
    await recordEvent(inside, { event: 'sign_in.extra_step_asked', accountId, clientId, source });
    return { outcome: 'sent' };
  });
}

function mail(deps: SignInCodeDeps, { account, source, code, ...asked }: AskedFor & { code: string }): Promise<void> {
  const language = languageFor(account, asked.language);
  return writeMail(deps, {
    to: account.email,
    accountId: account.id,
    language,
    message: {
      mail: 'sign_in_code',
      code,
      minutes: MAILED_CODE_SECONDS / 60,
      where: whereFrom(source, language),
      resetLink: `${deps.config.issuer}/reset-password`,
    },
  });
}
