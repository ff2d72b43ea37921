// The roles and groups of an account, with how it comes to each: one click gives a role and takes it away.
import type Koa from 'koa';
import { permissionsHeldUntil } from '../../administration/administrator.ts';
import { textsFor } from '../../http/page.ts';
import { assignmentsOf } from '../../roles/assignments.ts';
import { type Group, listGroups } from '../../roles/groups.ts';
import { membershipsOf } from '../../roles/members.ts';
import { listRoles, type RoleWithContents } from '../../roles/role.ts';
import type { Texts } from '../../texts/messages.ts';
import type { AdminDeps } from '../deps.ts';
import { errorOf, type Trouble } from '../not-done.ts';
import { showAccountTab, tabPath } from './account-page.ts';
import type { AccountStep, AtAccount } from './one-account.ts';
import { productPermissionsOfRoles, type RoleOfAccount, waysToRoles } from './ways-to-roles.ts';

/** What was typed into one of the forms, where it comes again. */
export interface TypedRights {
  readonly role?: string;
  readonly role_until?: string;
  readonly group?: string;
  readonly group_until?: string;
}

export const showRights =
  (deps: AdminDeps): AccountStep =>
  (ctx, at) =>
    showRightsOf(deps, ctx, at);

export async function showRightsOf(
  deps: AdminDeps,
  ctx: Koa.Context,
  at: AtAccount,
  { trouble, typed = {} }: { trouble?: Trouble | undefined; typed?: TypedRights } = {},
): Promise<void> {
  const t = textsFor(ctx);
  const { account } = at;
  const roles = await listRoles(deps.db);
  const groups = await listGroups(deps.db);
  const memberships = await membershipsOf(deps, account.id);
  const assignments = await assignmentsOf(deps, account.id);
  const memberOf = groups.filter(({ name }) => memberships.some(({ group }) => group === name));
  const offered = offeredTo(at, roles, await permissionsHeldUntil(deps, at.by, 'for good'));
  const path = tabPath(account.id, 'roles');
  await showAccountTab(deps, ctx, at, {
    view: 'roles',
    tab: 'roles',
    trouble,
    locals: {
      ...rolesShown(t, waysToRoles({ roles, assignments, memberOf }), offered),
      memberships: memberships.map((membership) =>
        membershipShown(membership, groups, (group) => offered.mayJoin(group)),
      ),
      groups: groups
        .filter((group) => group.goneAt === undefined && !memberOf.includes(group) && offered.mayJoin(group))
        .map(({ name }) => ({ value: name, label: name })),
      give: path,
      giveForATime: `${path}/timed`,
      join: `${path}/join`,
      leave: `${path}/leave`,
      typed,
      wrong: { role_until: errorOf(trouble, 'role_until'), group_until: errorOf(trouble, 'group_until') },
    },
  });
}

interface Offered {
  /** Until some day, and to take. */
  readonly mayGive: (role: string) => boolean;
  readonly mayGiveForGood: (role: string) => boolean;
  readonly mayJoin: (group: Group) => boolean;
}

/** What a verb would not refuse: nobody gives what they do not have, nor any of it to themselves. */
function offeredTo(
  { can, isOwn, may }: AtAccount,
  roles: readonly RoleWithContents[],
  lasting: AtAccount['may'],
): Offered {
  const isFine = (names: readonly string[], held: AtAccount['may']) => {
    const permissions = [...productPermissionsOfRoles(roles, names)];
    return permissions.every((permission) => held.has(permission)) && (permissions.length === 0 || !isOwn);
  };
  return {
    mayGive: (role) => can.assign && isFine([role], may),
    mayGiveForGood: (role) => can.assign && isFine([role], lasting),
    mayJoin: (group) => can.group && isFine(group.roles, may),
  };
}

function rolesShown(t: Texts, ways: readonly RoleOfAccount[], { mayGive, mayGiveForGood }: Offered) {
  const has = ({ given, groups, includedBy }: RoleOfAccount) =>
    given !== undefined || groups.length + includedBy.length > 0;
  const shown = ways
    .filter((way) => has(way) || (way.role.goneAt === undefined && mayGiveForGood(way.role.name)))
    .map((way) => toggleOf(t, way, mayGive(way.role.name)));
  const timed = ways.filter(({ role }) => role.goneAt === undefined && mayGive(role.name));
  return {
    held: shown.filter(({ on }) => on),
    others: shown.filter(({ on }) => !on),
    roles: timed.map(({ role }) => ({ value: role.name, label: role.name })),
  };
}

/** What comes by a group or another role is taken away there. */
function toggleOf(t: Texts, { role, given, groups, includedBy }: RoleOfAccount, mayGive: boolean) {
  const isInForce = role.goneAt === undefined;
  const comesElsewhere = isInForce && groups.length + includedBy.length > 0;
  return {
    label: role.name,
    description: role.description,
    on: given !== undefined || comesElsewhere,
    isToggle: mayGive && (given !== undefined || !comesElsewhere),
    until: given?.expiresAt,
    ways: [
      ...(groups.length === 0 ? [] : [t('accounts.roles.through', { groups: t.list(groups) })]),
      ...(includedBy.length === 0 ? [] : [t('accounts.roles.included', { roles: t.list(includedBy) })]),
      ...(isInForce ? [] : [t('accounts.roles.gone')]),
      ...(role.clientId === undefined ? [] : [t('accounts.roles.only_client', { client: role.clientId })]),
      ...(role.resource === undefined ? [] : [t('accounts.roles.only_resource', { resource: role.resource })]),
    ],
  };
}

function membershipShown(
  { group: name, createdAt, expiresAt }: { group: string; createdAt: Date; expiresAt: Date | undefined },
  groups: readonly Group[],
  mayLeave: (group: Group) => boolean,
) {
  const group = groups.find((each) => each.name === name);
  return {
    name,
    description: group?.description ?? '',
    isGone: group?.goneAt !== undefined,
    since: createdAt,
    until: expiresAt,
    mayLeave: group !== undefined && mayLeave(group),
  };
}
