// One change of what an account has at a time.
import type { Db } from '../database/database.ts';
import { findPasswordChange } from './password-age.ts';

/**
 * Held until the transaction ends, by whoever counts what the account has before adding to it. Taken before any lock of
 * the protocol store. False when there is no such account.
 */
export async function lockAccount(tx: Db, accountId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', accountId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * The same for work that takes its time, such as hashing, after it was asked who somebody is: false too where the password
 * is another one than it was then (`findPasswordChange`), since that ended the sign-in which allowed it.
 */
export async function lockAccountUnchanged(
  tx: Db,
  { accountId, passwordChange }: { accountId: string; passwordChange: Date | undefined },
): Promise<boolean> {
  if (!(await lockAccount(tx, accountId))) return false;
  return (await findPasswordChange(tx, accountId))?.getTime() === passwordChange?.getTime();
}
