// What somebody signs in with, changed by an administrator: the address is not proved by that, and its old owner is told.
import type { Account } from '../../accounts/account.ts';
import { replaceEmail, setUsername } from '../../accounts/accounts.ts';
import { canonicalEmail, canonicalUsername } from '../../accounts/identifiers.ts';
import { recordEvent } from '../../audit/audit-log.ts';
import { tellOfNewAddress } from '../../credentials/new-address.ts';
import { tellOfNewUsername } from '../../credentials/new-username.ts';
import { type Administrator, actorOf, sourceOf } from '../administrator.ts';
import type { NotDone, Problem } from '../outcomes.ts';
import type { AccountDeps } from './deps.ts';
import { tooManyMails } from './mail-limit.ts';

export interface NewIdentifiers {
  readonly email?: string | undefined;
  /** An empty one takes it away. */
  readonly username?: string | undefined;
}

interface Change {
  readonly by: Administrator;
  readonly account: Account;
  readonly changes: NewIdentifiers;
}

/** The fields that are other than before. */
export async function setIdentifiers(inside: AccountDeps, change: Change): Promise<readonly string[] | NotDone> {
  const read = readIdentifiers(inside, change);
  if (read.problems.length > 0) return { outcome: 'invalid', problems: read.problems };
  const { account, by } = change;
  const { email, username } = read;
  if (email !== undefined) {
    const replaced = await changeEmail(inside, { by, account, to: email });
    if (replaced !== undefined) return replaced;
  }
  if (username !== undefined) {
    const named = await changeUsername(inside, { by, account, to: username === 'none' ? undefined : username });
    if (named !== undefined) return named;
  }
  const before = { ...(email && { email: account.email }), ...(username && { username: account.username ?? null }) };
  const after = {
    ...(email && { email: email.address, email_verified: false }),
    ...(username && { username: username === 'none' ? null : username.username }),
  };
  const fields = Object.keys(before);
  if (fields.length === 0) return fields;
  const who = { accountId: account.id, actor: actorOf(by), source: sourceOf(by) };
  await recordEvent(inside, { event: 'account.changed', ...who, details: { before, after } });
  return fields;
}

/** Only what differs from what is there. */
function readIdentifiers({ config }: AccountDeps, { account, changes }: Change) {
  const problems: Problem[] = [];
  const email = changes.email === undefined ? undefined : canonicalEmail(changes.email);
  if (changes.email !== undefined && email === undefined) {
    problems.push({ field: 'email', key: 'administration.problem.email' });
  }
  const typed = changes.username?.trim();
  const username =
    typed === undefined || typed === '' ? undefined : canonicalUsername(typed, config.registration.reservedUsernames);
  // What somebody has stays theirs when it is reserved later.
  if (typed && username === undefined && typed !== account.username) {
    problems.push({ field: 'username', key: 'administration.problem.username' });
  }
  const takesAway = typed === '' && account.username !== undefined;
  return {
    problems,
    email: email?.address === account.email ? undefined : email,
    username: takesAway ? ('none' as const) : username?.username === account.username ? undefined : username,
  };
}

/**
 * At once, and not proved: a link to do that goes to the new address. Sessions stay, as they do when an owner changes it;
 * whoever has them learns of it by mail, and where the old address was proved, can take the account back from there.
 */
async function changeEmail(
  inside: AccountDeps,
  { by, account, to }: { by: Administrator; account: Account; to: { address: string; key: string } },
): Promise<NotDone | undefined> {
  const from = canonicalEmail(account.email)?.key ?? account.email;
  const proved = to.key === from && account.emailVerified;
  const replaced = await replaceEmail(inside, { accountId: account.id, from, to, proved });
  if (replaced === 'taken') return { outcome: 'taken', field: 'email' };
  if (replaced === 'superseded') return { outcome: 'changed_meanwhile' };
  if (to.key === from) return undefined;
  await tellOfNewAddress(inside, { account, to });
  return tooManyMails(inside, by, [account.email, to.address]);
}

/** Told at the address that the account had before, whose reader has known it. */
async function changeUsername(
  inside: AccountDeps,
  { by, account, to }: { by: Administrator; account: Account; to: { username: string; key: string } | undefined },
): Promise<NotDone | undefined> {
  const set = await setUsername(inside, { accountId: account.id, username: to });
  if (set === 'taken') return { outcome: 'taken', field: 'username' };
  await tellOfNewUsername(inside, { account, username: to?.username });
  return tooManyMails(inside, by, [account.email]);
}
