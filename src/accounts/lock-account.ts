// One change of what an account has at a time.
import type { Db } from '../database/database.ts';

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
