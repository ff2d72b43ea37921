// Accounts that rows of an import may mean, or stand in the way of: one look at the database for many rows.
import { sql } from 'kysely';
import type { Account } from '../accounts/account.ts';
import { ACCOUNT_COLUMNS, accountFrom } from '../accounts/account-row.ts';
import { retiredAmong } from '../accounts/ids/retired-ids.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';
import { NO_PROFILE, type Profile } from '../profiles/profiles.ts';
import type { Incoming } from './incoming.ts';

export interface Existing {
  readonly account: Account;
  readonly passwordHash: string | undefined;
  readonly profile: Profile;
  /** By name, given to the account itself and not expired. Undefined: for good. */
  readonly roles: ReadonlyMap<string, Date | undefined>;
  readonly groups: ReadonlyMap<string, Date | undefined>;
}

export interface Surroundings {
  byId(id: string): Existing | undefined;
  byEmail(key: string): Existing | undefined;
  byUsername(key: string): Existing | undefined;
  /** Ids that were those of accounts that have been deleted. */
  readonly retired: ReadonlySet<string>;
  /** Ids that are those of clients, whose tokens have them as `sub` too. */
  readonly clients: ReadonlySet<string>;
}

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

export async function findSurroundings(deps: Deps, rows: readonly Incoming[]): Promise<Surroundings> {
  const ids = rows.flatMap(({ id }) => id ?? []);
  const emails = rows.map(({ email }) => email.key);
  const usernames = rows.flatMap(({ username }) => username?.key ?? []);
  const found = await deps.db
    .selectFrom('accounts')
    .select([...ACCOUNT_COLUMNS, 'email_key', 'username_key', 'password_hash'])
    .where(({ or, eb }) =>
      or([eb('id', '=', anyOf(ids)), eb('email_key', '=', anyOf(emails)), eb('username_key', '=', anyOf(usernames))]),
    )
    .execute();
  const details = await detailsOf(
    deps,
    found.map(({ id }) => id),
  );
  const whole = found.map((row) => ({
    row,
    existing: { account: accountFrom(row), passwordHash: row.password_hash ?? undefined, ...details(row.id) },
  }));
  const by = (column: 'id' | 'email_key' | 'username_key') => {
    const accounts = new Map(whole.map(({ row, existing }) => [row[column], existing]));
    return (key: string) => accounts.get(key);
  };
  const clients = ids.length === 0 ? [] : await knownClients(deps.db, ids);
  return {
    byId: by('id'),
    byEmail: by('email_key'),
    byUsername: by('username_key'),
    retired: await retiredAmong(deps.db, ids),
    clients: new Set(clients),
  };
}

const anyOf = (values: readonly string[]) => sql<string>`any(${sql.val([...values])}::text[])`;

async function knownClients(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await db.selectFrom('known_clients').select('client_id').where('client_id', '=', anyOf(ids)).execute();
  return rows.map(({ client_id }) => client_id);
}

type Details = Omit<Existing, 'account' | 'passwordHash'>;

/** What belongs to accounts beside their rows. */
export async function detailsOf({ db, clock }: Deps, ids: readonly string[]): Promise<(id: string) => Details> {
  if (ids.length === 0) return () => ({ profile: NO_PROFILE, roles: new Map(), groups: new Map() });
  const lasting = sql<boolean>`(expires_at is null or expires_at > ${databaseNow(clock)})`;
  const profiles = await db
    .selectFrom('profiles')
    .select(['account_id', 'claims', 'attributes'])
    .where('account_id', '=', anyOf(ids))
    .execute();
  const roles = await db
    .selectFrom('role_assignments')
    .select(['account_id', 'role as name', 'expires_at'])
    .where('account_id', '=', anyOf(ids))
    .where(lasting)
    .execute();
  const groups = await db
    .selectFrom('group_members')
    .select(['account_id', 'group_name as name', 'expires_at'])
    .where('account_id', '=', anyOf(ids))
    .where(lasting)
    .execute();
  const profileOf = new Map(profiles.map(({ account_id, ...profile }) => [account_id, profile]));
  const [rolesOf, groupsOf] = [byAccount(roles), byAccount(groups)];
  return (id) => ({ profile: profileOf.get(id) ?? NO_PROFILE, roles: rolesOf(id), groups: groupsOf(id) });
}

function byAccount(rows: readonly { account_id: string; name: string; expires_at: Date | null }[]) {
  const grouped = Map.groupBy(rows, ({ account_id }) => account_id);
  return (id: string): ReadonlyMap<string, Date | undefined> =>
    new Map((grouped.get(id) ?? []).map(({ name, expires_at }) => [name, expires_at ?? undefined]));
}
