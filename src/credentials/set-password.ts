// Gives an account a new password, at the word of an operator or of its owner who is signed in.
import { findAccount } from '../accounts/accounts.ts';
import type { PasswordFlaw } from '../accounts/password-rules.ts';
import { preparePassword } from '../accounts/prepare-password.ts';
import type { Actor, Source } from '../audit/audit-log.ts';
import type { Language } from '../texts/messages.ts';
import type { PasswordDeps } from './deps.ts';
import { replacePassword } from './replace-password.ts';

export type PasswordSetting =
  | { readonly outcome: 'set'; readonly sessionsEnded: number }
  | { readonly outcome: 'unknown_account' }
  | { readonly outcome: 'invalid'; readonly flaws: readonly PasswordFlaw[] };

export interface NewPasswordOf {
  readonly accountId: string;
  readonly password: string;
  readonly actor?: Actor;
  /** The session in which its owner does it, which goes on; every other one ends. */
  readonly exceptSession?: string;
  /** What the cookie of that browser says. */
  readonly keepDevice?: string | undefined;
  readonly source?: Source;
  /** Of the page. */
  readonly language?: Language;
}

/** Whoever calls this has made sure that the password may be changed. @throws Refusal `busy` (503) */
export async function setPassword(
  deps: PasswordDeps,
  { accountId, password, ...how }: NewPasswordOf,
): Promise<PasswordSetting> {
  const account = await findAccount(deps.db, accountId);
  if (account === undefined) return { outcome: 'unknown_account' };
  const prepared = await preparePassword(deps, { account, password });
  if (prepared.outcome === 'invalid') return prepared;
  const { passwordHash } = prepared;
  const ended = await replacePassword(deps, { account, passwordHash, event: 'password.changed', ...how });
  return ended === undefined ? { outcome: 'unknown_account' } : { outcome: 'set', sessionsEnded: ended };
}
