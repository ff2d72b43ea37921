// Owns the table profiles.
import type { Selectable } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import type { ProfilesTable } from '../database/tables/profiles.ts';
import { databaseNow } from '../database/time.ts';
import { PROFILE_CLAIMS, type ProfileClaims } from './profile-claims.ts';

export interface Profile {
  readonly claims: ProfileClaims;
  /** By name, as stored: also what does not fit, or is not declared any longer (`attributeValue`). */
  readonly attributes: Readonly<Record<string, unknown>>;
}

export const NO_PROFILE: Profile = { claims: {}, attributes: {} };

export async function findProfile(db: Db, accountId: string): Promise<Profile> {
  const row = await db
    .selectFrom('profiles')
    .select(['claims', 'attributes'])
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row === undefined ? NO_PROFILE : profileFrom(row);
}

export const profileFrom = ({
  claims,
  attributes,
}: Pick<Selectable<ProfilesTable>, 'claims' | 'attributes'>): Profile => ({
  claims: known(claims),
  attributes,
});

/** Another release may have stored more. */
const known = (claims: Readonly<Record<string, string>>): ProfileClaims =>
  Object.fromEntries(PROFILE_CLAIMS.flatMap((name) => (Object.hasOwn(claims, name) ? [[name, claims[name]]] : [])));

/** In a transaction: as it is, and nobody else's to change until that ends. The account must exist. */
export async function lockProfile({ db, clock }: { db: Db; clock: Clock }, accountId: string): Promise<Profile> {
  await db
    .insertInto('profiles')
    .values({ account_id: accountId, updated_at: databaseNow(clock) })
    .onConflict((conflict) => conflict.column('account_id').doNothing())
    .execute();
  const row = await db
    .selectFrom('profiles')
    .select(['claims', 'attributes'])
    .where('account_id', '=', accountId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { claims: row.claims, attributes: row.attributes };
}

/** Of accounts that have just been made, and have none. */
export async function insertProfiles(
  { db, clock }: { db: Db; clock: Clock },
  profiles: readonly (Profile & { readonly accountId: string })[],
): Promise<void> {
  if (profiles.length === 0) return;
  const values = profiles.map(({ accountId, claims, attributes }) => ({
    account_id: accountId,
    claims: JSON.stringify(claims),
    attributes: JSON.stringify(attributes),
    updated_at: databaseNow(clock),
  }));
  await db.insertInto('profiles').values(values).execute();
}

export async function storeProfile(
  { db, clock }: { db: Db; clock: Clock },
  accountId: string,
  { claims, attributes }: Profile,
): Promise<void> {
  await db
    .updateTable('profiles')
    .set({
      claims: JSON.stringify(claims),
      attributes: JSON.stringify(attributes),
      updated_at: databaseNow(clock),
    })
    .where('account_id', '=', accountId)
    .execute();
}
