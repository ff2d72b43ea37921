// The account an operator means: by e-mail address, username or id.
import type { Account } from '../../accounts/account.ts';
import { findAccount, findAccountByIdentifier } from '../../accounts/accounts.ts';
import type { Db } from '../../database/database.ts';
import { CommandFailed } from '../failure.ts';
import { quoted } from '../output.ts';

/** @throws CommandFailed `not_found` */
export async function requireAccount(db: Db, who: string): Promise<Account> {
  const account = (await findAccount(db, who)) ?? (await findAccountByIdentifier(db, who));
  if (account === undefined) throw notFound(who);
  return account;
}

export const notFound = (who: string): CommandFailed =>
  new CommandFailed(
    'not_found',
    `There is no account ${quoted(who)} (e-mail address, username or id). "gatehouse user list" shows those there are.`,
  );
