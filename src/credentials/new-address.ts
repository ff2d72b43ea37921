// An address that somebody else gave an account: told at both, to be proved at the new one, to be undone at the old one.
import type { Account } from '../accounts/account.ts';
import { issueMailedToken, MAILED_TOKEN_SECONDS, voidMailedTokens } from '../accounts/mailed-tokens.ts';
import { languageFor } from '../accounts/telling.ts';
import { writeMail } from '../mail/outbox.ts';
import type { CredentialDeps } from './deps.ts';
import { CONFIRM_EMAIL_PATH, linkTo, UNDO_EMAIL_CHANGE_PATH } from './links.ts';

interface NewAddress {
  /** As it was. */
  readonly account: Account;
  readonly to: { readonly address: string; readonly key: string };
}

/** In the transaction of the change. Links that were sent to the old address are void, but those that undo a change. */
export async function tellOfNewAddress(inside: CredentialDeps, { account, to }: NewAddress): Promise<void> {
  const accountId = account.id;
  await voidMailedTokens(inside.db, accountId, ['reset_password', 'confirm_email', 'invitation']);
  const mail = { accountId, language: languageFor(account) };
  const message = { mail: 'email_changed', newEmail: to.address } as const;
  const undo = account.emailVerified ? await undoing(inside, { account, to }) : undefined;
  await writeMail(inside, { ...mail, to: account.email, message: undo === undefined ? message : { ...message, undo } });
  const token = await issueMailedToken(inside, {
    accountId,
    purpose: 'confirm_email',
    boundTo: { from: to.key, to: to.address },
  });
  const link = linkTo(inside.config, CONFIRM_EMAIL_PATH, token);
  const hours = MAILED_TOKEN_SECONDS.confirm_email / 3600;
  await writeMail(inside, { ...mail, to: to.address, message: { mail: 'confirm_email', link, hours, own: true } });
}

/** Only for an address that was proved: who reads one that was mistyped never had the account. */
async function undoing(inside: CredentialDeps, { account, to }: NewAddress) {
  const boundTo = { address: account.email, to: to.key };
  const token = await issueMailedToken(inside, { accountId: account.id, purpose: 'undo_email_change', boundTo });
  return {
    link: linkTo(inside.config, UNDO_EMAIL_CHANGE_PATH, token),
    hours: MAILED_TOKEN_SECONDS.undo_email_change / 3600,
  };
}
