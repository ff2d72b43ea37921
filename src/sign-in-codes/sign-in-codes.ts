// Owns the table sign_in_codes: sign-ins that wait for a code from a mail.
import type { Clock } from '../clock.ts';
import { newId } from '../crypto/identifiers.ts';
import type { Db } from '../database/database.ts';
import { isOldest } from '../database/oldest.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';
import { MAILED_CODE_SECONDS, MAILED_CODE_TRIES } from '../limits/limits.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/** Of one account: an identifier alone opens nothing. */
export interface Waiting {
  readonly id: string;
  readonly accountId: string;
}

/** Longer than any sign-in lives. */
const WAITING_SECONDS = 3600;

/** No code has been sent yet. */
export async function insertWaiting({ db, clock }: Deps, accountId: string): Promise<Waiting> {
  const id = newId();
  await db
    .insertInto('sign_in_codes')
    .values({ id, account_id: accountId, expires_at: databaseNowPlus(clock, WAITING_SECONDS) })
    .execute();
  return { id, accountId };
}

/** `sent`: whether any code has been. Undefined for one that has ended or was passed. */
export async function findWaiting(deps: Deps, waiting: Waiting): Promise<{ sent: boolean } | undefined> {
  const row = await deps.db
    .selectFrom('sign_in_codes')
    .select('code_hash')
    .where('id', '=', waiting.id)
    .where('account_id', '=', waiting.accountId)
    .where('expires_at', '>', databaseNow(deps.clock))
    .executeTakeFirst();
  return row && { sent: row.code_hash !== null };
}

/** In the place of the one before, with all tries. False where nobody waits any more. */
export async function setCode({ db, clock }: Deps, { id, accountId }: Waiting, codeHash: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sign_in_codes')
    .set({ code_hash: codeHash, code_tries: 0, code_expires_at: databaseNowPlus(clock, MAILED_CODE_SECONDS) })
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('expires_at', '>', databaseNow(clock))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Counts one try and gives what to compare it with; undefined where no try is left, or the code is too old. */
export async function countTry({ db, clock }: Deps, { id, accountId }: Waiting): Promise<string | undefined> {
  const counted = await db
    .updateTable('sign_in_codes')
    .set((eb) => ({ code_tries: eb('code_tries', '+', 1) }))
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('code_tries', '<', MAILED_CODE_TRIES)
    .where('code_expires_at', '>', databaseNow(clock))
    .where('expires_at', '>', databaseNow(clock))
    .returning('code_hash')
    .executeTakeFirst();
  return counted?.code_hash ?? undefined;
}

/** Once: of those who have the right code at the same moment one passes, and none with a code that was replaced. */
export async function spend(db: Db, { id, accountId }: Waiting, codeHash: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('sign_in_codes')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('code_hash', '=', codeHash)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Deletes at most `batch` rows of sign-ins that have ended; returns how many. */
export async function sweepSignInCodes({ db, clock }: Deps, batch: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('sign_in_codes')
    .where(isOldest(clock, { table: 'sign_in_codes', column: 'expires_at', batch }))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Of everybody. */
export async function voidWaiting(db: Db): Promise<void> {
  await db.deleteFrom('sign_in_codes').execute();
}
