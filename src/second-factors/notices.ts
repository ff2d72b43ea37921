// What people are told of their factors: a mail and a line in the list of events, in the transaction of the change.
import type { Account } from '../accounts/account.ts';
import { type Actor, recordEvent, type Source } from '../audit/audit-log.ts';
import type { EventName } from '../audit/events.ts';
import type { MailMessage, Where } from '../mail/messages.ts';
import { writeMail } from '../mail/outbox.ts';
import { LANGUAGES, type Language } from '../texts/messages.ts';
import type { ChangeDeps } from './deps.ts';

/** Who changes something, and from where. */
export interface ChangedBy {
  /** The account itself unless stated. */
  readonly actor?: Actor | undefined;
  /** Undefined where no request was made: the command line. */
  readonly source: Source | undefined;
  readonly where: Where;
  /** Of the page; mails are in the account's own where it has one. */
  readonly language: Language;
}

export interface Change {
  readonly account: Account;
  readonly by: ChangedBy;
}

export async function tellFactorAdded(deps: ChangeDeps, change: Change & { readonly name: string }): Promise<void> {
  const { name, by } = change;
  await record(deps, change, 'factor.added', { method: 'totp', name });
  await mail(deps, change, { mail: 'factor_added', factor: name, where: by.where, accountLink: securityPage(deps) });
}

export async function tellFactorRenamed(deps: ChangeDeps, change: Change & { readonly name: string }): Promise<void> {
  await record(deps, change, 'factor.renamed', { method: 'totp', name: change.name });
}

export async function tellFactorRemoved(deps: ChangeDeps, change: Change & { readonly name: string }): Promise<void> {
  const { name, by } = change;
  await record(deps, change, 'factor.removed', { method: 'totp', name });
  await mail(deps, change, { mail: 'factor_removed', factor: name, where: by.where, accountLink: securityPage(deps) });
}

export async function tellCodesRenewed(deps: ChangeDeps, change: Change): Promise<void> {
  await record(deps, change, 'recovery_codes.renewed');
  const { where } = change.by;
  await mail(deps, change, { mail: 'recovery_codes_renewed', where, accountLink: securityPage(deps) });
}

export async function tellCodeUsed(deps: ChangeDeps, change: Change & { readonly left: number }): Promise<void> {
  const { left, by } = change;
  await record(deps, change, 'recovery_code.used', { left });
  await mail(deps, change, { mail: 'recovery_code_used', left, where: by.where, accountLink: securityPage(deps) });
}

const securityPage = ({ issuer }: ChangeDeps): string => `${issuer}/account/security`;

const record = (
  deps: ChangeDeps,
  { account, by }: Change,
  event: EventName,
  details: Readonly<Record<string, string | number>> = {},
): Promise<void> => recordEvent(deps, { event, accountId: account.id, actor: by.actor, source: by.source, details });

const mail = (deps: ChangeDeps, { account, by }: Change, message: MailMessage): Promise<void> =>
  writeMail(deps, { to: account.email, accountId: account.id, language: languageFor(account, by), message });

const languageFor = ({ language }: Account, by: ChangedBy): Language =>
  LANGUAGES.find((each) => each === language) ?? by.language;
