// Whether somebody is the last who can administer this server: then nobody could let anybody else in.
import { ADMIN_ROLE } from '../config/roles/role-names.ts';
import type { Db } from '../database/database.ts';
import { lockRole } from '../roles/roles.ts';

/** In a transaction that then takes the account away: of two administrators who leave at once, the second waits here. */
export async function isLastAdministrator(tx: Db, accountId: string): Promise<boolean> {
  if (!(await isAdministrator(tx, accountId))) return false;
  await lockRole(tx, ADMIN_ROLE);
  const other = await tx
    .selectFrom('role_assignments')
    .innerJoin('accounts', 'accounts.id', 'role_assignments.account_id')
    .select('accounts.id')
    .where('role_assignments.role', '=', ADMIN_ROLE)
    .where('accounts.id', '<>', accountId)
    .where('accounts.status', '=', 'active')
    .limit(1)
    .executeTakeFirst();
  return other === undefined;
}

async function isAdministrator(tx: Db, accountId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('role_assignments')
    .select('role')
    .where('account_id', '=', accountId)
    .where('role', '=', ADMIN_ROLE)
    .executeTakeFirst();
  return row !== undefined;
}
