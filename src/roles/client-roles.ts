// Owns the table client_roles: what service clients have beside the roles of their files.

import { byCodePoint } from '../config/roles/by-code-point.ts';
import { isProductPermission, PRODUCT_RESOURCE, type ProductPermission } from '../config/roles/product-permissions.ts';
import type { Db } from '../database/database.ts';
import { type Held, permissionsOf, withIncluded } from './held.ts';

/** `assigned`: the roles of the client's file, which need not be in the database. */
export async function rolesOfClient(
  db: Db,
  { clientId, assigned }: { clientId: string; assigned: readonly string[] },
): Promise<Held> {
  return withIncluded(db, [...new Set([...assigned, ...(await rolesGivenToClient(db, clientId))])]);
}

/** What a client may do in administering this very server: by what it was given alone. Whoever writes client files makes no administrator. */
export async function productPermissionsOfClient(db: Db, clientId: string): Promise<readonly ProductPermission[]> {
  const { roles } = await withIncluded(db, await rolesGivenToClient(db, clientId));
  return (await permissionsOf(db, { roles, resource: PRODUCT_RESOURCE })).filter(isProductPermission);
}

/** Beside those of its file, by name. */
export async function rolesGivenToClient(db: Db, clientId: string): Promise<readonly string[]> {
  const rows = await db.selectFrom('client_roles').select('role').where('client_id', '=', clientId).execute();
  return rows.map(({ role }) => role).sort(byCodePoint);
}

export async function grantClientRole(
  db: Db,
  { clientId, role }: { clientId: string; role: string },
): Promise<'granted' | 'already' | 'unknown_role'> {
  const known = await db.selectFrom('roles').select('name').where('name', '=', role).forKeyShare().executeTakeFirst();
  if (known === undefined) return 'unknown_role';
  const granted = await db
    .insertInto('client_roles')
    .values({ client_id: clientId, role })
    .onConflict((conflict) => conflict.doNothing())
    .returning('role')
    .executeTakeFirst();
  return granted === undefined ? 'already' : 'granted';
}

export async function revokeClientRole(
  db: Db,
  { clientId, role }: { clientId: string; role: string },
): Promise<'revoked' | 'not_assigned' | 'declared'> {
  const { numDeletedRows } = await db
    .deleteFrom('client_roles')
    .where('client_id', '=', clientId)
    .where('role', '=', role)
    .where('declared', '=', false)
    .executeTakeFirst();
  if (numDeletedRows > 0n) return 'revoked';
  return (await rolesGivenToClient(db, clientId)).includes(role) ? 'declared' : 'not_assigned';
}

export interface ClientRole {
  readonly clientId: string;
  readonly role: string;
  /** By roles.yaml, which is the place to change it. */
  readonly declared: boolean;
}

/** By client and role. */
export async function clientRoles(db: Db, { clientId }: { clientId?: string | undefined } = {}): Promise<ClientRole[]> {
  const rows = await db
    .selectFrom('client_roles')
    .select(['client_id', 'role', 'declared'])
    .$if(clientId !== undefined, (query) => query.where('client_id', '=', String(clientId)))
    .execute();
  return rows
    .map((row) => ({ clientId: row.client_id, role: row.role, declared: row.declared }))
    .sort((a, b) => byCodePoint(a.clientId, b.clientId) || byCodePoint(a.role, b.role));
}

/** These in the place of those declared before. What was given by hand and is declared now is declared. */
export async function declareClientRoles(
  tx: Db,
  declared: readonly { readonly clientId: string; readonly roles: readonly string[] }[],
): Promise<void> {
  await tx.deleteFrom('client_roles').where('declared', '=', true).execute();
  const rows = declared.flatMap(({ clientId, roles }) =>
    roles.map((role) => ({ client_id: clientId, role, declared: true })),
  );
  if (rows.length === 0) return;
  await tx
    .insertInto('client_roles')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['client_id', 'role']).doUpdateSet({ declared: true }))
    .execute();
}
