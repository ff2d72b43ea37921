// All accounts as rows that an import takes back, some at a time, in the order of their ids.
import type { Selectable } from 'kysely';
import { ACCOUNT_COLUMNS } from '../accounts/account-row.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import type { AccountsTable } from '../database/schema.ts';
import { detailsOf } from './existing.ts';
import { type Given, writeGiven } from './given.ts';
import type { AccountRecord } from './record.ts';

const BATCH = 500;

const COLUMNS = [...ACCOUNT_COLUMNS, 'password_hash', 'terms_version', 'terms_accepted_at'] as const;

type Row = Pick<Selectable<AccountsTable>, (typeof COLUMNS)[number]>;

/** Without those whose owners have asked for their deletion. */
export async function* exportAccounts(
  deps: { readonly db: Db; readonly clock: Clock },
  { withPasswordHashes }: { withPasswordHashes: boolean },
): AsyncGenerator<AccountRecord> {
  let after = '';
  for (;;) {
    const rows: readonly Row[] = await deps.db
      .selectFrom('accounts')
      .select(COLUMNS)
      .where('id', '>', after)
      .orderBy('id')
      .limit(BATCH)
      .execute();
    const ids = rows.map(({ id }) => id);
    const details = await detailsOf(deps, ids);
    for (const row of rows) {
      if (row.status !== 'deleting') yield recordOf(row, details(row.id), withPasswordHashes);
    }
    const last = ids.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

function recordOf(
  row: Row,
  { profile, roles, groups }: ReturnType<Awaited<ReturnType<typeof detailsOf>>>,
  withPasswordHashes: boolean,
): AccountRecord {
  const stated = {
    sub: row.id,
    email: row.email,
    email_verified: row.email_verified_at !== null,
    username: row.username,
    name: row.display_name,
    language: row.language,
    password_hash: withPasswordHashes ? row.password_hash : null,
    status: row.status === 'banned' ? 'banned' : 'active',
    status_reason: row.status_reason,
    created_at: row.created_at.toISOString(),
    last_sign_in_at: row.last_sign_in_at?.toISOString(),
    terms_version: row.terms_version,
    terms_accepted_at: row.terms_accepted_at?.toISOString(),
    roles: written(roles),
    groups: written(groups),
    profile: unlessEmpty(profile.claims),
    attributes: unlessEmpty(profile.attributes),
  };
  return Object.fromEntries(Object.entries(stated).filter(([, value]) => value != null)) as AccountRecord;
}

function written(names: ReadonlyMap<string, Date | undefined>): string[] | undefined {
  const given: Given[] = [...names].map(([name, expiresAt]) => ({ name, expiresAt }));
  return given.length === 0 ? undefined : given.map(writeGiven).sort();
}

const unlessEmpty = (values: Readonly<Record<string, unknown>>) =>
  Object.keys(values).length === 0 ? undefined : values;
