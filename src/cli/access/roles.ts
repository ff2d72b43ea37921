// gatehouse role list, show, create, change, delete.
import { changeRoleAs, createRoleAs, deleteRoleAs } from '../../administration/model/role-model-as.ts';
import type { Db } from '../../database/database.ts';
import { findRole, listRoles, type RoleMfa, type RoleWithContents } from '../../roles/role.ts';
import { countsOf, type UseOfRole, useOfRole } from '../../roles/usage.ts';
import { confirmation } from '../confirmation.ts';
import { CommandFailed } from '../failure.ts';
import { count, details, neutral, table } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { edited, permissionsFrom, shownPermission } from './arguments.ts';
import { changedBy, evenTheLast, notFound, OPERATOR, withAccess } from './operator.ts';

export const showRoles = (invocation: Invocation): Promise<Answer> =>
  withAccess(invocation, async ({ db }) => {
    const roles = await listRoles(db);
    const { roles: accounts } = await countsOf(db);
    const rows = roles.map((role) => ({ role, accounts: accounts.get(role.name) ?? 0 }));
    return {
      result: { roles: rows.map((row) => ({ ...roleResult(row.role), accounts: row.accounts })) },
      text: table(
        ['ROLE', 'ACCOUNTS', 'MFA', 'FROM', 'DESCRIPTION'],
        rows.map(({ role, accounts: number }) => [role.name, number, role.mfa, role.origin, role.description]),
      ),
    };
  });

export const roleResult = (role: RoleWithContents) => ({
  name: role.name,
  description: role.description,
  mfa: role.mfa,
  client_id: role.clientId,
  resource: role.resource,
  includes: role.includes,
  permissions: role.permissions.map(({ resource, name }) => ({ resource, name })),
  origin: role.origin,
  gone_at: role.goneAt,
  created_at: role.createdAt,
  updated_at: role.updatedAt,
});

export const showRole = (invocation: Invocation, { name }: { name: string }): Promise<Answer> =>
  withAccess(invocation, async ({ db }) => {
    const role = await requireRole(db, name);
    const use = await useOfRole(db, name);
    return {
      result: { ...roleResult(role), ...useResult(use) },
      text: details([
        ['role', role.name],
        ['description', role.description],
        ['from', role.origin],
        ['second factor', role.mfa],
        ['only for', role.clientId ?? role.resource],
        ['includes', role.includes.join(', ')],
        ['permissions', role.permissions.map(shownPermission).join(', ')],
        ['included by', use.includedBy.join(', ')],
        ['groups', use.groups.join(', ')],
        ['accounts', use.accounts],
        ['services', use.clients.join(', ')],
      ]),
    };
  });

const useResult = ({ accounts, groups, members, includedBy, clients }: UseOfRole) => ({
  accounts,
  groups,
  members,
  included_by: includedBy,
  clients,
});

export interface RoleOptions {
  readonly description?: string | undefined;
  readonly mfa?: RoleMfa | undefined;
  readonly include: readonly string[];
  /** `RESOURCE:NAME`. */
  readonly permission: readonly string[];
  readonly client?: string | undefined;
  readonly resource?: string | undefined;
}

export const addRole = (
  invocation: Invocation,
  { name, include, permission, client, ...options }: RoleOptions & { name: string },
): Promise<Answer> =>
  withAccess(invocation, async (deps) => {
    const { description = '', mfa = 'optional', resource } = options;
    const permissions = await permissionsFrom(deps.db, permission);
    const wanted = { name, description, mfa, includes: include, permissions, clientId: client, resource };
    const answer = await createRoleAs(deps, OPERATOR, wanted);
    if (!changedBy(answer, { kind: 'role', name })) throw new Error('a role cannot be made without a change');
    return { result: roleResult(answer.role), text: `Created the role ${neutral(name)}.` };
  });

export interface RoleChangeOptions extends RoleOptions {
  readonly exclude: readonly string[];
  readonly removePermission: readonly string[];
  /** Belongs to no client and no resource any more. */
  readonly everywhere: boolean;
  readonly yes: boolean;
}

/** Where it comes to demand a second factor, sessions and refresh tokens without one get no further. */
export function alterRole(
  invocation: Invocation,
  { name, yes, ...options }: RoleChangeOptions & { name: string },
): Promise<Answer> {
  const { description, mfa, client, resource, everywhere } = options;
  const said = [description, mfa, client, resource].some((value) => value !== undefined) || everywhere;
  const lists = [options.include, options.exclude, options.permission, options.removePermission];
  if (!said && lists.every((list) => list.length === 0)) {
    throw new CommandFailed('invalid', 'Say what to change; "gatehouse role change --help" shows what there is.');
  }
  return withAccess(invocation, async (deps) => {
    const before = await requireRole(deps.db, name);
    const change = {
      description,
      mfa,
      clientId: everywhere || resource !== undefined ? null : client,
      resource: everywhere || client !== undefined ? null : resource,
      includes: edited(before.includes, { add: options.include, remove: options.exclude, key: (role) => role }),
      permissions: edited(before.permissions, {
        add: await permissionsFrom(deps.db, options.permission),
        remove: await permissionsFrom(deps.db, options.removePermission),
        key: shownPermission,
      }),
    };
    const scope = client === undefined && resource === undefined && !everywhere ? NO_SCOPE : {};
    const answer = await evenTheLast(invocation, { yes }, (by) =>
      changeRoleAs(deps, by, { name, ...change, ...scope }),
    );
    const role = changedBy(answer, { kind: 'role', name }) ? answer.role : before;
    return { result: roleResult(role), text: `Changed the role ${neutral(name)} (mfa: ${role.mfa}).` };
  });
}

const NO_SCOPE = { clientId: undefined, resource: undefined };

export async function removeRole(
  invocation: Invocation,
  { name, yes }: { name: string; yes: boolean },
): Promise<Answer> {
  const confirmed = confirmation(invocation, { yes });
  return withAccess(invocation, async (deps) => {
    const role = await requireRole(deps.db, name);
    if (role.origin !== 'product' && role.origin !== 'declared') {
      await confirmed(`Delete the role ${neutral(name)}${takenAway(await useOfRole(deps.db, name))}?`);
    }
    const answer = await evenTheLast(invocation, { yes }, (by) => deleteRoleAs(deps, by, { name, confirmed: true }));
    if (!changedBy(answer, { kind: 'role', name }) || !('use' in answer)) throw notFound('role', name);
    const { accounts } = answer.use;
    return {
      result: { name, ...useResult(answer.use) },
      text: `Deleted the role ${neutral(name)}; ${count(accounts, 'account')} had it.`,
    };
  });
}

/** Everybody and everything that has it. */
function takenAway({ accounts, groups, members, includedBy, clients }: UseOfRole): string {
  const also = [
    ...(groups.length === 0 ? [] : [`${count(groups.length, 'group')} with ${count(members, 'member')}`]),
    ...(includedBy.length === 0 ? [] : [`the role${includedBy.length === 1 ? '' : 's'} ${includedBy.join(', ')}`]),
    ...(clients.length === 0 ? [] : [count(clients.length, 'service')]),
  ];
  const rest = also.length === 0 ? '' : `, and which ${also.join(' and ')} would lose`;
  return `, which ${count(accounts, 'account has', 'accounts have')}${rest}`;
}

export async function requireRole(db: Db, name: string): Promise<RoleWithContents> {
  const role = name === '' ? undefined : await findRole(db, name);
  if (role === undefined) throw notFound('role', name);
  return role;
}
