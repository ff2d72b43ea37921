// gatehouse role grant and revoke, group add and remove: who has what.
import { grantClientRoleAs, revokeClientRoleAs } from '../../administration/rights/client-role-as.ts';
import { addMemberAs, removeMemberAs } from '../../administration/rights/member-as.ts';
import { grantRoleAs, revokeRoleAs } from '../../administration/rights/role-as.ts';
import { CommandFailed } from '../failure.ts';
import { neutral } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { requireAccount } from '../user/require-account.ts';
import { momentFrom } from './arguments.ts';
import { changedBy, evenTheLast, OPERATOR, withAccess } from './operator.ts';
import { requireRole } from './roles.ts';

export interface Assignment {
  readonly role: string;
  /** A person; or a service client, by `client`. */
  readonly who?: string | undefined;
  readonly client?: string | undefined;
}

/** Apps see the change in the next token they get. */
export function giveRole(
  invocation: Invocation,
  { role, who, client, until, yes }: Assignment & { until?: string | undefined; yes: boolean },
): Promise<Answer> {
  const expiresAt = momentFrom(until);
  const whom = oneOf({ who, client });
  if ('client' in whom && expiresAt !== undefined) {
    throw new CommandFailed('invalid', '--until is for people; a service has its roles for good.');
  }
  return withAccess(invocation, async (deps) => {
    if ('client' in whom) {
      const answer = await grantClientRoleAs(deps, OPERATOR, { clientId: whom.client, role });
      return granted({ client_id: whom.client }, whom.client, { role, changed: changedBy(answer, named(role)) });
    }
    const { id, email } = await requireAccount(deps.db, whom.who);
    const answer = await evenTheLast(invocation, { yes }, (by) =>
      grantRoleAs(deps, by, { accountId: id, role, expiresAt }),
    );
    const changed = changedBy(answer, named(role));
    return granted({ id, email, expires_at: expiresAt }, email, { role, changed });
  });
}

const named = (name: string) => ({ kind: 'role', name }) as const;

function granted(whom: object, shown: string, { role, changed }: { role: string; changed: boolean }): Answer {
  const text = `${shown} has the role ${neutral(role)} ${changed ? 'now' : 'already'}.`;
  return { result: { ...whom, role, changed }, text };
}

export function takeRole(
  invocation: Invocation,
  { role, who, client, yes }: Assignment & { yes: boolean },
): Promise<Answer> {
  const whom = oneOf({ who, client });
  return withAccess(invocation, async (deps) => {
    if ('client' in whom) {
      const answer = await revokeClientRoleAs(deps, OPERATOR, { clientId: whom.client, role });
      return revoked({ client_id: whom.client }, whom.client, { role, changed: changedBy(answer, named(role)) });
    }
    const { id, email } = await requireAccount(deps.db, whom.who);
    await requireRole(deps.db, role);
    const answer = await evenTheLast(invocation, { yes }, (by) => revokeRoleAs(deps, by, { accountId: id, role }));
    return revoked({ id, email }, email, { role, changed: changedBy(answer, named(role)) });
  });
}

function revoked(whom: object, shown: string, { role, changed }: { role: string; changed: boolean }): Answer {
  const text = changed
    ? `${shown} has the role ${neutral(role)} no longer.`
    : `${shown} does not have the role ${neutral(role)}.`;
  return { result: { ...whom, role, changed }, text };
}

function oneOf({ who, client }: Omit<Assignment, 'role'>): { who: string } | { client: string } {
  if (who !== undefined && client === undefined) return { who };
  if (client !== undefined && who === undefined) return { client };
  throw new CommandFailed('usage', 'Name a person, or a service with --client.');
}

interface Membership {
  readonly group: string;
  readonly who: string;
  readonly yes: boolean;
}

export function addToGroup(
  invocation: Invocation,
  { group, who, until, yes }: Membership & { until?: string | undefined },
): Promise<Answer> {
  const expiresAt = momentFrom(until);
  return withAccess(invocation, async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    const answer = await evenTheLast(invocation, { yes }, (by) =>
      addMemberAs(deps, by, { group, accountId: id, expiresAt }),
    );
    const changed = changedBy(answer, { kind: 'group', name: group });
    return {
      result: { id, email, group, expires_at: expiresAt, changed },
      text: `${email} is in the group ${neutral(group)} ${changed ? 'now' : 'already'}.`,
    };
  });
}

export const removeFromGroup = (invocation: Invocation, { group, who, yes }: Membership): Promise<Answer> =>
  withAccess(invocation, async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    const answer = await evenTheLast(invocation, { yes }, (by) => removeMemberAs(deps, by, { group, accountId: id }));
    const changed = changedBy(answer, { kind: 'group', name: group });
    const text = `${email} is ${changed ? 'no longer' : 'not'} in the group ${neutral(group)}.`;
    return { result: { id, email, group, changed }, text };
  });
