// Since when an account has its password.
import type { Db } from '../database/database.ts';

/** Undefined where it is as old as the account, or older than this was noted. */
export async function findPasswordChange(db: Db, accountId: string): Promise<Date | undefined> {
  const row = await db
    .selectFrom('accounts')
    .select('password_changed_at')
    .where('id', '=', accountId)
    .executeTakeFirst();
  return row?.password_changed_at ?? undefined;
}
