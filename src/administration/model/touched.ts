// What a change of a role or a group gives or takes in administering, and whether that concerns who makes it.
import {
  isProductPermission,
  PRODUCT_RESOURCE,
  type ProductPermission,
} from '../../config/roles/product-permissions.ts';
import { rolesGivenToClient } from '../../roles/client-roles.ts';
import { membershipsOf } from '../../roles/members.ts';
import type { PermissionRef, RoleContents } from '../../roles/role-contents.ts';
import type { AdministrationDeps, Administrator } from '../administrator.ts';
import type { Acting } from '../change.ts';
import { beyond, givenTo, productPermissionsWithin, rolesWithin } from '../guards.ts';
import type { Refusal } from '../outcomes.ts';

/** Of two contents of one role: what only one of them carries. */
export async function touchedBetween(
  { db }: AdministrationDeps,
  one: RoleContents,
  other: RoleContents,
): Promise<readonly ProductPermission[]> {
  const included = await productPermissionsWithin(db, difference(one.includes, other.includes));
  const carried = difference(productOf(one.permissions), productOf(other.permissions));
  return [...new Set([...included, ...carried])].filter(isProductPermission);
}

const productOf = (permissions: readonly PermissionRef[]): readonly string[] =>
  permissions.flatMap(({ resource, name }) => (resource === PRODUCT_RESOURCE ? [name] : []));

/** In one of the two, not in both. */
export const difference = (one: readonly string[], other: readonly string[]): readonly string[] => [
  ...one.filter((name) => !other.includes(name)),
  ...other.filter((name) => !one.includes(name)),
];

/** `isOwn` is asked only where something of administering is touched. */
export async function mayTouch(
  acting: Acting,
  permissions: readonly ProductPermission[],
  isOwn: () => Promise<boolean>,
): Promise<Refusal | undefined> {
  if (permissions.length === 0) return undefined;
  return (await isOwn()) ? { outcome: 'own_rights' } : beyond(acting, permissions);
}

/** By whatever way. */
export async function hasRole(inside: AdministrationDeps, by: Administrator, role: string): Promise<boolean> {
  switch (by.kind) {
    case 'operator':
      return false;
    case 'account':
      return (await rolesWithin(inside.db, await givenTo(inside, by.accountId))).has(role);
    case 'client': {
      const given = [...by.assigned, ...(await rolesGivenToClient(inside.db, by.clientId))];
      return (await rolesWithin(inside.db, given)).has(role);
    }
  }
}

export async function isMember(inside: AdministrationDeps, by: Administrator, group: string): Promise<boolean> {
  if (by.kind !== 'account') return false;
  return (await membershipsOf(inside, by.accountId)).some((membership) => membership.group === group);
}
