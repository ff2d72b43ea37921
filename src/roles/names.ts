// The names of roles and groups that are in force, for lists to choose from.

import { byCodePoint } from '../config/roles/by-code-point.ts';
import type { Db } from '../database/database.ts';

export async function namesOfRoles(db: Db): Promise<readonly string[]> {
  const rows = await db.selectFrom('roles').select('name').where('gone_at', 'is', null).execute();
  return rows.map(({ name }) => name).sort(byCodePoint);
}

export async function namesOfGroups(db: Db): Promise<readonly string[]> {
  const rows = await db.selectFrom('groups').select('name').where('gone_at', 'is', null).execute();
  return rows.map(({ name }) => name).sort(byCodePoint);
}
