// What a new password ends, whoever gave it: sessions, tokens, sign-ins under way, links that were sent. Its owner is told.
import type { Account } from '../accounts/account.ts';
import { setPasswordHash } from '../accounts/accounts.ts';
import { type TokenPurpose, voidMailedTokens } from '../accounts/mailed-tokens.ts';
import { languageFor, whereFrom } from '../accounts/telling.ts';
import { type Actor, recordEvent, type Source } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import { forgetDevicesOf } from '../devices/devices.ts';
import { forgetAttempts } from '../limits/counters.ts';
import { accountLimit, knownAccount, signInMailLimit } from '../limits/limits.ts';
import { writeMail } from '../mail/outbox.ts';
import { endEverythingOf } from '../sessions/end-everything.ts';
import type { Language } from '../texts/messages.ts';
import type { CredentialDeps } from './deps.ts';
import { linkTo, RESET_PATH } from './links.ts';

/** Whoever had one of these may be who the password is changed against. Changes of address can be undone all the same. */
const VOIDED: readonly TokenPurpose[] = ['reset_password', 'confirm_email', 'invitation'];

export interface NewPassword {
  readonly account: Account;
  readonly passwordHash: string;
  readonly event: 'password.changed' | 'password.reset';
  readonly actor?: Actor;
  /** The session of the browser in which it happens, which goes on. */
  readonly exceptSession?: string;
  /** What the cookie of that browser says: it stays known, but is not trusted any more. */
  readonly keepDevice?: string | undefined;
  readonly source?: Source | undefined;
  /** Of the page, where the account has none. */
  readonly language?: Language | undefined;
}

/** Returns how many sessions ended; undefined if the account is gone. */
export async function replacePassword(deps: CredentialDeps, change: NewPassword): Promise<number | undefined> {
  const { account, passwordHash, event, actor, exceptSession, source } = change;
  const accountId = account.id;
  const language = languageFor(account, change.language);
  return atomically(deps.db, async (db) => {
    const inside = { ...deps, db };
    // First, and until the end: a sign-in with the old password that is just being stored waits for this row.
    if (!(await setPasswordHash(db, { accountId, passwordHash }, deps.clock))) return undefined;
    await voidMailedTokens(db, accountId, VOIDED);
    const ended = await endEverythingOf(inside, accountId, { exceptSession });
    // What was tried at the old one, or mailed to who knew it, holds nobody up who knows the new one.
    await forgetAttempts(inside, accountLimit(deps.config.limits, knownAccount(accountId)).key);
    await forgetAttempts(inside, signInMailLimit(deps.config.limits, accountId).key);
    await forgetDevicesOf(db, accountId, { keep: change.keepDevice });
    const where = whereFrom(source, language);
    const resetLink = linkTo(deps.config, RESET_PATH);
    await writeMail(inside, {
      to: account.email,
      accountId,
      language,
      message: { mail: 'password_changed', resetLink, where },
    });
    await recordEvent(inside, { event, accountId, actor, source, details: { sessions_ended: ended } });
    return ended;
  });
}
