// Owns tables roles and role_assignments.
import { type SqlBool, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { ADMIN_ROLE, isProductRole, roleNameProblem } from '../config/roles/role-names.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';
import { byCodePoint } from './by-code-point.ts';

export type RoleMfa = 'optional' | 'required';

export interface Role {
  readonly name: string;
  readonly description: string;
  /** Whether everybody who has it must present a second factor, at every client. */
  readonly mfa: RoleMfa;
  readonly createdAt: Date;
  /** How many accounts have it. */
  readonly assignments: number;
}

const DESCRIPTION_LENGTH = 200;

/** By name. */
export async function listRoles(db: Db): Promise<Role[]> {
  const rows = await db
    .selectFrom('roles')
    .leftJoin('role_assignments', 'role_assignments.role', 'roles.name')
    .select(({ fn }) => [
      'roles.name',
      'roles.description',
      'roles.mfa',
      'roles.created_at',
      fn.count('role_assignments.account_id').as('assignments'),
    ])
    .groupBy(['roles.name', 'roles.description', 'roles.mfa', 'roles.created_at'])
    .execute();
  return rows
    .map((row) => ({
      name: row.name,
      description: row.description,
      mfa: row.mfa,
      createdAt: row.created_at,
      assignments: Number(row.assignments),
    }))
    .sort((a, b) => byCodePoint(a.name, b.name));
}

export type RoleCreation = { outcome: 'created' } | { outcome: 'taken' } | { outcome: 'invalid'; message: string };

export async function createRole(
  { db, clock }: { db: Db; clock: Clock },
  { name, description, mfa = 'optional' }: { name: string; description: string; mfa?: RoleMfa | undefined },
): Promise<RoleCreation> {
  const message = roleNameProblem(name) ?? descriptionProblem(description);
  if (message !== undefined) return { outcome: 'invalid', message };
  const inserted = await db
    .insertInto('roles')
    .values({ name, description, mfa, created_at: databaseNow(clock) })
    .onConflict((conflict) => conflict.doNothing())
    .returning('name')
    .executeTakeFirst();
  return { outcome: inserted ? 'created' : 'taken' };
}

function descriptionProblem(description: string): string | undefined {
  if ([...description].length > DESCRIPTION_LENGTH || /\p{Cc}/u.test(description)) {
    return `A description is one line of at most ${DESCRIPTION_LENGTH} characters.`;
  }
  return undefined;
}

export type RoleChange =
  | { outcome: 'changed'; role: Pick<Role, 'name' | 'description' | 'mfa'> }
  | { outcome: 'unknown' }
  | { outcome: 'reserved' }
  | { outcome: 'invalid'; message: string };

/** What is left out stays. The product's own roles keep their descriptions, and its administrators their second factor. */
export async function changeRole(
  db: Db,
  { name, description, mfa }: { name: string; description?: string | undefined; mfa?: RoleMfa | undefined },
): Promise<RoleChange> {
  const message = description === undefined ? undefined : descriptionProblem(description);
  if (message !== undefined) return { outcome: 'invalid', message };
  if (isProductRole(name) && description !== undefined) return { outcome: 'reserved' };
  if (name === ADMIN_ROLE && mfa === 'optional') return { outcome: 'reserved' };
  const role = await db
    .updateTable('roles')
    .set({ ...(description === undefined ? {} : { description }), ...(mfa === undefined ? {} : { mfa }) })
    .where('name', '=', name)
    .returning(['name', 'description', 'mfa'])
    .executeTakeFirst();
  return role === undefined ? { outcome: 'unknown' } : { outcome: 'changed', role };
}

export type RoleDeletion =
  /** How many accounts lost the role with it. */
  { outcome: 'deleted'; assignments: number } | { outcome: 'unknown' } | { outcome: 'reserved' };

/** The role and its assignments go in one statement. */
export async function deleteRole(db: Db, name: string): Promise<RoleDeletion> {
  if (isProductRole(name)) return { outcome: 'reserved' };
  const counts = await db
    .with('taken', (cte) => cte.deleteFrom('role_assignments').where('role', '=', name).returning('account_id'))
    .with('deleted', (cte) => cte.deleteFrom('roles').where('name', '=', name).returning('name'))
    .selectNoFrom((eb) => [
      eb.selectFrom('taken').select(eb.fn.countAll().as('count')).as('assignments'),
      eb.selectFrom('deleted').select(eb.fn.countAll().as('count')).as('roles'),
    ])
    .executeTakeFirstOrThrow();
  if (Number(counts.roles) === 0) return { outcome: 'unknown' };
  return { outcome: 'deleted', assignments: Number(counts.assignments) };
}

/**
 * The account must exist. The role row is held until the assignment stands, so that a role being deleted at the same
 * moment is unknown, not an error that ends the caller's transaction.
 */
export async function grantRole(
  db: Db,
  { accountId, role }: { accountId: string; role: string },
): Promise<'granted' | 'unknown_role' | 'already'> {
  return atomically(db, async (tx) => {
    const granted = await tx
      .insertInto('role_assignments')
      .columns(['account_id', 'role'])
      .expression((eb) =>
        eb
          .selectFrom('roles')
          .select((select) => [select.val(accountId).as('account_id'), 'roles.name as role'])
          .where('roles.name', '=', role)
          .forKeyShare(),
      )
      .onConflict((conflict) => conflict.doNothing())
      .returning('role')
      .executeTakeFirst();
    if (granted) {
      await noteFirstGrant(tx, role);
      return 'granted';
    }
    const known = await tx.selectFrom('roles').select('name').where('name', '=', role).executeTakeFirst();
    return known ? 'already' : 'unknown_role';
  });
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

/** Held until the transaction ends: nobody else is given it meanwhile, or counts who has it here. */
export async function lockRole(tx: Db, role: string): Promise<void> {
  await tx.selectFrom('roles').select('name').where('name', '=', role).forNoKeyUpdate().execute();
}

/** Whether somebody has, or has had, this role: taking it away and deleting the account change nothing. */
export async function wasEverGranted(db: Db, role: string): Promise<boolean> {
  const row = await db.selectFrom('roles').select('ever_granted').where('name', '=', role).executeTakeFirst();
  return row?.ever_granted === true;
}

export async function revokeRole(
  db: Db,
  { accountId, role }: { accountId: string; role: string },
): Promise<'revoked' | 'not_assigned'> {
  const revoked = await db
    .deleteFrom('role_assignments')
    .where('account_id', '=', accountId)
    .where('role', '=', role)
    .executeTakeFirst();
  return revoked.numDeletedRows > 0n ? 'revoked' : 'not_assigned';
}

/** How many of the accounts one rule lets in and the other does not; a rule is a list of which one role is enough. */
export async function countRefused(
  db: Db,
  accountIds: readonly string[],
  { before, after }: { before: readonly string[]; after: readonly string[] },
): Promise<number> {
  if (after.length === 0) return 0;
  const hasOneOf = (roles: readonly string[]) => sql<SqlBool>`exists (select from role_assignments
    where account_id = account.id and role = any(${sql.val([...roles])}::text[]))`;
  const { rows } = await sql<{ refused: string }>`
    select count(*) as refused from unnest(${sql.val([...accountIds])}::text[]) as account(id)
    where not ${hasOneOf(after)} ${before.length === 0 ? sql`` : sql`and ${hasOneOf(before)}`}`.execute(db);
  return Number(rows[0]?.refused ?? 0);
}
