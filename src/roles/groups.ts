// Owns tables groups and group_roles: roles that are given to many people at once.
import type { Selectable } from 'kysely';
import type { Clock } from '../clock.ts';
import { byCodePoint } from '../config/roles/by-code-point.ts';
import { descriptionProblem, groupNameProblem } from '../config/roles/role-names.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import type { GroupsTable } from '../database/tables/access-control.ts';
import { databaseLater, databaseNow, databaseNowPlus } from '../database/time.ts';
import { lockModel } from './model-lock.ts';
import { type Adoption, adoptionOf, type Origin, originOf } from './role.ts';
import { noteFirstAdministrator } from './roles.ts';
import { type UseOfGroup, useOfGroup } from './usage.ts';

export interface Group {
  readonly name: string;
  readonly description: string;
  /** Sorted. */
  readonly roles: readonly string[];
  readonly origin: Exclude<Origin, 'product'>;
  readonly goneAt: Date | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/** By name. */
export async function listGroups(db: Db): Promise<Group[]> {
  const rows = await db.selectFrom('groups').selectAll().execute();
  const roles = Map.groupBy(await db.selectFrom('group_roles').selectAll().execute(), ({ group_name }) => group_name);
  return rows
    .map((row) =>
      groupOf(
        row,
        (roles.get(row.name) ?? []).map(({ role }) => role),
      ),
    )
    .sort((a, b) => byCodePoint(a.name, b.name));
}

export async function findGroup(db: Db, name: string): Promise<Group | undefined> {
  const row = await db.selectFrom('groups').selectAll().where('name', '=', name).executeTakeFirst();
  if (row === undefined) return undefined;
  const roles = await db.selectFrom('group_roles').select('role').where('group_name', '=', name).execute();
  return groupOf(
    row,
    roles.map(({ role }) => role),
  );
}

const groupOf = (row: Selectable<GroupsTable>, roles: readonly string[]): Group => ({
  name: row.name,
  description: row.description,
  roles: [...roles].sort(byCodePoint),
  origin: originOf(row),
  goneAt: row.gone_at ?? undefined,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

type GroupProblem =
  | { readonly outcome: 'invalid'; readonly field: 'name' | 'description'; readonly message: string }
  | { readonly outcome: 'unknown_role'; readonly role: string };

export type GroupCreation =
  | { readonly outcome: 'created'; readonly group: Group }
  | { readonly outcome: 'taken' }
  | GroupProblem;

export async function createGroup(
  deps: Deps,
  { name, description, roles = [] }: { name: string; description: string; roles?: readonly string[] },
): Promise<GroupCreation> {
  const message = groupNameProblem(name);
  if (message !== undefined) return { outcome: 'invalid', field: 'name', message };
  return atomically(deps.db, async (tx) => {
    await lockModel(tx);
    const problem = await groupProblem(tx, { description, roles });
    if (problem !== undefined) return problem;
    const inside = { ...deps, db: tx };
    if (!(await insertGroup(inside, { name, description, roles, declared: false }))) return { outcome: 'taken' };
    return { outcome: 'created', group: await requireGroup(tx, name) };
  });
}

async function groupProblem(
  tx: Db,
  { description, roles }: { description?: string | undefined; roles?: readonly string[] | undefined },
): Promise<GroupProblem | undefined> {
  const message = description === undefined ? undefined : descriptionProblem(description);
  if (message !== undefined) return { outcome: 'invalid', field: 'description', message };
  if (roles === undefined || roles.length === 0) return undefined;
  const rows = await tx.selectFrom('roles').select('name').where('name', 'in', roles).forKeyShare().execute();
  const known = new Set(rows.map(({ name }) => name));
  const role = roles.find((name) => !known.has(name));
  return role === undefined ? undefined : { outcome: 'unknown_role', role };
}

/** For roles.yaml too; after the checks. False: there is one of this name. */
export async function insertGroup(
  { db, clock }: Deps,
  {
    name,
    description,
    roles,
    declared,
  }: { name: string; description: string; roles: readonly string[]; declared: boolean },
): Promise<boolean> {
  const now = databaseNow(clock);
  const inserted = await db
    .insertInto('groups')
    .values({ name, description, declared, created_at: now, updated_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .returning('name')
    .executeTakeFirst();
  if (inserted === undefined) return false;
  await setRoles(db, { name, roles });
  return true;
}

async function setRoles(db: Db, { name, roles }: { name: string; roles: readonly string[] }): Promise<void> {
  await db.deleteFrom('group_roles').where('group_name', '=', name).execute();
  const rows = [...new Set(roles)].map((role) => ({ group_name: name, role }));
  if (rows.length > 0) await db.insertInto('group_roles').values(rows).execute();
}

async function requireGroup(tx: Db, name: string): Promise<Group> {
  const group = await findGroup(tx, name);
  if (group === undefined) throw new Error(`group ${name} is gone within its own transaction`);
  return group;
}

export type GroupChange =
  | { readonly outcome: 'changed'; readonly before: Group; readonly group: Group }
  | { readonly outcome: 'unknown' }
  /** By roles.yaml, which is the place to change it. Members are given here all the same. */
  | { readonly outcome: 'declared' }
  | GroupProblem;

/** What is left out stays. */
export async function changeGroup(
  deps: Deps,
  { name, ...change }: { name: string; description?: string | undefined; roles?: readonly string[] | undefined },
): Promise<GroupChange> {
  return atomically(deps.db, async (tx) => {
    await lockModel(tx);
    const before = await findGroup(tx, name);
    if (before === undefined) return { outcome: 'unknown' };
    if (before.origin !== 'made_here') return { outcome: 'declared' };
    const problem = await groupProblem(tx, change);
    if (problem !== undefined) return problem;
    await updateGroup({ ...deps, db: tx }, { name, ...change });
    return { outcome: 'changed', before, group: await requireGroup(tx, name) };
  });
}

/** For roles.yaml too; after the checks. `gone`: whether it is declared no longer. */
export async function updateGroup(
  { db, clock }: Deps,
  {
    name,
    description,
    roles,
    declared,
    gone,
  }: {
    name: string;
    description?: string | undefined;
    roles?: readonly string[] | undefined;
    declared?: boolean;
    gone?: boolean;
  },
): Promise<void> {
  const now = databaseNow(clock);
  await db
    .updateTable('groups')
    .set({
      updated_at: databaseLater(clock),
      ...(description === undefined ? {} : { description }),
      ...(declared === undefined ? {} : { declared }),
      ...(gone === undefined ? {} : { gone_at: gone ? now : null }),
    })
    .where('name', '=', name)
    .execute();
  if (roles !== undefined) await setRoles(db, { name, roles });
  await noteFirstAdministrator({ db, clock });
}

export type GroupDeletion =
  /** With what it took away. */
  | { readonly outcome: 'deleted'; readonly before: Group; readonly use: UseOfGroup }
  /** `mayTake` was not content with what it would take away. */
  | { readonly outcome: 'in_use'; readonly use: UseOfGroup }
  | { readonly outcome: 'unknown' }
  /** What is declared no longer can be deleted before its day is over. */
  | { readonly outcome: 'declared' };

export async function deleteGroup(
  db: Db,
  name: string,
  mayTake: (use: UseOfGroup) => boolean = () => true,
): Promise<GroupDeletion> {
  return atomically(db, async (tx) => {
    await lockModel(tx);
    await tx.selectFrom('groups').select('name').where('name', '=', name).forUpdate().execute();
    const before = await findGroup(tx, name);
    if (before === undefined) return { outcome: 'unknown' };
    if (before.origin === 'declared') return { outcome: 'declared' };
    const use = await useOfGroup(tx, name);
    if (!mayTake(use)) return { outcome: 'in_use', use };
    await tx.deleteFrom('groups').where('name', '=', name).execute();
    return { outcome: 'deleted', before, use };
  });
}

/** roles.yaml takes it over: from now on it is changed there, all but its members. */
export async function adoptGroup(deps: Deps, name: string): Promise<Adoption> {
  await lockModel(deps.db);
  const adoption = adoptionOf((await findGroup(deps.db, name))?.origin);
  if (adoption === 'adopted') await updateGroup(deps, { name, declared: true });
  return adoption;
}

/** Those that have been declared no longer for so long. They go with all their members. */
export async function deleteGoneGroups({ db, clock }: Deps, seconds: number): Promise<readonly string[]> {
  const rows = await db
    .deleteFrom('groups')
    .where('gone_at', '<=', databaseNowPlus(clock, -seconds))
    .returning('name')
    .execute();
  return rows.map(({ name }) => name).sort(byCodePoint);
}
