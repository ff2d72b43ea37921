// The account an operator means: by e-mail address, username or id, or by `id:` and the id.
import type { Account } from '../../accounts/account.ts';
import { findAccount, findAccountByIdentifier } from '../../accounts/accounts.ts';
import type { Db } from '../../database/database.ts';
import { CommandFailed } from '../failure.ts';
import { quoted } from '../output.ts';

/** Ids of other systems may be anything: what is one person's id and another's address or username is nobody's here. */
const ID = /^id:/;

/** @throws CommandFailed `not_found`, `ambiguous` */
export async function requireAccount(db: Db, who: string): Promise<Account> {
  const byId = await findAccount(db, who.replace(ID, ''));
  const byName = ID.test(who) ? undefined : await findAccountByIdentifier(db, who);
  const account = byId ?? byName;
  if (account === undefined) throw notFound(who);
  if (byId !== undefined && byName !== undefined && byId.id !== byName.id) throw ambiguous(who, byName);
  return account;
}

const ambiguous = (who: string, { id }: Account): CommandFailed =>
  new CommandFailed(
    'ambiguous',
    `${quoted(who)} is the id of one account, and an address or username of another. Write ${quoted(`id:${who}`)} for the first and ${quoted(`id:${id}`)} for the second.`,
  );

export const notFound = (who: string): CommandFailed =>
  new CommandFailed(
    'not_found',
    `There is no account ${quoted(who)} (e-mail address, username or id). "gatehouse user list" shows those there are.`,
  );
