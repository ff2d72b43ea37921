// Owns the table role_assignments: roles that accounts have themselves, for good or until a day.
import type { Clock } from '../clock.ts';
import { byCodePoint } from '../config/roles/by-code-point.ts';
import { ADMIN_ROLE } from '../config/roles/role-names.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';
import { withIncluded } from './held.ts';
import { noteFirstGrant, wasEverGranted } from './roles.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

export interface Assignment {
  readonly role: string;
  readonly createdAt: Date;
  /** Undefined: for good. */
  readonly expiresAt: Date | undefined;
}

export type RoleGrant =
  | 'granted'
  /** It was there, until another day; one that has expired and has not been swept yet is there too. */
  | 'changed'
  | 'already'
  | 'unknown_role';

/**
 * The account must exist. The role row is held until the assignment stands, so that a role being deleted at the same
 * moment is unknown, not an error that ends the caller's transaction.
 */
export async function grantRole(
  db: Db,
  { accountId, role, expiresAt }: { accountId: string; role: string; expiresAt?: Date | undefined },
): Promise<RoleGrant> {
  return atomically(db, async (tx) => {
    const known = await tx
      .selectFrom('roles')
      .select('name')
      .where('name', '=', role)
      .where('gone_at', 'is', null)
      .forKeyShare()
      .executeTakeFirst();
    if (known === undefined) return 'unknown_role';
    const until = expiresAt ?? null;
    const inserted = await tx
      .insertInto('role_assignments')
      .values({ account_id: accountId, role, expires_at: until })
      .onConflict((conflict) => conflict.doNothing())
      .returning('role')
      .executeTakeFirst();
    if (inserted !== undefined) {
      await noteGrant(tx, role);
      return 'granted';
    }
    const changed = await tx
      .updateTable('role_assignments')
      .set({ expires_at: until })
      .where('account_id', '=', accountId)
      .where('role', '=', role)
      .where('expires_at', 'is distinct from', until)
      .executeTakeFirst();
    return changed.numUpdatedRows > 0n ? 'changed' : 'already';
  });
}

export interface BulkGrant {
  readonly accountId: string;
  /** Of a role that exists. */
  readonly name: string;
  readonly expiresAt: Date | undefined;
}

/** Of accounts and roles that exist. What was given before is given until the day that is stated now. */
export async function grantRoles(tx: Db, grants: readonly BulkGrant[]): Promise<void> {
  if (grants.length === 0) return;
  await tx
    .insertInto('role_assignments')
    .values(
      grants.map((grant) => ({ account_id: grant.accountId, role: grant.name, expires_at: grant.expiresAt ?? null })),
    )
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'role']).doUpdateSet(({ ref }) => ({ expires_at: ref('excluded.expires_at') })),
    )
    .execute();
  for (const role of new Set(grants.map(({ name }) => name))) await noteGrant(tx, role);
}

/** The link that makes the first administrator dies by any role that brings it along. */
async function noteGrant(tx: Db, role: string): Promise<void> {
  await noteFirstGrant(tx, role);
  if (await wasEverGranted(tx, ADMIN_ROLE)) return;
  if ((await withIncluded(tx, [role])).roles.includes(ADMIN_ROLE)) await noteFirstGrant(tx, ADMIN_ROLE);
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

/** What an account was given itself, by name; without what has expired, but with what is declared no longer. */
export async function assignmentsOf({ db, clock }: Deps, accountId: string): Promise<readonly Assignment[]> {
  const rows = await db
    .selectFrom('role_assignments')
    .select(['role', 'created_at', 'expires_at'])
    .where('account_id', '=', accountId)
    .where(({ or, eb }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', databaseNow(clock))]))
    .execute();
  return rows
    .map((row) => ({ role: row.role, createdAt: row.created_at, expiresAt: row.expires_at ?? undefined }))
    .sort((a, b) => byCodePoint(a.role, b.role));
}

export interface ExpiredAssignment {
  readonly accountId: string;
  readonly role: string;
  readonly expiresAt: Date;
}

/** Deletes at most `batch` that have expired, and returns them: they have had no effect since. */
export async function takeExpiredAssignments(
  { db, clock }: Deps,
  batch: number,
): Promise<readonly ExpiredAssignment[]> {
  const rows = await db
    .deleteFrom('role_assignments')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('account_id', 'role'),
        'in',
        selectFrom('role_assignments')
          .select(['account_id', 'role'])
          .where('expires_at', '<=', databaseNow(clock))
          .orderBy('expires_at')
          .limit(batch)
          .forUpdate()
          .skipLocked()
          .$asTuple('account_id', 'role'),
      ),
    )
    .returning(['account_id', 'role', 'expires_at'])
    .execute();
  return rows.flatMap((row) =>
    row.expires_at === null ? [] : [{ accountId: row.account_id, role: row.role, expiresAt: row.expires_at }],
  );
}
