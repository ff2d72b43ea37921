// Owns the table permissions: what there is to permit, by the API or app that asks for it.
import type { Selectable } from 'kysely';
import type { Clock } from '../clock.ts';
import { PRODUCT_RESOURCE } from '../config/roles/product-permissions.ts';
import { descriptionProblem, permissionNameProblem } from '../config/roles/role-names.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import type { PermissionsTable } from '../database/tables/access-control.ts';
import { databaseLater, databaseNow, databaseNowPlus } from '../database/time.ts';
import { lockModel } from './model-lock.ts';
import { type Adoption, adoptionOf, type Origin, originOf } from './role.ts';
import { byResource, type PermissionRef } from './role-contents.ts';
import { type UseOfPermission, useOfPermission } from './usage.ts';

export interface Permission extends PermissionRef {
  /** One sentence. */
  readonly description: string;
  readonly origin: Origin;
  readonly goneAt: Date | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/** By resource and name. */
export async function listPermissions(
  db: Db,
  { resource }: { resource?: string | undefined } = {},
): Promise<Permission[]> {
  const rows = await db
    .selectFrom('permissions')
    .selectAll()
    .$if(resource !== undefined, (query) => query.where('resource', '=', String(resource)))
    .execute();
  return rows.map(permissionOf).sort(byResource);
}

export async function findPermission(db: Db, { resource, name }: PermissionRef): Promise<Permission | undefined> {
  const row = await db
    .selectFrom('permissions')
    .selectAll()
    .where('resource', '=', resource)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && permissionOf(row);
}

const permissionOf = (row: Selectable<PermissionsTable>): Permission => ({
  resource: row.resource,
  name: row.name,
  description: row.description,
  origin: row.resource === PRODUCT_RESOURCE ? 'product' : originOf(row),
  goneAt: row.gone_at ?? undefined,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export type PermissionInvalid = {
  readonly outcome: 'invalid';
  readonly field: 'name' | 'description';
  readonly message: string;
};

export type PermissionCreation =
  | { readonly outcome: 'created'; readonly permission: Permission }
  | { readonly outcome: 'taken' }
  /** The product's own are what it asks for; more of them would mean nothing. */
  | { readonly outcome: 'reserved' }
  | PermissionInvalid;

/** Whether there is such an API or app is for whoever knows the configuration to say. */
export async function createPermission(
  deps: Deps,
  { resource, name, description }: PermissionRef & { description: string },
): Promise<PermissionCreation> {
  if (resource === PRODUCT_RESOURCE) return { outcome: 'reserved' };
  const message = permissionNameProblem(name);
  if (message !== undefined) return { outcome: 'invalid', field: 'name', message };
  const invalid = descriptionInvalid(description);
  if (invalid !== undefined) return invalid;
  if (!(await insertPermission(deps, { resource, name, description, declared: false }))) return { outcome: 'taken' };
  return { outcome: 'created', permission: await requirePermission(deps.db, { resource, name }) };
}

function descriptionInvalid(description: string): PermissionInvalid | undefined {
  const message = descriptionProblem(description);
  return message === undefined ? undefined : { outcome: 'invalid', field: 'description', message };
}

/** For roles.yaml too; after the checks. False: there is one of this name. */
export async function insertPermission(
  { db, clock }: Deps,
  { resource, name, description, declared }: PermissionRef & { description: string; declared: boolean },
): Promise<boolean> {
  const now = databaseNow(clock);
  const inserted = await db
    .insertInto('permissions')
    .values({ resource, name, description, declared, created_at: now, updated_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .returning('name')
    .executeTakeFirst();
  return inserted !== undefined;
}

async function requirePermission(tx: Db, ref: PermissionRef): Promise<Permission> {
  const permission = await findPermission(tx, ref);
  if (permission === undefined) throw new Error(`permission ${ref.name} is gone at once`);
  return permission;
}

export type PermissionChange =
  | { readonly outcome: 'changed'; readonly before: Permission; readonly permission: Permission }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'reserved' }
  /** By roles.yaml, which is the place to change it. */
  | { readonly outcome: 'declared' }
  | PermissionInvalid;

export async function changePermission(
  deps: Deps,
  { resource, name, description }: PermissionRef & { description: string },
): Promise<PermissionChange> {
  const invalid = descriptionInvalid(description);
  if (invalid !== undefined) return invalid;
  return atomically(deps.db, async (tx) => {
    await lockPermission(tx, { resource, name });
    const before = await findPermission(tx, { resource, name });
    switch (before?.origin) {
      case undefined:
        return { outcome: 'unknown' };
      case 'product':
        return { outcome: 'reserved' };
      case 'declared':
      case 'removed':
        return { outcome: 'declared' };
      case 'made_here':
        await updatePermission({ ...deps, db: tx }, { resource, name, description });
        return { outcome: 'changed', before, permission: await requirePermission(tx, { resource, name }) };
    }
  });
}

async function lockPermission(tx: Db, { resource, name }: PermissionRef): Promise<void> {
  await tx
    .selectFrom('permissions')
    .select('name')
    .where('resource', '=', resource)
    .where('name', '=', name)
    .forUpdate()
    .execute();
}

/** For roles.yaml too; after the checks. `gone`: whether it is declared no longer. */
export async function updatePermission(
  { db, clock }: Deps,
  {
    resource,
    name,
    description,
    declared,
    gone,
  }: PermissionRef & {
    description?: string | undefined;
    declared?: boolean;
    gone?: boolean;
  },
): Promise<void> {
  const now = databaseNow(clock);
  await db
    .updateTable('permissions')
    .set({
      updated_at: databaseLater(clock),
      ...(description === undefined ? {} : { description }),
      ...(declared === undefined ? {} : { declared }),
      ...(gone === undefined ? {} : { gone_at: gone ? now : null }),
    })
    .where('resource', '=', resource)
    .where('name', '=', name)
    .execute();
}

export type PermissionDeletion =
  /** With what it took away. */
  | { readonly outcome: 'deleted'; readonly before: Permission; readonly use: UseOfPermission }
  /** `mayTake` was not content with what it would take away. */
  | { readonly outcome: 'in_use'; readonly use: UseOfPermission }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'reserved' }
  /** What is declared no longer can be deleted before its day is over. */
  | { readonly outcome: 'declared' };

/** From every role that carries it. */
export async function deletePermission(
  db: Db,
  { resource, name }: PermissionRef,
  mayTake: (use: UseOfPermission) => boolean = () => true,
): Promise<PermissionDeletion> {
  return atomically(db, async (tx) => {
    await lockPermission(tx, { resource, name });
    const before = await findPermission(tx, { resource, name });
    switch (before?.origin) {
      case undefined:
        return { outcome: 'unknown' };
      case 'product':
        return { outcome: 'reserved' };
      case 'declared':
        return { outcome: 'declared' };
      case 'removed':
      case 'made_here': {
        const use = await useOfPermission(tx, { resource, name });
        if (!mayTake(use)) return { outcome: 'in_use', use };
        await tx.deleteFrom('permissions').where('resource', '=', resource).where('name', '=', name).execute();
        return { outcome: 'deleted', before, use };
      }
    }
  });
}

/** roles.yaml takes it over: from now on it is changed there. */
export async function adoptPermission(deps: Deps, ref: PermissionRef): Promise<Adoption> {
  await lockModel(deps.db);
  await lockPermission(deps.db, ref);
  const adoption = adoptionOf((await findPermission(deps.db, ref))?.origin);
  if (adoption === 'adopted') await updatePermission(deps, { ...ref, declared: true });
  return adoption;
}

/** Those that have been declared no longer for so long. */
export async function deleteGonePermissions({ db, clock }: Deps, seconds: number): Promise<readonly PermissionRef[]> {
  const rows = await db
    .deleteFrom('permissions')
    .where('gone_at', '<=', databaseNowPlus(clock, -seconds))
    .returning(['resource', 'name'])
    .execute();
  return [...rows].sort(byResource);
}
