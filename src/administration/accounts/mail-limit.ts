// How many mails administrators can have sent to one mailbox: a stolen session or token of theirs fills nobody's.
import { canonicalEmail } from '../../accounts/identifiers.ts';
import { administratorMailLimit, mailRecipient, reserveInEach } from '../../limits/limits.ts';
import type { Administrator } from '../administrator.ts';
import type { NotDone } from '../outcomes.ts';
import type { AccountDeps } from './deps.ts';

/** In the transaction of the change: what comes to nothing is not counted. An operator is not held up. */
export async function tooManyMails(
  inside: AccountDeps,
  by: Administrator,
  addresses: readonly string[],
): Promise<Extract<NotDone, { outcome: 'too_many' }> | undefined> {
  if (by.kind === 'operator') return undefined;
  const mailboxes = new Set(addresses.map((address) => mailRecipient(canonicalEmail(address)?.key ?? address)));
  const limits = [...mailboxes].map((recipientKey) => administratorMailLimit(inside.config.limits, { recipientKey }));
  const { allowed, retryAfterSeconds } = await reserveInEach(inside, limits);
  return allowed ? undefined : { outcome: 'too_many', retryAfterSeconds };
}
