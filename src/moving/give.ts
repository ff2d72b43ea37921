// Gives accounts the roles and groups of their rows, in a few statements.
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { grantRoles } from '../roles/assignments.ts';
import { addMembers } from '../roles/members.ts';
import { noteFirstAdministrator } from '../roles/roles.ts';
import type { Incoming } from './incoming.ts';

export async function give(
  deps: { readonly db: Db; readonly clock: Clock },
  receivers: readonly { readonly accountId: string; readonly row: Incoming }[],
): Promise<void> {
  const of = (what: 'roles' | 'groups') =>
    receivers.flatMap(({ accountId, row }) => row[what].map((given) => ({ ...given, accountId })));
  const [roles, groups] = [of('roles'), of('groups')];
  await grantRoles(deps.db, roles);
  await addMembers(deps.db, groups);
  if (roles.length + groups.length > 0) await noteFirstAdministrator(deps);
}
