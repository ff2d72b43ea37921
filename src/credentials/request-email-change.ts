// Asks for another address: it has to be proved first, and whoever reads the old one is told.

import type { Account } from '../accounts/account.ts';
import { findAccountByIdentifier } from '../accounts/accounts.ts';
import { canonicalEmail } from '../accounts/identifiers.ts';
import { issueMailedToken, MAILED_TOKEN_SECONDS } from '../accounts/mailed-tokens.ts';
import { languageFor, whereFrom } from '../accounts/telling.ts';
import { recordEvent, type Source } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import type { MailMessage } from '../mail/messages.ts';
import { writeMail } from '../mail/outbox.ts';
import type { Language } from '../texts/messages.ts';
import type { CredentialDeps } from './deps.ts';
import { CONFIRM_EMAIL_PATH, linkTo, RESET_PATH } from './links.ts';

export type EmailChangeRequest =
  /** Also where the address has an account already: whoever asks does not learn it, its owner does. */
  | { readonly outcome: 'requested'; readonly email: string }
  | { readonly outcome: 'not_an_address' }
  /** It is the account's own, in whatever spelling. */
  | { readonly outcome: 'same_address' };

/** The same statements for an address that is taken and for a free one. What was asked for before is void. */
export async function requestEmailChange(
  deps: CredentialDeps,
  { account, email, source, language }: { account: Account; email: string; source?: Source; language?: Language },
): Promise<EmailChangeRequest> {
  const wanted = canonicalEmail(email);
  if (wanted === undefined) return { outcome: 'not_an_address' };
  const own = canonicalEmail(account.email)?.key ?? account.email;
  if (wanted.key === own) return { outcome: 'same_address' };
  await atomically(deps.db, async (db) => {
    const inside = { ...deps, db };
    const boundTo = { from: own, to: wanted.address };
    const token = await issueMailedToken(inside, { accountId: account.id, purpose: 'confirm_email', boundTo });
    const holder = await findAccountByIdentifier(db, wanted.address);
    const reader = holder ?? account;
    await writeMail(inside, {
      to: holder?.email ?? wanted.address,
      accountId: reader.id,
      language: languageFor(reader, language),
      message: holder === undefined ? proves(deps, token) : isTaken(deps),
    });
    const told = languageFor(account, language);
    await writeMail(inside, {
      to: account.email,
      accountId: account.id,
      language: told,
      message: { mail: 'email_change_requested', newEmail: wanted.address, where: whereFrom(source, told) },
    });
    await recordEvent(inside, { event: 'email.change_requested', accountId: account.id, source });
  });
  return { outcome: 'requested', email: wanted.address };
}

const proves = ({ config }: CredentialDeps, token: string): MailMessage => ({
  mail: 'confirm_email',
  link: linkTo(config, CONFIRM_EMAIL_PATH, token),
  hours: MAILED_TOKEN_SECONDS.confirm_email / 3600,
});

const isTaken = ({ config }: CredentialDeps): MailMessage => ({
  mail: 'already_registered',
  signInLink: linkTo(config, '/account'),
  resetLink: linkTo(config, RESET_PATH),
});
