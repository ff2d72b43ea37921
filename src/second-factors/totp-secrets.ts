// Owns table totp_secrets: one per account, sealed, with the last time step that was accepted.
import type { Clock } from '../clock.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';

interface Deps {
  readonly db: Db;
  readonly box: SealedBox;
}

/** Opened, with the text it was opened from: that is what `acceptStep` compares. */
export interface TotpSecret {
  readonly secret: string;
  readonly sealed: string;
}

const placeOf = (accountId: string): string => `totp_secrets.secret:${accountId}`;

/** @throws SealBroken if the row was changed or the master secret is another one. */
export async function findTotpSecret({ db, box }: Deps, accountId: string): Promise<TotpSecret | undefined> {
  const row = await db
    .selectFrom('totp_secrets')
    .select('secret')
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row && { secret: box.open(row.secret, placeOf(accountId)), sealed: row.secret };
}

export async function hasTotpSecret(db: Db, accountId: string): Promise<boolean> {
  const row = await db
    .selectFrom('totp_secrets')
    .select('account_id')
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row !== undefined;
}

/** False when the account has one already. `lastStep` is the step of the code that confirmed the enrolment. */
export async function insertTotpSecret(
  { db, box, clock }: Deps & { readonly clock: Clock },
  { accountId, secret, lastStep }: { accountId: string; secret: string; lastStep: number },
): Promise<boolean> {
  const inserted = await db
    .insertInto('totp_secrets')
    .values({
      account_id: accountId,
      secret: box.seal(secret, placeOf(accountId)),
      last_step: lastStep,
      confirmed_at: databaseNow(clock),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('account_id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/**
 * Accepts a step that is later than every one before, in one statement, so that of parallel posts of one code
 * one is accepted (RFC 6238 section 5.2). False too when the secret was replaced since it was read.
 */
export async function acceptStep(
  db: Db,
  { accountId, sealed, step }: { accountId: string; sealed: string; step: number },
): Promise<boolean> {
  const accepted = await db
    .updateTable('totp_secrets')
    .set({ last_step: step })
    .where('account_id', '=', accountId)
    .where('secret', '=', sealed)
    .where('last_step', '<', String(step))
    .returning('account_id')
    .executeTakeFirst();
  return accepted !== undefined;
}

export async function deleteTotpSecret(db: Db, accountId: string): Promise<boolean> {
  const deleted = await db.deleteFrom('totp_secrets').where('account_id', '=', accountId).executeTakeFirst();
  return deleted.numDeletedRows > 0n;
}
