// The new address is proved: from now on it is the account's. The old one can undo it for three days.
import { type Account, isUsable } from '../accounts/account.ts';
import { findAccount, markEmailVerified, replaceEmail } from '../accounts/accounts.ts';
import { canonicalEmail } from '../accounts/identifiers.ts';
import {
  findMailedToken,
  issueMailedToken,
  MAILED_TOKEN_SECONDS,
  type MailedToken,
  spendMailedToken,
  voidMailedTokens,
} from '../accounts/mailed-tokens.ts';
import { isIdentifierTaken } from '../accounts/taken.ts';
import { languageFor } from '../accounts/telling.ts';
import { recordEvent, type Source } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import { writeMail } from '../mail/outbox.ts';
import type { CredentialDeps } from './deps.ts';
import { linkTo, UNDO_EMAIL_CHANGE_PATH } from './links.ts';

const purpose = 'confirm_email';

export interface EmailChange {
  readonly account: Account;
  readonly to: { readonly address: string; readonly key: string };
}

/** What a link would change; undefined where it is no good. Changes nothing. */
export async function openEmailChange(
  deps: Pick<CredentialDeps, 'db' | 'clock'>,
  token: string,
): Promise<EmailChange | undefined> {
  return changeOf(deps, await findMailedToken(deps, { purpose, token }));
}

export type EmailConfirmation =
  | { readonly outcome: 'changed'; readonly email: string }
  /** It was the account's address already, and is proved now. */
  | { readonly outcome: 'verified'; readonly email: string }
  /** Used, too old, or another change was asked for since. */
  | { readonly outcome: 'void' }
  /** Meanwhile another account has proved the address. */
  | { readonly outcome: 'taken' };

/** The account is the link's, whoever is signed in where it is opened. */
export async function confirmEmailChange(
  deps: CredentialDeps,
  { token, source }: { token: string; source?: Source | undefined },
): Promise<EmailConfirmation> {
  try {
    return await atomically(deps.db, (db) => confirm({ ...deps, db }, { token, source }));
  } catch (error) {
    if (isIdentifierTaken(error)) return { outcome: 'taken' };
    throw error;
  }
}

async function confirm(
  inside: CredentialDeps,
  { token, source }: { token: string; source: Source | undefined },
): Promise<EmailConfirmation> {
  const change = await changeOf(inside, await spendMailedToken(inside, { purpose, token }));
  if (change === undefined) return { outcome: 'void' };
  const { account, to } = change;
  const from = keyOf(account.email);
  if (to.key === from) return verify(inside, { account, source });
  const replaced = await replaceEmail(inside, { accountId: account.id, from, to });
  if (replaced !== 'replaced') return { outcome: replaced === 'taken' ? 'taken' : 'void' };
  // A link to a new password went to a mailbox that is not the account's any more.
  await voidMailedTokens(inside.db, account.id, ['reset_password', 'invitation']);
  await tellBoth(inside, change);
  await recordEvent(inside, { event: 'email.changed', accountId: account.id, source });
  return { outcome: 'changed', email: to.address };
}

/** Its owner did it, and nothing they sign in with is different: nobody has to be told. */
async function verify(
  inside: CredentialDeps,
  { account, source }: { account: Account; source: Source | undefined },
): Promise<EmailConfirmation> {
  await markEmailVerified(inside, { accountId: account.id, emailKey: keyOf(account.email) });
  await recordEvent(inside, { event: 'email.verified', accountId: account.id, source });
  return { outcome: 'verified', email: account.email };
}

async function tellBoth(inside: CredentialDeps, { account, to }: EmailChange): Promise<void> {
  const boundTo = { address: account.email, to: to.key };
  const undo = await issueMailedToken(inside, { accountId: account.id, purpose: 'undo_email_change', boundTo });
  const link = linkTo(inside.config, UNDO_EMAIL_CHANGE_PATH, undo);
  const hours = MAILED_TOKEN_SECONDS.undo_email_change / 3600;
  const mail = { accountId: account.id, language: languageFor(account) };
  const message = { mail: 'email_changed', newEmail: to.address } as const;
  await writeMail(inside, { ...mail, to: account.email, message: { ...message, undo: { link, hours } } });
  await writeMail(inside, { ...mail, to: to.address, message });
}

/** Good for as long as the account has the address that it had when the change was asked for. */
async function changeOf(
  { db }: Pick<CredentialDeps, 'db'>,
  link: MailedToken | undefined,
): Promise<EmailChange | undefined> {
  const account = link === undefined ? undefined : await findAccount(db, link.accountId);
  const to = canonicalEmail(link?.boundTo['to'] ?? '');
  if (account === undefined || to === undefined || !isUsable(account)) return undefined;
  return link?.boundTo['from'] === keyOf(account.email) ? { account, to } : undefined;
}

/** Whether the address is the account's already, and only to be proved. */
export const isOwnAddress = ({ account, to }: EmailChange): boolean => to.key === keyOf(account.email);

const keyOf = (email: string): string => canonicalEmail(email)?.key ?? email;
