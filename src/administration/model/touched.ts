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
import { beyond, beyondTheirTime, givenTo, productPermissionsWithin, rolesWithin } from '../guards.ts';
import type { Refusal } from '../outcomes.ts';

export interface Touched {
  /** To whoever has the role or is in the group, for good. */
  readonly given: readonly ProductPermission[];
  readonly taken: readonly ProductPermission[];
}

/** Of what a role contains. */
export const touchedBetween = async (
  deps: AdministrationDeps,
  before: RoleContents,
  after: RoleContents,
): Promise<Touched> => ({
  given: await onlyIn(deps, after, before),
  taken: await onlyIn(deps, before, after),
});

async function onlyIn({ db }: AdministrationDeps, one: RoleContents, other: RoleContents) {
  const included = await productPermissionsWithin(db, without(one.includes, other.includes));
  const carried = without(productOf(one.permissions), productOf(other.permissions));
  return [...new Set([...included, ...carried])].filter(isProductPermission);
}

const productOf = (permissions: readonly PermissionRef[]): readonly string[] =>
  permissions.flatMap(({ resource, name }) => (resource === PRODUCT_RESOURCE ? [name] : []));

export const without = (names: readonly string[], others: readonly string[]): readonly string[] =>
  names.filter((name) => !others.includes(name));

/** `isOwn` is asked only where something of administering is touched. */
export async function mayTouch(
  inside: AdministrationDeps,
  acting: Acting,
  { touched, isOwn }: { touched: Touched; isOwn: () => Promise<boolean> },
): Promise<Refusal | undefined> {
  const permissions = [...new Set([...touched.given, ...touched.taken])];
  if (permissions.length === 0) return undefined;
  if (await isOwn()) return { outcome: 'own_rights' };
  const until = 'for good';
  return beyond(acting, permissions) ?? beyondTheirTime(inside, acting, { permissions: touched.given, until });
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
