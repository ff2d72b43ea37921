// What a password is checked against. Written by accounts.ts.
import type { Db } from '../../database/database.ts';
import type { Account } from '../account.ts';
import { ACCOUNT_COLUMNS, accountFrom } from '../account-row.ts';
import { canonicalIdentifier } from '../identifiers.ts';

/** The account with its password hash, for the one place that checks passwords. */
export async function findCredentials(
  db: Db,
  identifier: string,
): Promise<{ account: Account; passwordHash: string | undefined } | undefined> {
  const key = canonicalIdentifier(identifier);
  if (key === undefined) return undefined;
  const row = await db
    .selectFrom('accounts')
    .select([...ACCOUNT_COLUMNS, 'password_hash'])
    .where(key.column, '=', key.value)
    .executeTakeFirst();
  return row && { account: accountFrom(row), passwordHash: row.password_hash ?? undefined };
}

/** Waits for whoever is just changing it: what was true a moment ago is not said any more. */
export async function findPasswordHash(db: Db, accountId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('accounts')
    .select('password_hash')
    .where('id', '=', accountId)
    .forShare()
    .executeTakeFirst();
  return row?.password_hash ?? undefined;
}
