// What stands in the database of all that roles.yaml can declare.
import type { Db } from '../../database/database.ts';
import { clientRoles } from '../client-roles.ts';
import { type Group, listGroups } from '../groups.ts';
import { listPermissions, type Permission } from '../permissions.ts';
import { listRoles, type RoleWithContents } from '../role.ts';

export interface ModelState {
  readonly permissions: readonly Permission[];
  readonly roles: readonly RoleWithContents[];
  readonly groups: readonly Group[];
  readonly clients: readonly { readonly clientId: string; readonly role: string; readonly declared: boolean }[];
}

export const readModel = async (db: Db): Promise<ModelState> => ({
  permissions: await listPermissions(db),
  roles: await listRoles(db),
  groups: await listGroups(db),
  clients: await clientRoles(db),
});
