// Owns the table registrations.
import type { Selectable } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { isOldest } from '../database/oldest.ts';
import { sealedColumn } from '../database/sealed-rows.ts';
import type { RegistrationsTable } from '../database/tables/registrations.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';
import { MAILED_CODE_SECONDS, MAILED_CODE_TRIES } from '../limits/limits.ts';
import type { Language } from '../texts/messages.ts';
import { MOST_RESENDS, placeOfInteraction, REGISTRATION_SECONDS, type Registration } from './registration.ts';

const COLUMNS = [
  'id',
  'email',
  'email_key',
  'username',
  'display_name',
  'password_hash',
  'language',
  'terms_version',
  'client_id',
  'interaction',
  'binding_hash',
  'taken',
  'state',
  'elsewhere',
  'created_at',
  'settled_at',
] as const;

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

export interface Proofs {
  readonly tokenHash: string;
  readonly codeHash: string;
}

export type NewRegistration = Proofs &
  Pick<
    Registration,
    | 'id'
    | 'email'
    | 'username'
    | 'displayName'
    | 'passwordHash'
    | 'language'
    | 'clientId'
    | 'interaction'
    | 'bindingHash'
    | 'taken'
  > & { readonly termsVersion: string | undefined };

export async function insertRegistration({ db, clock }: Deps, registration: NewRegistration): Promise<void> {
  await db
    .insertInto('registrations')
    .values({
      id: registration.id,
      email: registration.email.address,
      email_key: registration.email.key,
      username: registration.username ?? null,
      display_name: registration.displayName ?? null,
      password_hash: registration.passwordHash ?? null,
      language: registration.language,
      terms_version: registration.termsVersion ?? null,
      client_id: registration.clientId,
      interaction: registration.interaction,
      binding_hash: registration.bindingHash,
      taken: registration.taken,
      token_hash: registration.tokenHash,
      code_hash: registration.codeHash,
      code_expires_at: databaseNowPlus(clock, MAILED_CODE_SECONDS),
      state: 'waiting',
      created_at: databaseNow(clock),
      expires_at: databaseNowPlus(clock, REGISTRATION_SECONDS),
    })
    .execute();
}

/** Undefined for one that has ended. */
export async function findRegistration({ db, clock }: Deps, id: string): Promise<Registration | undefined> {
  const row = await current({ db, clock }).where('id', '=', id).executeTakeFirst();
  return row && registrationFrom(row);
}

export async function findRegistrationByToken(
  { db, clock }: Deps,
  tokenHash: string,
): Promise<Registration | undefined> {
  const row = await current({ db, clock }).where('token_hash', '=', tokenHash).executeTakeFirst();
  return row && registrationFrom(row);
}

/** Whoever settles it next waits for this transaction, and finds it settled. */
export async function lockRegistration({ db, clock }: Deps, id: string): Promise<Registration | undefined> {
  const row = await current({ db, clock }).where('id', '=', id).forUpdate().executeTakeFirst();
  return row && registrationFrom(row);
}

const current = ({ db, clock }: Deps) =>
  db.selectFrom('registrations').select(COLUMNS).where('expires_at', '>', databaseNow(clock));

/** Counts one try and gives what to compare it with; undefined where no try is left, or the code is too old. */
export async function countTry({ db, clock }: Deps, id: string): Promise<string | undefined> {
  const counted = await db
    .updateTable('registrations')
    .set((eb) => ({ code_tries: eb('code_tries', '+', 1) }))
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .where('code_tries', '<', MAILED_CODE_TRIES)
    .where('code_expires_at', '>', databaseNow(clock))
    .where('expires_at', '>', databaseNow(clock))
    .returning('code_hash')
    .executeTakeFirst();
  return counted?.code_hash;
}

/** A new code and a new link in the place of those that were sent before. False where no more are sent. */
export async function renewProofs({ db, clock }: Deps, id: string, proofs: Proofs): Promise<boolean> {
  const renewed = await db
    .updateTable('registrations')
    .set((eb) => ({
      token_hash: proofs.tokenHash,
      code_hash: proofs.codeHash,
      code_expires_at: databaseNowPlus(clock, MAILED_CODE_SECONDS),
      code_tries: 0,
      resends: eb('resends', '+', 1),
    }))
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .where('resends', '<', MOST_RESENDS)
    .executeTakeFirst();
  return renewed.numUpdatedRows > 0n;
}

export async function markProved(db: Db, id: string): Promise<void> {
  await db.updateTable('registrations').set({ state: 'proved' }).where('id', '=', id).execute();
}

/** The account is made. The hash stays until the sign-in has gone on: it tells whether the password is still this one. */
export async function markConfirmed(
  { db, clock }: Deps,
  {
    id,
    accountId,
    passwordHash,
    elsewhere,
  }: { id: string; accountId: string; passwordHash: string; elsewhere: boolean },
): Promise<void> {
  await db
    .updateTable('registrations')
    .set({
      state: 'confirmed',
      account_id: accountId,
      password_hash: elsewhere ? null : passwordHash,
      elsewhere,
      settled_at: databaseNow(clock),
    })
    .where('id', '=', id)
    .execute();
}

export async function markOvertaken({ db, clock }: Deps, id: string): Promise<void> {
  await db
    .updateTable('registrations')
    .set({ state: 'overtaken', password_hash: null, settled_at: databaseNow(clock) })
    .where('id', '=', id)
    .execute();
}

/** Once, and not for a password that was chosen in another browser: the account that the sign-in goes on with. */
export async function finishRegistration(
  db: Db,
  id: string,
): Promise<{ accountId: string; passwordHash: string } | undefined> {
  const before = await db.selectFrom('registrations').select('password_hash').where('id', '=', id).executeTakeFirst();
  const finished = await db
    .updateTable('registrations')
    .set({ state: 'finished', password_hash: null })
    .where('id', '=', id)
    .where('state', '=', 'confirmed')
    .where('elsewhere', '=', false)
    .returning('account_id')
    .executeTakeFirst();
  const accountId = finished?.account_id ?? undefined;
  const passwordHash = before?.password_hash ?? undefined;
  return accountId === undefined || passwordHash === undefined ? undefined : { accountId, passwordHash };
}

/** Deletes at most `batch` registrations that have ended; returns how many. */
export async function sweepRegistrations({ db, clock }: Deps, batch: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('registrations')
    .where(isOldest(clock, { table: 'registrations', column: 'expires_at', batch }))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

const registrationFrom = (row: Pick<Selectable<RegistrationsTable>, (typeof COLUMNS)[number]>): Registration => ({
  id: row.id,
  email: { address: row.email, key: row.email_key },
  username: row.username ?? undefined,
  displayName: row.display_name ?? undefined,
  passwordHash: row.password_hash ?? undefined,
  language: row.language as Language,
  terms: row.terms_version === null ? undefined : { version: row.terms_version, acceptedAt: row.created_at },
  clientId: row.client_id,
  interaction: row.interaction,
  bindingHash: row.binding_hash,
  taken: row.taken,
  state: row.state,
  elsewhere: row.elsewhere,
  settledAt: row.settled_at ?? undefined,
});

export const sealedRegistrations = sealedColumn({
  table: 'registrations',
  column: 'interaction',
  placeOf: placeOfInteraction,
});

/** Of everybody: who has signed up and not proved the address signs up again. */
export async function voidRegistrations(db: Db): Promise<void> {
  await db.deleteFrom('registrations').execute();
}
