// Owns the table mailed_tokens: links that prove a mailbox. 256 bits, stored hashed, used once.
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../crypto/identifiers.ts';
import { hashSecretToken, newSecretToken } from '../crypto/secret-token.ts';
import type { Db } from '../database/database.ts';
import { isOldest } from '../database/oldest.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';
import { lockAccount } from './lock-account.ts';

/** Seconds that a link of each kind is good for. */
export const MAILED_TOKEN_SECONDS = {
  reset_password: 20 * 60,
  confirm_email: 24 * 3600,
  undo_email_change: 72 * 3600,
  invitation: 7 * 86_400,
  /** At most; the grace period of the configuration decides. */
  keep_account: 365 * 86_400,
} as const;

export type TokenPurpose = keyof typeof MAILED_TOKEN_SECONDS;

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

export interface MailedToken {
  readonly accountId: string;
  /** What it was made for, such as the new address. */
  readonly boundTo: Readonly<Record<string, string>>;
  readonly issuedAt: Date;
}

/**
 * The token for the link. Those of the same purpose that were sent before are void; but every link that undoes a change of
 * address stays good until it ends, whatever is changed after it.
 */
export async function issueMailedToken(
  { db, clock }: Deps,
  {
    accountId,
    purpose,
    boundTo = {},
    seconds = MAILED_TOKEN_SECONDS[purpose],
  }: { accountId: string; purpose: TokenPurpose; boundTo?: MailedToken['boundTo']; seconds?: number },
): Promise<string> {
  const token = newSecretToken();
  const row = {
    id: newId(),
    token_hash: hashSecretToken(token),
    bound_to: JSON.stringify(boundTo),
    created_at: databaseNow(clock),
    expires_at: databaseNowPlus(clock, seconds),
  };
  const insert = db.insertInto('mailed_tokens').values({ ...row, account_id: accountId, purpose });
  if (purpose === 'undo_email_change') await insert.execute();
  else {
    await insert
      // Not a parameter: a prepared statement that is planned without its values does not find the index.
      .onConflict((conflict) =>
        conflict
          .columns(['account_id', 'purpose'])
          .where('purpose', '<>', sql.lit('undo_email_change'))
          .doUpdateSet(row),
      )
      .execute();
  }
  return token;
}

/** Whether the link is good, without using it: for the page that it opens. */
export async function findMailedToken(
  { db, clock }: Deps,
  { purpose, token }: { purpose: TokenPurpose; token: string },
): Promise<MailedToken | undefined> {
  const row = await db
    .selectFrom('mailed_tokens')
    .select(['account_id', 'bound_to', 'created_at'])
    .where('token_hash', '=', hashSecretToken(token))
    .where('purpose', '=', purpose)
    .where('expires_at', '>', databaseNow(clock))
    .executeTakeFirst();
  return row && { accountId: row.account_id, boundTo: row.bound_to, issuedAt: row.created_at };
}

/** Where links have been sent that undo a change of address, and are good. */
export async function addressesThatCanUndo({ db, clock }: Deps, accountId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('mailed_tokens')
    .select('bound_to')
    .where('account_id', '=', accountId)
    .where('purpose', '=', 'undo_email_change')
    .where('expires_at', '>', databaseNow(clock))
    .execute();
  return rows.flatMap(({ bound_to: { address } }) => address ?? []);
}

/**
 * Uses the link up, in the statement that checks it: of parallel callers one gets it. First comes the account's row, as for
 * everybody who voids links: else who opens one and who voids it would wait for each other.
 */
export async function spendMailedToken(
  { db, clock }: Deps,
  { purpose, token }: { purpose: TokenPurpose; token: string },
): Promise<MailedToken | undefined> {
  const link = await findMailedToken({ db, clock }, { purpose, token });
  if (link === undefined || !(await lockAccount(db, link.accountId))) return undefined;
  const row = await db
    .deleteFrom('mailed_tokens')
    .where('token_hash', '=', hashSecretToken(token))
    .where('purpose', '=', purpose)
    .where('expires_at', '>', databaseNow(clock))
    .returning(['account_id', 'bound_to', 'created_at'])
    .executeTakeFirst();
  return row && { accountId: row.account_id, boundTo: row.bound_to, issuedAt: row.created_at };
}

/** Voids all links of these purposes that were sent to the account, or those that were sent since. */
export async function voidMailedTokens(
  db: Db,
  accountId: string,
  purposes: readonly TokenPurpose[],
  since?: Date,
): Promise<void> {
  const links = db.deleteFrom('mailed_tokens').where('account_id', '=', accountId).where('purpose', 'in', purposes);
  await (since === undefined ? links : links.where('created_at', '>=', since)).execute();
}

/** Deletes at most `batch` links that have ended; returns how many. */
export async function sweepMailedTokens({ db, clock }: Deps, batch: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('mailed_tokens')
    .where(isOldest(clock, { table: 'mailed_tokens', column: 'expires_at', batch }))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Of everybody: after a restore nobody knows which of them were used. */
export async function voidAllMailedTokens(db: Db): Promise<void> {
  await db.deleteFrom('mailed_tokens').execute();
}
