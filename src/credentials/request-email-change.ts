// Asks for another address: it has to be proved first, and whoever reads the old one is told.

import type { Account } from '../accounts/account.ts';
import { findAccountByIdentifier } from '../accounts/accounts.ts';
import { canonicalEmail } from '../accounts/identifiers.ts';
import { issueMailedToken, MAILED_TOKEN_SECONDS } from '../accounts/mailed-tokens.ts';
import { languageFor, whereFrom } from '../accounts/telling.ts';
import { recordEvent, type Source } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import { atomically } from '../database/atomically.ts';
import { mailLimits, mailNetworkLimit, mailRecipient, mailRecipientLimit, reserveInEach } from '../limits/limits.ts';
import type { MailMessage } from '../mail/messages.ts';
import { writeMail } from '../mail/outbox.ts';
import { admitsAddress } from '../registrations/policy.ts';
import type { Language } from '../texts/messages.ts';
import type { CredentialDeps } from './deps.ts';
import { CONFIRM_EMAIL_PATH, linkTo, RESET_PATH } from './links.ts';

export type EmailChangeRequest =
  /** Also where the address has an account already: whoever asks does not learn it, its owner does. */
  | { readonly outcome: 'requested'; readonly email: string }
  | { readonly outcome: 'not_an_address' }
  /** It is the account's own, in whatever spelling, and proved. */
  | { readonly outcome: 'same_address' }
  /** It is the account's own, and nobody has proved it yet: a link is on its way there. */
  | { readonly outcome: 'proof_requested' }
  /** Nobody signs up with an address of this domain, so nobody changes to one. */
  | { readonly outcome: 'not_admitted' }
  /** Of this network, whatever it asks for. */
  | { readonly outcome: 'too_many_attempts'; readonly retryAfterSeconds: number };

export interface WantedEmail {
  readonly account: Account;
  /** As typed. */
  readonly email: string;
  /** /24 or /64, as text. */
  readonly network: string;
  readonly source?: Source;
  /** Of the page. */
  readonly language?: Language;
}

/** The same statements for an address that is taken and for a free one. What was asked for before is void. */
export async function requestEmailChange(
  deps: CredentialDeps & { readonly config: Pick<Config, 'registration'> },
  given: WantedEmail,
): Promise<EmailChangeRequest> {
  const { account, email, network, source, language } = given;
  const wanted = canonicalEmail(email);
  if (wanted === undefined) return { outcome: 'not_an_address' };
  const own = canonicalEmail(account.email)?.key ?? account.email;
  if (wanted.key === own) return account.emailVerified ? { outcome: 'same_address' } : requestProof(deps, given);
  if (!admitsAddress(deps.config.registration, wanted.key)) return { outcome: 'not_admitted' };
  const { limits } = deps.config;
  const reservation = await reserveInEach(deps, [mailNetworkLimit(limits, network)]);
  if (!reservation.allowed) return { ...reservation, outcome: 'too_many_attempts' };
  const requested = { outcome: 'requested', email: wanted.address } as const;
  const recipient = mailRecipientLimit(limits, { recipientKey: mailRecipient(wanted.key) });
  if (!(await reserveInEach(deps, [recipient])).allowed) return requested;
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
      message: holder === undefined ? provesBy(deps, token) : isTaken(deps),
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
  return requested;
}

/** For an account that an operator or the set-up link made: its address was stated, not proved. */
async function requestProof(
  deps: CredentialDeps,
  { account, network, language }: WantedEmail,
): Promise<EmailChangeRequest> {
  const { limits } = deps.config;
  const own = canonicalEmail(account.email)?.key ?? account.email;
  const reservation = await reserveInEach(deps, mailLimits(limits, { recipientKey: mailRecipient(own), network }));
  if (!reservation.allowed) return { ...reservation, outcome: 'too_many_attempts' };
  await atomically(deps.db, async (db) => {
    const inside = { ...deps, db };
    const boundTo = { from: own, to: account.email };
    const token = await issueMailedToken(inside, { accountId: account.id, purpose: 'confirm_email', boundTo });
    await writeMail(inside, {
      to: account.email,
      accountId: account.id,
      language: languageFor(account, language),
      message: { ...provesBy(deps, token), own: true },
    });
  });
  return { outcome: 'proof_requested' };
}

const provesBy = ({ config }: CredentialDeps, token: string) =>
  ({
    mail: 'confirm_email',
    link: linkTo(config, CONFIRM_EMAIL_PATH, token),
    hours: MAILED_TOKEN_SECONDS.confirm_email / 3600,
  }) as const satisfies MailMessage;

const isTaken = ({ config }: CredentialDeps): MailMessage => ({
  mail: 'already_registered',
  signInLink: linkTo(config, '/account'),
  resetLink: linkTo(config, RESET_PATH),
});
