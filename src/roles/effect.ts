// What roles bring along: with all that they include, and what all of these permit at every resource.
import type { Db } from '../database/database.ts';
import { withIncluded } from './held.ts';
import { byResource, type PermissionRef } from './role-contents.ts';

export interface Effect {
  /** Sorted. Without what is declared no longer, and what only that includes. */
  readonly roles: readonly string[];
  readonly permissions: readonly PermissionRef[];
}

export async function effectOf(db: Db, names: readonly string[]): Promise<Effect> {
  const { roles } = await withIncluded(db, names);
  if (roles.length === 0) return { roles, permissions: [] };
  const rows = await db
    .selectFrom('role_permissions')
    .innerJoin('permissions', (join) =>
      join
        .onRef('permissions.resource', '=', 'role_permissions.resource')
        .onRef('permissions.name', '=', 'role_permissions.permission'),
    )
    .select(['permissions.resource', 'permissions.name'])
    .distinct()
    .where('role_permissions.role', 'in', roles)
    .where('permissions.gone_at', 'is', null)
    .execute();
  return { roles, permissions: rows.sort(byResource) };
}
