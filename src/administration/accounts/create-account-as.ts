// Makes an account for somebody, with an invitation or without; with roles and groups, all of it or nothing.
import type { Account } from '../../accounts/account.ts';
import { insertAccount } from '../../accounts/accounts.ts';
import { type Invitation, inviteAccount } from '../../accounts/invite-account.ts';
import { checkIdentity, type FieldProblem } from '../../accounts/prepare-account.ts';
import { recordEvent } from '../../audit/audit-log.ts';
import { type Administrator, actorOf, sourceOf } from '../administrator.ts';
import { type Acting, change } from '../change.ts';
import { accountFor } from '../guards.ts';
import type { NotDone, Outcome, Problem } from '../outcomes.ts';
import { putIntoGroup } from '../rights/member-as.ts';
import { giveRole } from '../rights/role-as.ts';
import type { AccountDeps } from './deps.ts';
import { tooManyMails } from './mail-limit.ts';

export interface NewAccountAs {
  readonly email: string;
  readonly username?: string | undefined;
  readonly name?: string | undefined;
  /** At the word of whoever asks; goes without an invitation, which proves it. */
  readonly emailVerified?: boolean | undefined;
  /** Takes `roles:assign` besides. */
  readonly roles?: readonly string[];
  /** Takes `groups:write` besides. */
  readonly groups?: readonly string[];
  /** A mail with a link that sets the first password. Without it, whoever owns the address can ask for one, unless the policy is `closed`. */
  readonly invite: boolean;
  /** Only an operator states one: where others administer, nobody but its owner sets a password (ASVS 6.4.6). */
  readonly passwordHash?: string | undefined;
}

/** For any domain, and without an invitation whatever the policy of sign-ups is. The link of the invitation is for an operator to pass on. */
export async function createAccountAs(
  deps: AccountDeps,
  by: Administrator,
  wanted: NewAccountAs,
): Promise<Outcome<{ account: Account; invitationLink?: string | undefined }>> {
  if (by.kind !== 'operator' && wanted.passwordHash !== undefined) throw new Error('only operators set passwords');
  return change(deps, { by, needs: 'accounts:write', action: 'account.create' }, async (inside, acting) => {
    const account = await insert(inside, wanted);
    if ('outcome' in account) return account;
    const who = { accountId: account.id, actor: actorOf(by), source: sourceOf(by) };
    const roles = [...new Set(wanted.roles)].sort();
    const groups = [...new Set(wanted.groups)].sort();
    await recordEvent(inside, { event: 'account.created', ...who, details: { roles, groups } });
    const refused = await give(inside, acting, { account, roles, groups });
    if (refused !== undefined) return refused;
    if (!wanted.invite) return { outcome: 'done', account };
    const invitation = await inviteAccount(inside, who);
    if (invitation.outcome === 'invitations_closed') return invitation;
    const link = linkFor(by, invitation);
    return (await tooManyMails(inside, by, [account.email])) ?? { outcome: 'done', account, ...link };
  });
}

/** Whoever has it can set the password, so that of all who administer only operators see it. */
const linkFor = (by: Administrator, invitation: Invitation) =>
  by.kind === 'operator' && invitation.outcome === 'invited' ? { invitationLink: invitation.link } : {};

async function insert(inside: AccountDeps, wanted: NewAccountAs): Promise<Account | NotDone> {
  const { email, username, name: displayName, emailVerified = false, invite } = wanted;
  const { reservedUsernames } = inside.config.registration;
  const check = checkIdentity({
    email,
    username,
    displayName,
    emailVerified: emailVerified && !invite,
    reservedUsernames,
  });
  if (check.outcome === 'invalid') return { outcome: 'invalid', problems: check.problems.map(problemOf) };
  const account = await insertAccount(inside, { ...check.account, passwordHash: wanted.passwordHash });
  if (account === 'email_taken') return { outcome: 'taken', field: 'email' };
  return account === 'username_taken' ? { outcome: 'taken', field: 'username' } : account;
}

const problemOf = ({ field }: FieldProblem): Problem => {
  switch (field) {
    case 'displayName':
      return { field: 'name', key: 'administration.problem.name' };
    case 'username':
      return { field, key: 'administration.problem.username' };
    case 'email':
    case 'password':
      return { field: 'email', key: 'administration.problem.email' };
  }
};

async function give(
  inside: AccountDeps,
  acting: Acting,
  { account, roles, groups }: { account: Account; roles: readonly string[]; groups: readonly string[] },
): Promise<NotDone | undefined> {
  if (roles.length > 0 && !acting.held.has('roles:assign')) return { outcome: 'forbidden', needs: 'roles:assign' };
  if (groups.length > 0 && !acting.held.has('groups:write')) return { outcome: 'forbidden', needs: 'groups:write' };
  for (const role of roles) {
    const given = await giveRole(inside, acting, { account, role, expiresAt: undefined });
    if (given.outcome !== 'done') return given;
  }
  for (const group of groups) {
    const added = await putIntoGroup(inside, acting, { account, group, expiresAt: undefined });
    if (added.outcome !== 'done') return added;
  }
  return undefined;
}

/** Another invitation to who has no password yet; those sent before are void. */
export function inviteAccountAs(
  deps: AccountDeps,
  by: Administrator,
  { accountId }: { accountId: string },
): Promise<Outcome<{ invitationLink?: string | undefined }>> {
  return change(deps, { by, needs: 'accounts:write', action: 'account.invite', accountId }, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId });
    if ('outcome' in account) return account;
    const invitation = await inviteAccount(inside, { accountId, actor: actorOf(by), source: sourceOf(by) });
    if (invitation.outcome === 'invitations_closed') return invitation;
    if (invitation.outcome !== 'invited') return { outcome: 'not_possible', status: account.status };
    return (await tooManyMails(inside, by, [account.email])) ?? { outcome: 'done', ...linkFor(by, invitation) };
  });
}
