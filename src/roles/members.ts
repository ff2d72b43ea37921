// Owns the table group_members: who is in a group, for good or until a day.
import type { Clock } from '../clock.ts';
import { byCodePoint } from '../config/roles/by-code-point.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';
import { noteFirstAdministrator } from './roles.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

export type MemberAddition =
  | 'added'
  /** They were, until another day; a membership that has expired and has not been swept yet is there too. */
  | 'changed'
  | 'already'
  | 'unknown_group';

/** The account must exist. */
export async function addMember(
  deps: Deps,
  { group, accountId, expiresAt }: { group: string; accountId: string; expiresAt?: Date | undefined },
): Promise<MemberAddition> {
  return atomically(deps.db, async (tx) => {
    const known = await tx
      .selectFrom('groups')
      .select('name')
      .where('name', '=', group)
      .where('gone_at', 'is', null)
      .forKeyShare()
      .executeTakeFirst();
    if (known === undefined) return 'unknown_group';
    const until = expiresAt ?? null;
    const inserted = await tx
      .insertInto('group_members')
      .values({ group_name: group, account_id: accountId, expires_at: until })
      .onConflict((conflict) => conflict.doNothing())
      .returning('group_name')
      .executeTakeFirst();
    if (inserted === undefined) {
      const changed = await tx
        .updateTable('group_members')
        .set({ expires_at: until })
        .where('group_name', '=', group)
        .where('account_id', '=', accountId)
        .where('expires_at', 'is distinct from', until)
        .executeTakeFirst();
      if (changed.numUpdatedRows === 0n) return 'already';
    }
    await noteFirstAdministrator({ ...deps, db: tx });
    return inserted === undefined ? 'changed' : 'added';
  });
}

export interface BulkMember {
  readonly accountId: string;
  /** Of a group that exists. */
  readonly name: string;
  readonly expiresAt: Date | undefined;
}

/** Of accounts and groups that exist. Whoever was in one before is until the day that is stated now. */
export async function addMembers(tx: Db, members: readonly BulkMember[]): Promise<void> {
  if (members.length === 0) return;
  await tx
    .insertInto('group_members')
    .values(
      members.map((one) => ({ account_id: one.accountId, group_name: one.name, expires_at: one.expiresAt ?? null })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['group_name', 'account_id'])
        .doUpdateSet(({ ref }) => ({ expires_at: ref('excluded.expires_at') })),
    )
    .execute();
}

export async function removeMember(
  db: Db,
  { group, accountId }: { group: string; accountId: string },
): Promise<'removed' | 'not_a_member'> {
  const { numDeletedRows } = await db
    .deleteFrom('group_members')
    .where('group_name', '=', group)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return numDeletedRows > 0n ? 'removed' : 'not_a_member';
}

export interface Membership {
  readonly group: string;
  readonly createdAt: Date;
  /** Undefined: for good. */
  readonly expiresAt: Date | undefined;
}

/** By name; without what has expired, but with groups that are declared no longer. */
export async function membershipsOf({ db, clock }: Deps, accountId: string): Promise<readonly Membership[]> {
  const rows = await db
    .selectFrom('group_members')
    .select(['group_name', 'created_at', 'expires_at'])
    .where('account_id', '=', accountId)
    .where(({ or, eb }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', databaseNow(clock))]))
    .execute();
  return rows
    .map((row) => ({ group: row.group_name, createdAt: row.created_at, expiresAt: row.expires_at ?? undefined }))
    .sort((a, b) => byCodePoint(a.group, b.group));
}

export interface Member {
  readonly accountId: string;
  readonly email: string;
  readonly name: string | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
}

/** In the order of their ids, which is that in which accounts were made; `after` is the last id of the page before. */
export async function listMembers(
  { db, clock }: Deps,
  { group, after = '', limit }: { group: string; after?: string | undefined; limit: number },
): Promise<readonly Member[]> {
  // The page first, then its accounts: joined before it is cut, a large group is read whole.
  const rows = await db
    .selectFrom((page) =>
      page
        .selectFrom('group_members')
        .select(['account_id', 'created_at', 'expires_at'])
        .where('group_name', '=', group)
        .where('account_id', '>', after)
        .where(({ or, eb }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', databaseNow(clock))]))
        .orderBy('group_name')
        .orderBy('account_id')
        .limit(limit)
        .as('m'),
    )
    .innerJoin('accounts', 'accounts.id', 'm.account_id')
    .select(['m.account_id', 'm.created_at', 'm.expires_at', 'accounts.email', 'accounts.display_name'])
    .orderBy('m.account_id')
    .execute();
  return rows.map((row) => ({
    accountId: row.account_id,
    email: row.email,
    name: row.display_name ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
  }));
}

export interface ExpiredMembership {
  readonly accountId: string;
  readonly group: string;
  readonly expiresAt: Date;
}

/** Deletes at most `batch` that have expired, and returns them: they have had no effect since. */
export async function takeExpiredMemberships(
  { db, clock }: Deps,
  batch: number,
): Promise<readonly ExpiredMembership[]> {
  const rows = await db
    .deleteFrom('group_members')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('account_id', 'group_name'),
        'in',
        selectFrom('group_members')
          .select(['account_id', 'group_name'])
          .where('expires_at', '<=', databaseNow(clock))
          .orderBy('expires_at')
          .limit(batch)
          .forUpdate()
          .skipLocked()
          .$asTuple('account_id', 'group_name'),
      ),
    )
    .returning(['account_id', 'group_name', 'expires_at'])
    .execute();
  return rows.flatMap((row) =>
    row.expires_at === null ? [] : [{ accountId: row.account_id, group: row.group_name, expiresAt: row.expires_at }],
  );
}
