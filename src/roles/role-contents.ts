// Owns tables role_includes and role_permissions: what having a role brings along.

import { byCodePoint } from '../config/roles/by-code-point.ts';
import { circleThrough, type Includes } from '../config/roles/circles.ts';
import type { Db } from '../database/database.ts';

export interface PermissionRef {
  /** The audience of an API, a client_id, or `gatehouse`. */
  readonly resource: string;
  readonly name: string;
}

export interface RoleContents {
  readonly includes: readonly string[];
  readonly permissions: readonly PermissionRef[];
}

/** What is left out stays. */
export interface ContentsChange {
  readonly includes?: readonly string[] | undefined;
  readonly permissions?: readonly PermissionRef[] | undefined;
}

export const NO_CONTENTS: RoleContents = { includes: [], permissions: [] };

export type ContentsProblem =
  | { readonly outcome: 'unknown_role'; readonly role: string }
  | { readonly outcome: 'unknown_permission'; readonly permission: PermissionRef }
  /** From the role back to itself. */
  | { readonly outcome: 'circle'; readonly path: readonly string[] };

/** Of all roles that have any. */
export async function contentsByRole(db: Db): Promise<ReadonlyMap<string, RoleContents>> {
  const includes = await includesByRole(db);
  const rows = await db.selectFrom('role_permissions').selectAll().execute();
  const permissions = Map.groupBy(rows, ({ role }) => role);
  return new Map(
    [...new Set([...includes.keys(), ...permissions.keys()])].map((role) => [
      role,
      {
        includes: includes.get(role) ?? [],
        permissions: (permissions.get(role) ?? [])
          .map(({ resource, permission }) => ({ resource, name: permission }))
          .sort(byResource),
      },
    ]),
  );
}

export const byResource = (a: PermissionRef, b: PermissionRef): number =>
  byCodePoint(a.resource, b.resource) || byCodePoint(a.name, b.name);

/** Sorted. There are as many rows as somebody has written down, not as many as there are people. */
export async function includesByRole(db: Db): Promise<Includes> {
  const rows = await db.selectFrom('role_includes').selectAll().execute();
  const byRole = Map.groupBy(rows, ({ role }) => role);
  return new Map([...byRole].map(([role, found]) => [role, found.map(({ includes }) => includes).sort(byCodePoint)]));
}

/**
 * Why a role cannot have these contents. Under the model's lock (lockModel), so that two changes at once cannot close a
 * circle between them; that is why it wants a transaction.
 */
export async function contentsProblem(
  tx: Db,
  { role, includes, permissions }: { role: string } & ContentsChange,
): Promise<ContentsProblem | undefined> {
  if (includes !== undefined && includes.length > 0) {
    const known = new Set(
      (await tx.selectFrom('roles').select('name').where('name', 'in', includes).execute()).map(({ name }) => name),
    );
    const unknown = includes.find((name) => name !== role && !known.has(name));
    if (unknown !== undefined) return { outcome: 'unknown_role', role: unknown };
    const path = circleThrough(role, new Map([...(await includesByRole(tx)), [role, includes]]));
    if (path !== undefined) return { outcome: 'circle', path };
  }
  for (const permission of permissions ?? []) {
    const known = await tx
      .selectFrom('permissions')
      .select('name')
      .where('resource', '=', permission.resource)
      .where('name', '=', permission.name)
      .forKeyShare()
      .executeTakeFirst();
    if (known === undefined) return { outcome: 'unknown_permission', permission };
  }
  return undefined;
}

/** Puts these in the place of what there was; what is left out stays. After contentsProblem. */
export async function setContents(
  tx: Db,
  { role, includes, permissions }: { role: string } & ContentsChange,
): Promise<void> {
  if (includes !== undefined) {
    await tx.deleteFrom('role_includes').where('role', '=', role).execute();
    const rows = [...new Set(includes)].map((name) => ({ role, includes: name }));
    if (rows.length > 0) await tx.insertInto('role_includes').values(rows).execute();
  }
  if (permissions !== undefined) {
    await tx.deleteFrom('role_permissions').where('role', '=', role).execute();
    const rows = permissions.map(({ resource, name }) => ({ role, resource, permission: name }));
    if (rows.length > 0) {
      await tx
        .insertInto('role_permissions')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  }
}
