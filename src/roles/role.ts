// What a role is, and reading it.
import type { Selectable } from 'kysely';
import { byCodePoint } from '../config/roles/by-code-point.ts';
import { isProductRole } from '../config/roles/role-names.ts';
import type { Db } from '../database/database.ts';
import type { RolesTable } from '../database/tables/access-control.ts';
import { contentsByRole, NO_CONTENTS, type RoleContents } from './role-contents.ts';

export type RoleMfa = 'optional' | 'required';

/** `removed`: roles.yaml does not declare it any longer; it has no effect, and goes for good after a day. */
export type Origin = 'product' | 'declared' | 'removed' | 'made_here';

export interface Role {
  readonly name: string;
  readonly description: string;
  /** Whether everybody who has it must present a second factor, at every client. */
  readonly mfa: RoleMfa;
  /** The only client that sees it. */
  readonly clientId: string | undefined;
  /** The only audience whose tokens have it. */
  readonly resource: string | undefined;
  readonly origin: Origin;
  readonly goneAt: Date | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type RoleWithContents = Role & RoleContents;

/** By name. */
export async function listRoles(db: Db): Promise<RoleWithContents[]> {
  const contents = await contentsByRole(db);
  const rows = await db.selectFrom('roles').selectAll().execute();
  return rows
    .map((row) => ({ ...roleOf(row), ...(contents.get(row.name) ?? NO_CONTENTS) }))
    .sort((a, b) => byCodePoint(a.name, b.name));
}

export async function findRole(db: Db, name: string): Promise<RoleWithContents | undefined> {
  const row = await db.selectFrom('roles').selectAll().where('name', '=', name).executeTakeFirst();
  return row && { ...roleOf(row), ...((await contentsByRole(db)).get(name) ?? NO_CONTENTS) };
}

const roleOf = (row: Selectable<RolesTable>): Role => ({
  name: row.name,
  description: row.description,
  mfa: row.mfa,
  clientId: row.client_id ?? undefined,
  resource: row.resource ?? undefined,
  origin: isProductRole(row.name) ? 'product' : originOf(row),
  goneAt: row.gone_at ?? undefined,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export function originOf({
  declared,
  gone_at,
}: {
  declared: boolean;
  gone_at: Date | null;
}): Exclude<Origin, 'product'> {
  if (!declared) return 'made_here';
  return gone_at === null ? 'declared' : 'removed';
}

export type Adoption = 'adopted' | 'already' | 'unknown' | 'reserved';

/** Whether roles.yaml can take something over, by where it is from. */
export function adoptionOf(origin: Origin | undefined): Adoption {
  switch (origin) {
    case undefined:
      return 'unknown';
    case 'product':
      return 'reserved';
    case 'declared':
    case 'removed':
      return 'already';
    case 'made_here':
      return 'adopted';
  }
}
