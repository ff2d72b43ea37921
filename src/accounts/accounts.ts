// Owns table accounts.
import { sql, type UpdateObject } from 'kysely';
import type { Clock } from '../clock.ts';
import { isAccountId, newId } from '../crypto/identifiers.ts';
import type { Db } from '../database/database.ts';
import type { Database } from '../database/schema.ts';
import { databaseLater, databaseNow, databaseNowPlus } from '../database/time.ts';
import type { Account, AccountStatus } from './account.ts';
import {
  ACCOUNT_COLUMNS,
  accountFrom,
  type BroughtAccount,
  broughtColumns,
  type FirstPassword,
  type NewAccount,
  newColumns,
  type ReplacedEmail,
} from './account-row.ts';
import { findCredentials } from './finding/find-credentials.ts';
import { retireId } from './ids/retired-ids.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

export async function findAccount(db: Db, id: string): Promise<Account | undefined> {
  // Ids come from tokens and cookies too; a NUL in one never reaches the database.
  if (!isAccountId(id)) return undefined;
  const row = await db.selectFrom('accounts').select(ACCOUNT_COLUMNS).where('id', '=', id).executeTakeFirst();
  return row && accountFrom(row);
}

/** `identifier` is an e-mail address or a username, in any spelling that has the same canonical form. */
export async function findAccountByIdentifier(db: Db, identifier: string): Promise<Account | undefined> {
  return (await findCredentials(db, identifier))?.account;
}

/** The database decides what is taken. A conflict does not raise an error, so the caller's transaction lives on. */
export async function insertAccount(
  { db, clock }: { db: Db; clock: Clock },
  account: NewAccount,
): Promise<Account | 'email_taken' | 'username_taken'> {
  const now = databaseNow(clock);
  const row = await db
    .insertInto('accounts')
    .values({ ...newColumns(account, now), id: newId(), status: 'active', created_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .returning(ACCOUNT_COLUMNS)
    .executeTakeFirst();
  if (row) return accountFrom(row);
  if (await exists(db, 'email_key', account.email.key)) return 'email_taken';
  if (account.username && (await exists(db, 'username_key', account.username.key))) return 'username_taken';
  // What stood in the way was deleted meanwhile.
  return insertAccount({ db, clock }, account);
}

/** The ids of those that nothing stood in the way of; the others are left out. */
export async function insertAccounts(
  { db, clock }: Deps,
  accounts: readonly BroughtAccount[],
): Promise<ReadonlySet<string>> {
  if (accounts.length === 0) return new Set();
  const now = databaseNow(clock);
  const rows = await db
    .insertInto('accounts')
    .values(accounts.map((account) => broughtColumns(account, now)))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .execute();
  return new Set(rows.map(({ id }) => id));
}

async function exists(
  db: Db,
  column: 'email_key' | 'username_key',
  key: string,
  exceptAccountId = '',
): Promise<boolean> {
  const other = db.selectFrom('accounts').select('id').where(column, '=', key).where('id', '<>', exceptAccountId);
  return (await other.executeTakeFirst()) !== undefined;
}

/** Undefined when there is no such account. `reason` replaces the one noted before. */
export const setBanned = (
  deps: Deps,
  { accountId, reason }: { accountId: string; reason: string | undefined },
): Promise<Account | undefined> => setStatus(deps, accountId, { status: 'banned', status_reason: reason ?? null });

/** Undefined for who is not banned. Whose deletion was asked for before the ban is being deleted again. */
export const liftBan = (deps: Deps, accountId: string): Promise<Account | undefined> => {
  const status = sql<AccountStatus>`case when delete_at is null then 'active' else 'deleting' end`;
  return setStatus(deps, accountId, { status, status_reason: null }, 'banned');
};

/** Undefined unless the account is active: of parallel callers one has it. */
export const setDeleting = (
  deps: Deps,
  { accountId, inSeconds }: { accountId: string; inSeconds: number },
): Promise<Account | undefined> => {
  const delete_at = databaseNowPlus(deps.clock, inSeconds);
  return setStatus(deps, accountId, { status: 'deleting', delete_at }, 'active');
};

/** Undefined when nothing was to be undone. Too late is when the row is gone. */
export const unsetDeleting = (deps: Deps, accountId: string): Promise<Account | undefined> =>
  setStatus(deps, accountId, { status: 'active', delete_at: null }, 'deleting');

/** As it is then; undefined when the status was not the one it had to be. */
async function setStatus(
  { db, clock }: Deps,
  accountId: string,
  change: UpdateObject<Database, 'accounts'>,
  from?: AccountStatus,
): Promise<Account | undefined> {
  const row = await db
    .updateTable('accounts')
    .set({ ...change, updated_at: databaseLater(clock) })
    .where('id', '=', accountId)
    .$if(from !== undefined, (query) => query.where('status', '=', from ?? 'active'))
    .returning(ACCOUNT_COLUMNS)
    .executeTakeFirst();
  return row && accountFrom(row);
}

/** Whoever is to be deleted sooner is deleted then. */
export async function postponeDeletions({ db, clock }: Deps, { seconds }: { seconds: number }): Promise<void> {
  const delete_at = databaseNowPlus(clock, seconds);
  await db.updateTable('accounts').set({ delete_at }).where('delete_at', '<', delete_at).execute();
}

/** One whose time is over, held until the transaction ends; what another process holds is passed over. */
export async function takeDueAccount({ db, clock }: Deps): Promise<Account | undefined> {
  const row = await db
    .selectFrom('accounts')
    .select(ACCOUNT_COLUMNS)
    .where('delete_at', '<=', databaseNow(clock))
    .orderBy('delete_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  return row && accountFrom(row);
}

/** Undefined takes the password away: nobody signs in until there is a new one. False when there is no such account. */
export async function setPasswordHash(
  db: Db,
  { accountId, passwordHash }: { accountId: string; passwordHash: string | undefined },
  clock: Clock,
): Promise<boolean> {
  const changed = await db
    .updateTable('accounts')
    .set({
      password_hash: passwordHash ?? null,
      password_changed_at: databaseNow(clock),
      updated_at: databaseLater(clock),
    })
    .where('id', '=', accountId)
    .executeTakeFirst();
  return changed.numUpdatedRows > 0n;
}

/** Only for an account that has none; its owner has come by a link to the mailbox. Undefined where it has one by now. */
export async function setFirstPassword({ db, clock }: Deps, first: FirstPassword): Promise<Account | undefined> {
  const now = databaseNow(clock);
  const row = await db
    .updateTable('accounts')
    .set((eb) => ({
      password_hash: first.passwordHash,
      email_verified_at: eb.fn.coalesce('email_verified_at', now),
      display_name: eb.fn.coalesce('display_name', eb.val(first.displayName ?? null)),
      language: eb.fn.coalesce('language', eb.val(first.language)),
      updated_at: databaseLater(clock),
      ...(first.termsVersion !== undefined && { terms_version: first.termsVersion, terms_accepted_at: now }),
    }))
    .where('id', '=', first.accountId)
    .where('password_hash', 'is', null)
    .where('status', '=', 'active')
    .returning(ACCOUNT_COLUMNS)
    .executeTakeFirst();
  return row && accountFrom(row);
}

/** The same password, or what another system says it is. Only while the hash is still the one that was verified, or looked at. */
export async function renewPasswordHash(
  db: Db,
  { accountId, verified, renewed }: { accountId: string; verified: string | undefined; renewed: string | undefined },
): Promise<void> {
  await db
    .updateTable('accounts')
    .set({ password_hash: renewed ?? null })
    .where('id', '=', accountId)
    .where('password_hash', 'is not distinct from', verified ?? null)
    .execute();
}

/** Its owner has opened a link that was sent there. */
export async function markEmailVerified(
  { db, clock }: { db: Db; clock: Clock },
  { accountId, emailKey }: { accountId: string; emailKey: string },
): Promise<void> {
  await db
    .updateTable('accounts')
    .set({ email_verified_at: databaseNow(clock) })
    .where('id', '=', accountId)
    .where('email_key', '=', emailKey)
    .where('email_verified_at', 'is', null)
    .execute();
}

/**
 * Replaces the address, by one that has been proved unless stated, as long as the old one is the one it replaces (a canonical key). Of
 * several accounts that want an address at once, one gets it; for the others the database breaks the statement off.
 */
export async function replaceEmail(
  { db, clock }: { db: Db; clock: Clock },
  { accountId, from, to, proved = true }: ReplacedEmail,
): Promise<'replaced' | 'superseded' | 'taken'> {
  if (await exists(db, 'email_key', to.key, accountId)) return 'taken';
  const [now, later] = [databaseNow(clock), databaseLater(clock)];
  const changed = await db
    .updateTable('accounts')
    .set({ email: to.address, email_key: to.key, email_verified_at: proved ? now : null, updated_at: later })
    .where('id', '=', accountId)
    .where('email_key', '=', from)
    .executeTakeFirst();
  return changed.numUpdatedRows > 0n ? 'replaced' : 'superseded';
}

/** Undefined leaves the account without one. Where somebody takes the name at the same moment, the database breaks it off. */
export async function setUsername(
  { db, clock }: { db: Db; clock: Clock },
  { accountId, username }: { accountId: string; username: { username: string; key: string } | undefined },
): Promise<'set' | 'taken' | 'unknown_account'> {
  if (username !== undefined && (await exists(db, 'username_key', username.key, accountId))) return 'taken';
  const changed = await db
    .updateTable('accounts')
    .set({
      username: username?.username ?? null,
      username_key: username?.key ?? null,
      updated_at: databaseLater(clock),
    })
    .where('id', '=', accountId)
    .executeTakeFirst();
  return changed.numUpdatedRows > 0n ? 'set' : 'unknown_account';
}

/** Notes the time of the change as well, which apps are told of the whole profile. */
export async function setDisplayName(
  { db, clock }: Deps,
  { accountId, displayName }: { accountId: string; displayName: string | undefined },
): Promise<void> {
  await db
    .updateTable('accounts')
    .set({ display_name: displayName ?? null, updated_at: databaseLater(clock) })
    .where('id', '=', accountId)
    .execute();
}

/** Something about it was changed that stands elsewhere: its roles, its groups. */
export async function touchAccount({ db, clock }: Deps, accountId: string): Promise<void> {
  await db
    .updateTable('accounts')
    .set({ updated_at: databaseLater(clock) })
    .where('id', '=', accountId)
    .execute();
}

/** `language`: of its pages. */
export async function recordSignIn(
  { db, clock }: Deps,
  { accountId, language }: { accountId: string; language: string },
): Promise<void> {
  await db
    .updateTable('accounts')
    .set({ last_sign_in_at: databaseNow(clock), language })
    .where('id', '=', accountId)
    .execute();
}

/** False of an account that is gone, or shut out. */
export async function setAcceptedTerms({ db, clock }: Deps, accountId: string, version: string): Promise<boolean> {
  const changed = await db
    .updateTable('accounts')
    .set({ terms_version: version, terms_accepted_at: databaseNow(clock) })
    .where('id', '=', accountId)
    .where('status', '=', 'active')
    .executeTakeFirst();
  return changed.numUpdatedRows > 0n;
}

/** In a transaction. Takes what belongs to the account with it, and its id out of use. As it was; undefined when there is none. */
export async function deleteAccount(db: Db, accountId: string): Promise<Account | undefined> {
  const row = await db.deleteFrom('accounts').where('id', '=', accountId).returning(ACCOUNT_COLUMNS).executeTakeFirst();
  if (row === undefined) return undefined;
  await retireId(db, row.id);
  return accountFrom(row);
}
