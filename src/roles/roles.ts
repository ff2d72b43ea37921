// Owns the table roles.
import type { Clock } from '../clock.ts';
import { byCodePoint } from '../config/roles/by-code-point.ts';
import { ADMIN_ROLE, descriptionProblem, roleNameProblem } from '../config/roles/role-names.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { databaseLater, databaseNow, databaseNowPlus } from '../database/time.ts';
import { administratorsLeft } from './administrators.ts';
import { lockModel } from './model-lock.ts';
import { type Adoption, adoptionOf, findRole, type Role, type RoleMfa, type RoleWithContents } from './role.ts';
import {
  type ContentsProblem,
  contentsProblem,
  type PermissionRef,
  type RoleContents,
  setContents,
} from './role-contents.ts';
import { type UseOfRole, useOfRole } from './usage.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

export interface RoleFields extends RoleContents {
  readonly description: string;
  readonly mfa: RoleMfa;
  /** At most one of the two. */
  readonly clientId: string | undefined;
  readonly resource: string | undefined;
}

export type RoleInvalid = {
  readonly outcome: 'invalid';
  readonly field: 'name' | 'description' | 'client_id';
  readonly message: string;
};

export type RoleCreation =
  | { readonly outcome: 'created'; readonly role: RoleWithContents }
  | { readonly outcome: 'taken' }
  | RoleInvalid
  | ContentsProblem;

/** Whether the client and the resource are there is for whoever knows the configuration to say. */
export async function createRole(
  deps: Deps,
  { name, ...fields }: { name: string; description: string } & Partial<RoleFields>,
): Promise<RoleCreation> {
  const invalid = nameInvalid(name) ?? fieldsInvalid(fields);
  if (invalid !== undefined) return invalid;
  return atomically(deps.db, async (tx) => {
    await lockModel(tx);
    const problem = await contentsProblem(tx, { role: name, ...fields });
    if (problem !== undefined) return problem;
    const inserted = await insertRole({ ...deps, db: tx }, { name, ...fields, declared: false });
    if (!inserted) return { outcome: 'taken' };
    return { outcome: 'created', role: await requireRole(tx, name) };
  });
}

function nameInvalid(name: string): RoleInvalid | undefined {
  const message = roleNameProblem(name);
  return message === undefined ? undefined : { outcome: 'invalid', field: 'name', message };
}

function fieldsInvalid({ description, clientId, resource }: Partial<RoleFields>): RoleInvalid | undefined {
  const message = description === undefined ? undefined : descriptionProblem(description);
  if (message !== undefined) return { outcome: 'invalid', field: 'description', message };
  if (clientId === undefined || resource === undefined) return undefined;
  return {
    outcome: 'invalid',
    field: 'client_id',
    message: 'A role belongs to a client or to a resource, not to both.',
  };
}

/** For roles.yaml too; after the checks. False: there is one of this name. */
export async function insertRole(
  { db, clock }: Deps,
  { name, declared, ...fields }: { name: string; description: string; declared: boolean } & Partial<RoleFields>,
): Promise<boolean> {
  const now = databaseNow(clock);
  const { description, mfa = 'optional', clientId, resource } = fields;
  const inserted = await db
    .insertInto('roles')
    .values({
      name,
      description,
      mfa,
      declared,
      client_id: clientId ?? null,
      resource: resource ?? null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('name')
    .executeTakeFirst();
  if (inserted === undefined) return false;
  await setContents(db, { role: name, ...fields });
  return true;
}

async function requireRole(tx: Db, name: string): Promise<RoleWithContents> {
  const role = await findRole(tx, name);
  if (role === undefined) throw new Error(`role ${name} is gone within its own transaction`);
  return role;
}

export type RoleChange =
  | { readonly outcome: 'changed'; readonly before: RoleWithContents; readonly role: RoleWithContents }
  | { readonly outcome: 'unknown' }
  /** One of the product's own, which keep all but their `mfa`; its administrators keep that too. */
  | { readonly outcome: 'reserved' }
  /** By roles.yaml, which is the place to change it. */
  | { readonly outcome: 'declared' }
  | RoleInvalid
  | ContentsProblem;

/** What is left out stays; a `clientId` or `resource` of null makes the role global. */
export async function changeRole(deps: Deps, { name, ...change }: { name: string } & RoleChanges): Promise<RoleChange> {
  return atomically(deps.db, async (tx) => {
    await lockModel(tx);
    const before = await findRole(tx, name);
    if (before === undefined) return { outcome: 'unknown' };
    const refused = changeRefused(before, change) ?? (await contentsProblem(tx, { role: name, ...change }));
    if (refused !== undefined) return refused;
    await updateRole({ ...deps, db: tx }, { name, ...change });
    return { outcome: 'changed', before, role: await requireRole(tx, name) };
  });
}

export interface RoleChanges {
  readonly description?: string | undefined;
  readonly mfa?: RoleMfa | undefined;
  readonly includes?: readonly string[] | undefined;
  readonly permissions?: readonly PermissionRef[] | undefined;
  readonly clientId?: string | null | undefined;
  readonly resource?: string | null | undefined;
}

function changeRefused(
  before: Role,
  { mfa, ...others }: RoleChanges,
): Exclude<RoleChange, { outcome: 'changed' }> | undefined {
  const clientId = others.clientId === undefined ? before.clientId : (others.clientId ?? undefined);
  const resource = others.resource === undefined ? before.resource : (others.resource ?? undefined);
  const { description } = others;
  const invalid = fieldsInvalid({ ...(description === undefined ? {} : { description }), clientId, resource });
  if (invalid !== undefined) return invalid;
  switch (before.origin) {
    case 'product': {
      const isMore = Object.values(others).some((value) => value !== undefined);
      return isMore || (before.name === ADMIN_ROLE && mfa === 'optional') ? { outcome: 'reserved' } : undefined;
    }
    case 'declared':
    case 'removed':
      return { outcome: 'declared' };
    case 'made_here':
      return undefined;
  }
}

/** For roles.yaml too; after the checks. `gone`: whether it is declared no longer. */
export async function updateRole(
  { db, clock }: Deps,
  {
    name,
    description,
    mfa,
    clientId,
    resource,
    declared,
    gone,
    ...contents
  }: {
    name: string;
    declared?: boolean;
    gone?: boolean;
  } & RoleChanges,
): Promise<void> {
  const now = databaseNow(clock);
  await db
    .updateTable('roles')
    .set({
      updated_at: databaseLater(clock),
      ...(description === undefined ? {} : { description }),
      ...(mfa === undefined ? {} : { mfa }),
      ...(clientId === undefined ? {} : { client_id: clientId }),
      ...(resource === undefined ? {} : { resource }),
      ...(declared === undefined ? {} : { declared }),
      ...(gone === undefined ? {} : { gone_at: gone ? now : null }),
    })
    .where('name', '=', name)
    .execute();
  await setContents(db, { role: name, ...contents });
  await noteFirstAdministrator({ db, clock });
}

export type RoleDeletion =
  /** With what it took away. */
  | { readonly outcome: 'deleted'; readonly before: RoleWithContents; readonly use: UseOfRole }
  /** `mayTake` was not content with what it would take away. */
  | { readonly outcome: 'in_use'; readonly use: UseOfRole }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'reserved' }
  /** What is declared no longer can be deleted before its day is over. */
  | { readonly outcome: 'declared' };

/** From everybody who has it, and from whatever includes or carries it. */
export async function deleteRole(
  db: Db,
  name: string,
  mayTake: (use: UseOfRole) => boolean = () => true,
): Promise<RoleDeletion> {
  return atomically(db, async (tx) => {
    await lockModel(tx);
    await tx.selectFrom('roles').select('name').where('name', '=', name).forUpdate().execute();
    const before = await findRole(tx, name);
    switch (before?.origin) {
      case undefined:
        return { outcome: 'unknown' };
      case 'product':
        return { outcome: 'reserved' };
      case 'declared':
        return { outcome: 'declared' };
      case 'removed':
      case 'made_here': {
        const use = await useOfRole(tx, name);
        if (!mayTake(use)) return { outcome: 'in_use', use };
        await tx.deleteFrom('roles').where('name', '=', name).execute();
        return { outcome: 'deleted', before, use };
      }
    }
  });
}

/** roles.yaml takes it over: from now on it is changed there. */
export async function adoptRole(deps: Deps, name: string): Promise<Adoption> {
  await lockModel(deps.db);
  const adoption = adoptionOf((await findRole(deps.db, name))?.origin);
  if (adoption === 'adopted') await updateRole(deps, { name, declared: true });
  return adoption;
}

/** Those that have been declared no longer for so long. They go with all their assignments. */
export async function deleteGoneRoles({ db, clock }: Deps, seconds: number): Promise<readonly string[]> {
  const rows = await db
    .deleteFrom('roles')
    .where('gone_at', '<=', databaseNowPlus(clock, -seconds))
    .returning('name')
    .execute();
  return rows.map(({ name }) => name).sort(byCodePoint);
}

/**
 * True for the one caller who is the first ever to give this role to somebody. Others wait until that transaction has
 * ended, and are first if it was rolled back.
 */
export async function noteFirstGrant(db: Db, role: string): Promise<boolean> {
  const noted = await db
    .updateTable('roles')
    .set({ ever_granted: true })
    .where('name', '=', role)
    .where('ever_granted', '=', false)
    .returning('name')
    .executeTakeFirst();
  return noted !== undefined;
}

/** After somebody may have come to administer through a group: the link that makes the first administrator is dead then too. */
export async function noteFirstAdministrator(inside: Deps): Promise<void> {
  if (await wasEverGranted(inside.db, ADMIN_ROLE)) return;
  if ((await administratorsLeft(inside)).now) await noteFirstGrant(inside.db, ADMIN_ROLE);
}

/** Whether somebody has, or has had, this role: taking it away and deleting the account change nothing. */
export async function wasEverGranted(db: Db, role: string): Promise<boolean> {
  const row = await db.selectFrom('roles').select('ever_granted').where('name', '=', role).executeTakeFirst();
  return row?.ever_granted === true;
}
