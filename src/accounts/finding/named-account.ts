// The account that whoever administers means: by e-mail address, username or id, or by `id:` and the id.
import type { Db } from '../../database/database.ts';
import type { Account } from '../account.ts';
import { findAccount, findAccountByIdentifier } from '../accounts.ts';

/** Ids of other systems may be anything, and people choose their usernames: what is one's id can be another's username. */
const ID = /^id:/;

export type NamedAccount =
  | { readonly outcome: 'found'; readonly account: Account }
  | { readonly outcome: 'unknown' }
  /** One's id, and the address or username of another: nobody's, so that nobody is taken for somebody else. */
  | { readonly outcome: 'ambiguous'; readonly byId: Account; readonly byName: Account };

export async function findNamedAccount(db: Db, who: string): Promise<NamedAccount> {
  const byId = await findAccount(db, who.replace(ID, ''));
  const byName = ID.test(who) ? undefined : await findAccountByIdentifier(db, who);
  if (byId !== undefined && byName !== undefined && byId.id !== byName.id)
    return { outcome: 'ambiguous', byId, byName };
  const account = byId ?? byName;
  return account === undefined ? { outcome: 'unknown' } : { outcome: 'found', account };
}
