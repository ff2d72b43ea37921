// Owns table totp_secrets: authenticator apps, several an account; sealed, each with the last time step that was accepted.
import type { Clock } from '../clock.ts';
import { newId } from '../crypto/identifiers.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from '../database/database.ts';
import { sealedColumn } from '../database/sealed-rows.ts';
import { databaseNow } from '../database/time.ts';

interface Deps {
  readonly db: Db;
  readonly box: SealedBox;
}

/** What its owner sees of it. */
export interface Authenticator {
  readonly id: string;
  readonly name: string;
  readonly addedAt: Date;
  /** Undefined until a code of it has signed somebody in. */
  readonly lastUsedAt: Date | undefined;
}

export interface TotpSecret {
  readonly id: string;
  readonly secret: string;
}

/** By account: whoever can move rows of one account about could as well move their identifiers along. */
const placeOf = (accountId: string): string => `totp_secrets.secret:${accountId}`;

/** Oldest first. */
export async function listAuthenticators(db: Db, accountId: string): Promise<readonly Authenticator[]> {
  const rows = await db
    .selectFrom('totp_secrets')
    .select(['id', 'name', 'confirmed_at', 'last_used_at'])
    .where('account_id', '=', accountId)
    .orderBy('confirmed_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    addedAt: row.confirmed_at,
    lastUsedAt: row.last_used_at ?? undefined,
  }));
}

/** Oldest first. @throws SealBroken if a row was changed or the master secret is another one. */
export async function findTotpSecrets({ db, box }: Deps, accountId: string): Promise<readonly TotpSecret[]> {
  const rows = await db
    .selectFrom('totp_secrets')
    .select(['id', 'secret'])
    .where('account_id', '=', accountId)
    .orderBy('confirmed_at')
    .orderBy('id')
    .execute();
  return rows.map(({ id, secret }) => ({ id, secret: box.open(secret, placeOf(accountId)) }));
}

export async function hasTotpSecret(db: Db, accountId: string): Promise<boolean> {
  const row = await db
    .selectFrom('totp_secrets')
    .select('account_id')
    .where('account_id', '=', accountId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export interface NewTotpSecret {
  readonly accountId: string;
  /** Made with the secret, so that one secret becomes one row, however often it is confirmed. */
  readonly id?: string | undefined;
  readonly name: string;
  readonly secret: string;
  /** The step of the code that confirmed it: that code is spent. */
  readonly lastStep: number;
}

/** False when the identifier or the name is there already. */
export async function insertTotpSecret(
  { db, box, clock }: Deps & { readonly clock: Clock },
  { accountId, id = newId(), name, secret, lastStep }: NewTotpSecret,
): Promise<boolean> {
  const inserted = await db
    .insertInto('totp_secrets')
    .values({
      id,
      account_id: accountId,
      name,
      secret: box.seal(secret, placeOf(accountId)),
      last_step: lastStep,
      confirmed_at: databaseNow(clock),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/**
 * Accepts a step that is later than every one before, in one statement, so that of parallel posts of one code
 * one is accepted (RFC 6238 section 5.2). Sealing it anew does not matter: another secret has another id.
 */
export async function acceptStep(
  { db, clock }: { readonly db: Db; readonly clock: Clock },
  { accountId, id, step }: { accountId: string; id: string; step: number },
): Promise<boolean> {
  const accepted = await db
    .updateTable('totp_secrets')
    .set({ last_step: step, last_used_at: databaseNow(clock) })
    .where('account_id', '=', accountId)
    .where('id', '=', id)
    .where('last_step', '<', String(step))
    .returning('id')
    .executeTakeFirst();
  return accepted !== undefined;
}

/** The caller has locked the account and seen that the name is free. */
export async function renameTotpSecret(
  db: Db,
  { accountId, id, name }: { accountId: string; id: string; name: string },
): Promise<void> {
  await db.updateTable('totp_secrets').set({ name }).where('account_id', '=', accountId).where('id', '=', id).execute();
}

export async function deleteTotpSecret(db: Db, { accountId, id }: { accountId: string; id: string }): Promise<void> {
  await db.deleteFrom('totp_secrets').where('account_id', '=', accountId).where('id', '=', id).execute();
}

/** Every authenticator of the account. */
export async function deleteTotpSecretsOf(db: Db, accountId: string): Promise<void> {
  await db.deleteFrom('totp_secrets').where('account_id', '=', accountId).execute();
}

export const sealedTotpSecrets = sealedColumn({
  table: 'totp_secrets',
  column: 'secret',
  placedBy: 'account_id',
  placeOf,
});

/** Of everybody: no code of a step up to this one is accepted any more. */
export async function spendStepsUntil(db: Db, step: number): Promise<void> {
  await db.updateTable('totp_secrets').set({ last_step: step }).where('last_step', '<', String(step)).execute();
}
