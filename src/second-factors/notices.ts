// What people are told of their factors: a mail and a line in the list of events, in the transaction of the change.
import type { Account } from '../accounts/account.ts';
import { languageFor, whereFrom } from '../accounts/telling.ts';
import { type Actor, recordEvent, type Source } from '../audit/audit-log.ts';
import type { EventName } from '../audit/events.ts';
import type { MailMessage, Where } from '../mail/messages.ts';
import { writeMail } from '../mail/outbox.ts';
import type { Language } from '../texts/messages.ts';
import type { ChangeDeps } from './deps.ts';

/** Who changes something, and from where. */
export interface ChangedBy {
  /** The account itself unless stated. */
  readonly actor?: Actor | undefined;
  /** Undefined where no request was made: the command line. */
  readonly source: Source | undefined;
  /** Of the page, where the account has none. */
  readonly language?: Language | undefined;
}

export interface Change {
  readonly account: Account;
  readonly by: ChangedBy;
}

interface OfFactor extends Change {
  readonly name: string;
}

export async function tellFactorAdded(deps: ChangeDeps, change: OfFactor): Promise<void> {
  const { name } = change;
  await record(deps, change, 'factor.added', { method: 'totp', name });
  await mail(deps, change, (more) => ({ mail: 'factor_added', factor: name, ...more }));
}

/** No mail: nobody gets in more easily by it. */
export const tellFactorRenamed = (deps: ChangeDeps, change: OfFactor): Promise<void> =>
  record(deps, change, 'factor.renamed', { method: 'totp', name: change.name });

export async function tellFactorRemoved(deps: ChangeDeps, change: OfFactor): Promise<void> {
  const { name } = change;
  await record(deps, change, 'factor.removed', { method: 'totp', name });
  await mail(deps, change, (more) => ({ mail: 'factor_removed', factor: name, ...more }));
}

export async function tellCodesRenewed(deps: ChangeDeps, change: Change): Promise<void> {
  await record(deps, change, 'recovery_codes.renewed');
  await mail(deps, change, (more) => ({ mail: 'recovery_codes_renewed', ...more }));
}

export async function tellCodeUsed(deps: ChangeDeps, change: Change & { readonly left: number }): Promise<void> {
  const { left } = change;
  await record(deps, change, 'recovery_code.used', { left });
  await mail(deps, change, (more) => ({ mail: 'recovery_code_used', left, ...more }));
}

const record = (
  deps: ChangeDeps,
  { account, by }: Change,
  event: EventName,
  details: Readonly<Record<string, string | number>> = {},
): Promise<void> => recordEvent(deps, { event, accountId: account.id, actor: by.actor, source: by.source, details });

async function mail(
  deps: ChangeDeps,
  { account, by }: Change,
  messageWith: (more: { where: Where; accountLink: string }) => MailMessage,
): Promise<void> {
  const language = languageFor(account, by.language);
  const accountLink = `${deps.config.issuer}/account/security`;
  const message = messageWith({ where: whereFrom(by.source, language), accountLink });
  await writeMail(deps, { to: account.email, accountId: account.id, language, message });
}
