// What deleting a role, a group or a permission would take away.

import { byCodePoint } from '../config/roles/by-code-point.ts';
import type { Db } from '../database/database.ts';

export interface UseOfRole {
  /** How many accounts have it themselves. */
  readonly accounts: number;
  readonly groups: readonly string[];
  /** How many accounts are in one of these groups. */
  readonly members: number;
  readonly includedBy: readonly string[];
  /** Service clients that were given it; their files may name it besides. */
  readonly clients: readonly string[];
}

export async function useOfRole(db: Db, name: string): Promise<UseOfRole> {
  const { groups, includedBy } = await carriersOf(db, name);
  const clients = await db.selectFrom('client_roles').select('client_id').where('role', '=', name).execute();
  return {
    accounts: await countAssignments(db, name),
    groups,
    members: await countMembers(db, groups),
    includedBy,
    clients: clients.map(({ client_id }) => client_id).sort(byCodePoint),
  };
}

/** Of `useOfRole` what needs no counting: it is as fast however many have the role. */
export async function carriersOf(db: Db, role: string): Promise<Pick<UseOfRole, 'groups' | 'includedBy'>> {
  const groups = await db.selectFrom('group_roles').select('group_name').where('role', '=', role).execute();
  const included = await db.selectFrom('role_includes').select('role').where('includes', '=', role).execute();
  return {
    groups: groups.map(({ group_name }) => group_name).sort(byCodePoint),
    includedBy: included.map((row) => row.role).sort(byCodePoint),
  };
}

export const isRoleInUse = ({ accounts, groups, includedBy, clients }: UseOfRole): boolean =>
  accounts + groups.length + includedBy.length + clients.length > 0;

async function countAssignments(db: Db, role: string): Promise<number> {
  const { count } = await db
    .selectFrom('role_assignments')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('role', '=', role)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Each account once. */
async function countMembers(db: Db, groups: readonly string[]): Promise<number> {
  if (groups.length === 0) return 0;
  const { count } = await db
    .selectFrom('group_members')
    .select(({ fn }) => fn.count('account_id').distinct().as('count'))
    .where('group_name', 'in', groups)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export interface UseOfGroup {
  readonly members: number;
  /** What the members have through it. */
  readonly roles: readonly string[];
}

export async function useOfGroup(db: Db, name: string): Promise<UseOfGroup> {
  const roles = await db.selectFrom('group_roles').select('role').where('group_name', '=', name).execute();
  return { members: await countMembers(db, [name]), roles: roles.map(({ role }) => role).sort(byCodePoint) };
}

export const isGroupInUse = ({ members }: UseOfGroup): boolean => members > 0;

export interface UseOfPermission {
  /** Those that carry it themselves. */
  readonly roles: readonly string[];
}

export async function useOfPermission(
  db: Db,
  { resource, name }: { resource: string; name: string },
): Promise<UseOfPermission> {
  const rows = await db
    .selectFrom('role_permissions')
    .select('role')
    .where('resource', '=', resource)
    .where('permission', '=', name)
    .execute();
  return { roles: rows.map(({ role }) => role).sort(byCodePoint) };
}

export const isPermissionInUse = ({ roles }: UseOfPermission): boolean => roles.length > 0;

/** How many accounts have each role themselves, and how many are in each group; counted no further than `atMost`, in the order of an index. */
export async function countsOf(
  db: Db,
  { atMost }: { atMost?: number } = {},
): Promise<{ readonly roles: ReadonlyMap<string, number>; readonly groups: ReadonlyMap<string, number> }> {
  const limit = atMost ?? Number.MAX_SAFE_INTEGER;
  const roles = await db
    .selectFrom('roles')
    .select(({ selectFrom }) => [
      'roles.name',
      selectFrom((eb) =>
        eb
          .selectFrom('role_assignments')
          .select('role_assignments.role')
          .whereRef('role_assignments.role', '=', 'roles.name')
          .orderBy('role_assignments.account_id')
          .limit(limit)
          .as('some'),
      )
        .select(({ fn }) => fn.countAll().as('count'))
        .as('count'),
    ])
    .execute();
  const groups = await db
    .selectFrom('groups')
    .select(({ selectFrom }) => [
      'groups.name',
      selectFrom((eb) =>
        eb
          .selectFrom('group_members')
          .select('group_members.group_name')
          .whereRef('group_members.group_name', '=', 'groups.name')
          .orderBy('group_members.account_id')
          .limit(limit)
          .as('some'),
      )
        .select(({ fn }) => fn.countAll().as('count'))
        .as('count'),
    ])
    .execute();
  const counted = (rows: readonly { name: string; count: unknown }[]) =>
    new Map(rows.map(({ name, count }) => [name, Number(count)]));
  return { roles: counted(roles), groups: counted(groups) };
}
