// A person as they are now, in one statement: account, profile, factors, and what they hold. Asked at every redemption,
// refresh and userinfo call, and at every step of a sign-in.
import { sql } from 'kysely';
import { type Account, isUsable } from '../accounts/account.ts';
import { ACCOUNT_COLUMNS, accountFrom } from '../accounts/account-row.ts';
import type { Clock } from '../clock.ts';
import { isAccountId } from '../crypto/identifiers.ts';
import type { Db } from '../database/database.ts';
import { heldByAccount } from '../roles/held.ts';
import { type RightRow, type Rights, rightRows, rightsFrom } from '../roles/rights.ts';
import { NO_PROFILE, type Profile, profileFrom } from './profiles.ts';

export interface Person {
  readonly account: Account;
  readonly profile: Profile;
  /** All roles and groups, before any client's filter; permissions at the resources that were asked about. */
  readonly held: Rights;
  readonly hasSecondFactor: boolean;
  /** The version of the terms of service; undefined where they were never asked. */
  readonly acceptedTerms: string | undefined;
  /** What they have allowed the app that was named; undefined where there is nothing, or no app was. */
  readonly consent: RememberedConsent | undefined;
}

export interface RememberedConsent {
  readonly scopes: readonly string[];
  /** By audience. */
  readonly resources: Readonly<Record<string, readonly string[]>>;
}

type AccountRow = Parameters<typeof accountFrom>[0];
type ProfileRow = Parameters<typeof profileFrom>[0];

type Row = AccountRow & { [Column in keyof ProfileRow]: ProfileRow[Column] | null } & {
  readonly rights: readonly RightRow[];
  readonly has_second_factor: boolean;
  readonly terms_version: string | null;
  readonly scopes: readonly string[] | null;
  readonly resources: RememberedConsent['resources'] | null;
};

/** Undefined where there is no such account; also of one that may not be used. */
export async function findPerson(
  { db, clock }: { db: Db; clock: Clock },
  {
    accountId,
    resources,
    clientId,
  }: { accountId: string; resources: readonly string[]; clientId?: string | undefined },
): Promise<Person | undefined> {
  // Ids come from tokens and cookies too; a NUL in one never reaches the database.
  if (!isAccountId(accountId)) return undefined;
  const columns = sql.join(ACCOUNT_COLUMNS.map((column) => sql.ref(`accounts.${column}`)));
  const { rows } = await sql<Row>`
    with recursive ${heldByAccount(clock, accountId)}
    select ${columns}, accounts.terms_version, profiles.claims, profiles.attributes,
      (select coalesce(jsonb_agg(each), '[]') from (${rightRows(resources)}) as each) as rights,
      exists (select from totp_secrets where totp_secrets.account_id = accounts.id) as has_second_factor,
      consents.scopes, consents.resources
    from accounts left join profiles on profiles.account_id = accounts.id
      left join consents on consents.account_id = accounts.id and consents.client_id = ${clientId ?? null}::text
    where accounts.id = ${accountId}`.execute(db);
  return rows[0] && personFrom(rows[0]);
}

/** With all they hold, for a step of a sign-in; undefined also where the account may not be used. */
export async function findUsablePerson(
  deps: { db: Db; clock: Clock },
  { accountId, clientId }: { accountId: string; clientId?: string },
): Promise<Person | undefined> {
  const person = await findPerson(deps, { accountId, resources: [], clientId });
  return person !== undefined && isUsable(person.account) ? person : undefined;
}

const personFrom = ({
  rights,
  has_second_factor,
  terms_version,
  claims,
  attributes,
  scopes,
  resources,
  ...account
}: Row): Person => ({
  account: accountFrom(account),
  profile: claims === null || attributes === null ? NO_PROFILE : profileFrom({ claims, attributes }),
  held: rightsFrom(rights),
  hasSecondFactor: has_second_factor,
  acceptedTerms: terms_version ?? undefined,
  consent: scopes === null || resources === null ? undefined : { scopes, resources },
});
