// How an account comes to each role that it has, and which it may be given by whom.
import {
  isProductPermission,
  PRODUCT_RESOURCE,
  type ProductPermission,
} from '../../config/roles/product-permissions.ts';
import type { Assignment } from '../../roles/assignments.ts';
import type { Group } from '../../roles/groups.ts';
import type { RoleWithContents } from '../../roles/role.ts';

export interface RoleOfAccount {
  readonly role: RoleWithContents;
  /** Given to the account itself; undefined: it is not. */
  readonly given: Assignment | undefined;
  /** Groups that bring it along, by roles of theirs. */
  readonly groups: readonly string[];
  /** Roles of the account that include it. */
  readonly includedBy: readonly string[];
}

export interface Holding {
  readonly roles: readonly RoleWithContents[];
  readonly assignments: readonly Assignment[];
  /** Those that the account is a member of. */
  readonly memberOf: readonly Group[];
}

/** Of all roles that there are, also of those that it does not have. */
export function waysToRoles({ roles, assignments, memberOf }: Holding): readonly RoleOfAccount[] {
  const byName = new Map(roles.map((role) => [role.name, role]));
  const inForce = (name: string): boolean => byName.get(name)?.goneAt === undefined;
  const given = new Map(assignments.map((assignment) => [assignment.role, assignment]));
  const within = (name: string) => rolesWithin(byName, name);
  const groups = memberOf.filter(({ goneAt }) => goneAt === undefined);
  return roles.map((role) => ({
    role,
    given: given.get(role.name),
    groups: groups.filter((group) => group.roles.some((name) => within(name).has(role.name))).map(({ name }) => name),
    includedBy: [...given.keys()].filter((name) => name !== role.name && inForce(name) && within(name).has(role.name)),
  }));
}

/** The role and all that it includes; what is declared no longer includes nothing. */
function rolesWithin(byName: ReadonlyMap<string, RoleWithContents>, name: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const queue = [name]; queue.length > 0; ) {
    const role = byName.get(queue.pop() ?? '');
    if (role === undefined || role.goneAt !== undefined || found.has(role.name)) continue;
    found.add(role.name);
    queue.push(...role.includes);
  }
  return found;
}

/** What roles let people do in administering, with all that they include: also those that could be put back. */
export function productPermissionsOfRoles(
  roles: readonly RoleWithContents[],
  names: readonly string[],
): ReadonlySet<ProductPermission> {
  const everywhere = new Map(roles.map((role) => [role.name, { ...role, goneAt: undefined }]));
  const within = new Set(names.flatMap((name) => [...rolesWithin(everywhere, name)]));
  const permissions = [...within].flatMap((name) => everywhere.get(name)?.permissions ?? []);
  return new Set(
    permissions.flatMap(({ resource, name }) =>
      resource === PRODUCT_RESOURCE && isProductPermission(name) ? [name] : [],
    ),
  );
}
