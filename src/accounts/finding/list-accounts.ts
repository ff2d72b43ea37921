// Accounts one after the other, for operators.
import type { Db } from '../../database/database.ts';
import type { Account, AccountStatus } from '../account.ts';
import { ACCOUNT_COLUMNS, accountFrom } from '../account-row.ts';

/** Oldest first. */
export async function listAccounts(
  db: Db,
  { limit, status }: { limit: number; status?: AccountStatus | undefined },
): Promise<Account[]> {
  const all = db.selectFrom('accounts').select(ACCOUNT_COLUMNS).orderBy('created_at').orderBy('id').limit(limit);
  const rows = await (status === undefined ? all : all.where('status', '=', status)).execute();
  return rows.map(accountFrom);
}
