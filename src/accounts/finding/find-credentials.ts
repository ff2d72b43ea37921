// What a password is checked against. Written by accounts.ts.
import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../database/database.ts';
import type { Account } from '../account.ts';
import { ACCOUNT_COLUMNS, accountFrom } from '../account-row.ts';
import { canonicalIdentifier } from '../identifiers.ts';
import { decoyHash } from '../stored-hashes/decoy.ts';

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

/** The same, and what is checked where there is nothing: asked for everybody, as it is used for some. */
export async function findCredentialsOrDecoy(
  db: Db,
  { identifier, spelling }: { identifier: string; spelling: string },
): Promise<{ found: Awaited<ReturnType<typeof findCredentials>>; instead: string | undefined }> {
  const key = canonicalIdentifier(identifier);
  const row = await db
    .selectFrom(sql<{ hash: string | null }>`(select ${decoyHash(spelling)} as hash)`.as('decoy'))
    .leftJoin('accounts', (join) =>
      key === undefined ? join.on(sql<SqlBool>`false`) : join.on(key.column, '=', key.value),
    )
    .select([...ACCOUNT_COLUMNS, 'password_hash', 'decoy.hash'])
    .executeTakeFirst();
  const { hash = null, id = null, password_hash = null, ...account } = row ?? {};
  const found =
    id === null
      ? undefined
      : { account: accountFrom({ ...account, id } as FoundRow), passwordHash: password_hash ?? undefined };
  return { found, instead: hash ?? undefined };
}

type FoundRow = Parameters<typeof accountFrom>[0];

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
