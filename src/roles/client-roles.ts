// Owns the table client_roles: what service clients have beside the roles of their files.
import type { Db } from '../database/database.ts';
import { byCodePoint } from './by-code-point.ts';
import { type Held, withIncluded } from './held.ts';

/** `assigned`: the roles of the client's file, which need not be in the database. */
export async function rolesOfClient(
  db: Db,
  { clientId, assigned }: { clientId: string; assigned: readonly string[] },
): Promise<Held> {
  return withIncluded(db, [...new Set([...assigned, ...(await rolesGivenToClient(db, clientId))])]);
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
): Promise<'revoked' | 'not_assigned'> {
  const { numDeletedRows } = await db
    .deleteFrom('client_roles')
    .where('client_id', '=', clientId)
    .where('role', '=', role)
    .executeTakeFirst();
  return numDeletedRows > 0n ? 'revoked' : 'not_assigned';
}
