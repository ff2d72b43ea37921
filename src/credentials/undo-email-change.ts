// Whoever reads the old address takes the account back: the address returns, and everything that came since is over.
import { type Account, isUsable } from '../accounts/account.ts';
import { findAccount, replaceEmail, setPasswordHash, unsetDeleting } from '../accounts/accounts.ts';
import { findPasswordHash } from '../accounts/finding/find-credentials.ts';
import { canonicalEmail } from '../accounts/identifiers.ts';
import {
  findMailedToken,
  issueMailedToken,
  type MailedToken,
  spendMailedToken,
  voidMailedTokens,
} from '../accounts/mailed-tokens.ts';
import { isIdentifierTaken } from '../accounts/taken.ts';
import { languageFor } from '../accounts/telling.ts';
import { recordEvent, type Source } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import { forgetDevicesOf } from '../devices/devices.ts';
import { writeMail } from '../mail/outbox.ts';
import { removeFactorsAddedSince } from '../second-factors/remove-added-since.ts';
import { endEverythingOf } from '../sessions/end-everything.ts';
import type { CredentialDeps } from './deps.ts';

const purpose = 'undo_email_change';

export interface EmailRestoration {
  readonly account: Account;
  /** The address that comes back. */
  readonly to: { readonly address: string; readonly key: string };
  /** When the change was made. */
  readonly changedAt: Date;
}

/** What a link would bring back; undefined where it is no good. Changes nothing. */
export async function openEmailRestoration(
  deps: Pick<CredentialDeps, 'db' | 'clock'>,
  token: string,
): Promise<EmailRestoration | undefined> {
  return restorationOf(deps, await findMailedToken(deps, { purpose, token }));
}

export type EmailChangeUndone =
  /** `resetToken`: the mailbox is proved, so the way to a new password is open at once. */
  | { readonly outcome: 'undone'; readonly email: string; readonly resetToken: string }
  | { readonly outcome: 'void' }
  /** Another account has proved the old address since. The link is still good. */
  | { readonly outcome: 'taken' };

/**
 * The password goes too: whoever changed the address knew it; and so do the authenticators that were added since, or the
 * owner would be asked for codes of somebody else's. Later changes cannot be brought back; earlier addresses keep their
 * own way back.
 */
export async function undoEmailChange(
  deps: CredentialDeps,
  { token, source }: { token: string; source?: Source | undefined },
): Promise<EmailChangeUndone> {
  try {
    return await atomically(deps.db, (db) => undo({ ...deps, db }, { token, source }));
  } catch (error) {
    if (error instanceof AddressTaken || isIdentifierTaken(error)) return { outcome: 'taken' };
    throw error;
  }
}

/** Takes the spending of the link back too: whoever gives the address up again can still use it. */
class AddressTaken extends Error {}

async function undo(
  inside: CredentialDeps,
  { token, source }: { token: string; source: Source | undefined },
): Promise<EmailChangeUndone> {
  const { db, clock } = inside;
  const restoration = await restorationOf(inside, await spendMailedToken(inside, { purpose, token }));
  if (restoration === undefined) return { outcome: 'void' };
  const { account, to, changedAt } = restoration;
  const accountId = account.id;
  const replaced = await replaceEmail(inside, { accountId, from: keyOf(account.email), to });
  if (replaced === 'taken') throw new AddressTaken();
  if (replaced !== 'replaced') return { outcome: 'void' };
  // One that never had any is not noted as having had one: first-password.ts looks there.
  const hadPassword = (await findPasswordHash(db, accountId)) !== undefined;
  if (hadPassword) await setPasswordHash(db, { accountId, passwordHash: undefined }, clock);
  await voidMailedTokens(db, accountId, ['confirm_email', 'invitation']);
  await voidMailedTokens(db, accountId, [purpose], changedAt);
  if (account.status === 'deleting') await unsetDeleting(inside, accountId);
  await forgetDevicesOf(db, accountId);
  const restored = { ...account, email: to.address };
  const removed = await removeFactorsAddedSince(inside, { account: restored, by: { source }, since: changedAt });
  const ended = await endEverythingOf(inside, accountId);
  const boundTo = { email: to.key };
  const resetToken = await issueMailedToken(inside, { accountId, purpose: 'reset_password', boundTo });
  const mail = { accountId, language: languageFor(account) };
  const message = { mail: 'email_changed', newEmail: to.address } as const;
  for (const address of [to.address, account.email]) await writeMail(inside, { ...mail, to: address, message });
  const details = { sessions_ended: ended, authenticators_removed: removed };
  await recordEvent(inside, { event: 'email.change_undone', accountId, source, details });
  return { outcome: 'undone', email: to.address, resetToken };
}

async function restorationOf(
  { db }: Pick<CredentialDeps, 'db'>,
  link: MailedToken | undefined,
): Promise<EmailRestoration | undefined> {
  const account = link === undefined ? undefined : await findAccount(db, link.accountId);
  const to = canonicalEmail(link?.boundTo['address'] ?? '');
  if (link === undefined || account === undefined || to === undefined) return undefined;
  // An account that is on its way out is brought back: who had it may be who wants it deleted.
  if (!isUsable(account) && account.status !== 'deleting') return undefined;
  return { account, to, changedAt: link.issuedAt };
}

const keyOf = (email: string): string => canonicalEmail(email)?.key ?? email;
