// A new password by the link that was mailed. It signs nobody in, and asks for no less than before: the second factor stays.
import { type Account, isUsable } from '../accounts/account.ts';
import { findAccount, markEmailVerified } from '../accounts/accounts.ts';
import { canonicalEmail } from '../accounts/identifiers.ts';
import { findMailedToken, type MailedToken, spendMailedToken } from '../accounts/mailed-tokens.ts';
import type { PasswordFlaw } from '../accounts/password-rules.ts';
import { preparePassword } from '../accounts/prepare-password.ts';
import type { Source } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import type { Language } from '../texts/messages.ts';
import type { CredentialDeps, PasswordDeps } from './deps.ts';
import { mayAskForPassword } from './first-password.ts';
import { replacePassword } from './replace-password.ts';

const purpose = 'reset_password';

export interface ResetLink {
  readonly account: Account;
  /** The app that the person was signing in to. */
  readonly clientId: string | undefined;
}

/** Whom a link is for; undefined where it is no good. Changes nothing. */
export async function openResetLink(
  deps: Pick<CredentialDeps, 'db' | 'clock' | 'config'>,
  token: string,
): Promise<ResetLink | undefined> {
  return holderOf(deps, await findMailedToken(deps, { purpose, token }));
}

export type PasswordReset =
  | ({ readonly outcome: 'reset' } & ResetLink)
  /** Used, too old, or a newer one was sent; the account is banned, or has another address by now. */
  | { readonly outcome: 'void' }
  /** The link is still good. */
  | { readonly outcome: 'invalid'; readonly account: Account; readonly flaws: readonly PasswordFlaw[] };

/** @throws Refusal `busy` (503); the link is still good then. */
export async function resetPassword(
  deps: PasswordDeps,
  { token, password, source, language }: { token: string; password: string; source?: Source; language?: Language },
): Promise<PasswordReset> {
  const link = await openResetLink(deps, token);
  if (link === undefined) return { outcome: 'void' };
  const prepared = await preparePassword(deps, { account: link.account, password });
  if (prepared.outcome === 'invalid') return { ...prepared, account: link.account };
  return atomically(deps.db, async (db): Promise<PasswordReset> => {
    const inside = { ...deps, db };
    const holder = await holderOf(inside, await spendMailedToken(inside, { purpose, token }));
    if (holder === undefined) return { outcome: 'void' };
    const { account } = holder;
    const { passwordHash } = prepared;
    await replacePassword(inside, { account, passwordHash, event: 'password.reset', source, language });
    await markEmailVerified(inside, { accountId: account.id, emailKey: keyOf(account) });
    return { outcome: 'reset', ...holder };
  });
}

/** A link opens one mailbox's account only: with another address it is no good. */
async function holderOf(
  { db, config }: Pick<CredentialDeps, 'db' | 'config'>,
  link: MailedToken | undefined,
): Promise<ResetLink | undefined> {
  const account = link === undefined ? undefined : await findAccount(db, link.accountId);
  if (link === undefined || account === undefined || !isUsable(account)) return undefined;
  if (link.boundTo['email'] !== keyOf(account)) return undefined;
  if (link.boundTo['by'] !== 'administrator' && !(await mayAskForPassword({ db, config }, account.id)))
    return undefined;
  return { account, clientId: link.boundTo['client'] };
}

const keyOf = ({ email }: Account): string => canonicalEmail(email)?.key ?? email;
