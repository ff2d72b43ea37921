// The account an operator means: by e-mail address, username or id, or by `id:` and the id.
import type { Account } from '../../accounts/account.ts';
import { findNamedAccount } from '../../accounts/finding/named-account.ts';
import type { Db } from '../../database/database.ts';
import { CommandFailed } from '../failure.ts';
import { quoted } from '../output.ts';

/** @throws CommandFailed `not_found`, `ambiguous` */
export async function requireAccount(db: Db, who: string): Promise<Account> {
  const named = await findNamedAccount(db, who);
  switch (named.outcome) {
    case 'found':
      return named.account;
    case 'unknown':
      throw notFound(who);
    case 'ambiguous':
      throw ambiguous(who, named.byName);
  }
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
