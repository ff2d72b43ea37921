// Administrators find accounts by how a word of theirs begins, in every order, and no page reads all of them.
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAccountCursor } from '../../src/administration/account-search/cursor.ts';
import { ACCOUNT_SORTS } from '../../src/administration/account-search/orders.ts';
import { type AccountSearch, searchAccounts } from '../../src/administration/search-accounts.ts';
import type { Database } from '../../src/database/schema.ts';
import { postgresAvailable } from '../support/database.ts';
import { openOwnPool } from '../support/own-pool.ts';
import { KINDS } from './racing.ts';
import { openStore, type Store } from './stored.ts';

const MANY = 3000;
/** A statement has its time; `rows` are a multiple of it. */
const AT_ONCE = 3000;

type Person = readonly [id: string, email: string, username: string | null, name: string | null, more?: Partial<Row>];

interface Row {
  readonly status: 'active' | 'banned';
  /** Minutes before noon. */
  readonly made: number;
  readonly seen: number | null;
}

const PEOPLE: readonly Person[] = [
  ['id-ada', 'ada@example.test', 'lovelace', 'Augusta Ada King', { made: 40, seen: 3 }],
  ['id-adam', 'adam@example.test', 'adam_', 'Adam', { made: 30, seen: null }],
  ['id-ben', 'ben@example.test', null, 'Adalbert B', { made: 30, seen: 2 }],
  ['id-cleo', 'cleo%x@example.test', 'cleo', '100% Cleo', { made: 20, seen: 1, status: 'banned' }],
  ['id-dan', 'd_n@example.test', null, 'Österreicher', { made: 10, seen: null, status: 'banned' }],
];

const insert = ({ deps }: Store, people: readonly Person[]) =>
  deps.db
    .insertInto('accounts')
    .values(
      people.map(([id, email, username, name, { status = 'active' as const, made = 0, seen = null } = {}]) => ({
        id,
        email,
        email_key: email,
        username,
        username_key: username,
        display_name: name,
        status,
        created_at: sql<Date>`timestamptz '2026-05-04 12:00:00+00' - make_interval(mins => ${made})`,
        updated_at: sql<Date>`now()`,
        last_sign_in_at:
          seen === null ? null : sql<Date>`timestamptz '2026-05-04 12:00:00+00' - make_interval(mins => ${seen})`,
      })),
    )
    .execute();

/** Accounts `many-…` and `other-…`, made in that order; every tenth is banned. */
async function insertMany({ deps }: Store, prefix: string, rows: number): Promise<void> {
  for (let from = 1; from <= rows; from += AT_ONCE) {
    await sql`
      insert into accounts (id, email, email_key, username, username_key, display_name, status, created_at, updated_at)
      select ${prefix}::text || i, ${prefix}::text || i || '@bulk.test', ${prefix}::text || i || '@bulk.test',
        ${prefix}::text || i, ${prefix}::text || i, initcap(${prefix}) || i,
        case when i % 10 = 0 then 'banned' else 'active' end,
        timestamptz '2020-01-01 00:00:00+00' + make_interval(secs => i), now()
      from generate_series(${from}::int, ${from + AT_ONCE - 1}::int) i`.execute(deps.db);
  }
}

describe.each(KINDS)('on %s, a search', (kind) => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(kind);
    await insert(store, PEOPLE);
    await grants(store);
  });
  afterAll(() => store.database.close());

  async function grants({ deps: { db } }: Store): Promise<void> {
    const role = (name: string, gone_at: Date | null = null) => ({ name, description: '', gone_at });
    await db
      .insertInto('roles')
      .values([role('editor'), role('chief'), role('gone', new Date())])
      .execute();
    await db.insertInto('role_includes').values({ role: 'chief', includes: 'editor' }).execute();
    const groups = ['authors', 'empty'].map((name) => ({ name, description: '' }));
    await db.insertInto('groups').values(groups).execute();
    await db.insertInto('group_roles').values({ group_name: 'authors', role: 'editor' }).execute();
    const past = new Date('2020-01-01T00:00:00Z');
    await db
      .insertInto('role_assignments')
      .values([
        { account_id: 'id-ada', role: 'editor', expires_at: null },
        { account_id: 'id-adam', role: 'chief', expires_at: null },
        { account_id: 'id-dan', role: 'editor', expires_at: past },
        { account_id: 'id-dan', role: 'gone', expires_at: null },
      ])
      .execute();
    await db
      .insertInto('group_members')
      .values([
        { group_name: 'authors', account_id: 'id-ben', expires_at: null },
        { group_name: 'authors', account_id: 'id-cleo', expires_at: past },
      ])
      .execute();
  }

  const found = async (search: Partial<AccountSearch>): Promise<string[]> => {
    const page = await searchAccounts(store.deps, { sort: 'email', limit: 50, ...search });
    return page.accounts.map(({ id }) => id.replace('id-', ''));
  };

  /** All pages, of so many each. */
  async function everything(search: Partial<AccountSearch>, limit = 2): Promise<string[]> {
    const ids: string[] = [];
    let next: string | undefined;
    do {
      const after = readAccountCursor(next);
      const page = await searchAccounts(store.deps, { sort: 'email', ...search, limit, after });
      expect(page.accounts.length).toBeLessThanOrEqual(limit);
      ids.push(...page.accounts.map(({ id }) => id.replace('id-', '')));
      next = page.next;
    } while (next !== undefined);
    return ids;
  }

  test('finds by the beginning of an address, a username or a name, in any case, each account once', async () => {
    expect(await found({ q: 'ada' })).toEqual(['ada', 'adam', 'ben']);
    expect(await found({ q: ' ADAM' })).toEqual(['adam']);
    expect(await found({ q: 'Love' })).toEqual(['ada']);
    expect(await found({ q: 'augusta a' })).toEqual(['ada']);
    expect(await found({ q: 'example' })).toEqual([]);
  });

  test('finds by a whole identifier, not by a part of it', async () => {
    expect(await found({ q: 'id-dan' })).toEqual(['dan']);
    expect(await found({ q: 'id-da' })).toEqual([]);
    expect(await found({ q: 'ID-DAN' })).toEqual([]);
  });

  test('takes what stands for anything elsewhere as what it is', async () => {
    expect(await found({ q: '%' })).toEqual([]);
    expect(await found({ q: '100%' })).toEqual(['cleo']);
    expect(await found({ q: 'cleo%' })).toEqual(['cleo']);
    expect(await found({ q: 'd_' })).toEqual(['dan']);
    expect(await found({ q: 'adam\\_' })).toEqual([]);
    expect(await found({ q: 'adam_' })).toEqual(['adam']);
  });

  test('keeps to status, role and group, also all at once', async () => {
    expect(await found({ status: 'banned' })).toEqual(['cleo', 'dan']);
    expect(await found({ status: 'active' })).toEqual(['ada', 'adam', 'ben']);
    // Given, included by another, through a group; what has expired or is declared no longer does not count.
    expect(await found({ role: 'editor' })).toEqual(['ada', 'adam', 'ben']);
    expect(await found({ role: 'chief' })).toEqual(['adam']);
    expect(await found({ role: 'gone' })).toEqual([]);
    expect(await found({ role: 'none' })).toEqual([]);
    expect(await found({ group: 'authors' })).toEqual(['ben']);
    expect(await found({ group: 'empty' })).toEqual([]);
    expect(await found({ q: 'ada', role: 'editor', group: 'authors', status: 'active' })).toEqual(['ben']);
    expect(await found({ q: 'ada', status: 'banned' })).toEqual([]);
  });

  const ORDERS = {
    newest: ['dan', 'cleo', 'ben', 'adam', 'ada'],
    oldest: ['ada', 'adam', 'ben', 'cleo', 'dan'],
    email: ['ada', 'adam', 'ben', 'cleo', 'dan'],
    email_desc: ['dan', 'cleo', 'ben', 'adam', 'ada'],
    last_sign_in: ['cleo', 'ben', 'ada', 'dan', 'adam'],
    longest_away: ['adam', 'dan', 'ada', 'ben', 'cleo'],
  };

  test.each(ACCOUNT_SORTS)('by %s has the same order page by page, with nobody twice or left out', async (sort) => {
    expect(await found({ sort })).toEqual(ORDERS[sort]);
    expect(await everything({ sort }, 1)).toEqual(ORDERS[sort]);
    expect(await everything({ sort, q: 'ada' }, 1)).toEqual(ORDERS[sort].filter((id) => /^(ada|adam|ben)$/.test(id)));
  });

  test('goes on from a place of another order at the beginning', async () => {
    const page = await searchAccounts(store.deps, { sort: 'newest', limit: 1 });
    expect(await found({ sort: 'email', after: readAccountCursor(page.next) })).toEqual(ORDERS.email);
    expect(readAccountCursor('made up')).toBeUndefined();
    const forged = Buffer.from('{"by":"newest; --","key":"1","id":"1"}').toString('base64url');
    expect(readAccountCursor(forged)).toBeUndefined();
  });

  describe('among many', () => {
    beforeAll(async () => {
      await insertMany(store, 'many-', MANY);
      await sql`insert into role_assignments (account_id, role) select id, 'chief' from accounts
        where id like 'many-%'`.execute(store.deps.db);
    });

    test('that fit is in the order that was asked for', async () => {
      const page = await searchAccounts(store.deps, { role: 'editor', sort: 'oldest', limit: 3 });
      expect(page.accounts.map(({ id }) => id)).toEqual(['many-1', 'many-2', 'many-3']);
      expect(await everything({ role: 'editor', sort: 'newest' }, 500)).toHaveLength(MANY + 3);
      const both = await everything({ role: 'editor', status: 'banned', sort: 'email' }, 64);
      expect(both).toHaveLength(MANY / 10);
      const addresses = both.map((id) => `${id}@bulk.test`);
      expect(addresses).toEqual([...addresses].sort());
    });
  });
});

describe.skipIf(!postgresAvailable())('with very many accounts on postgres', () => {
  const ROWS = 30_000;
  let store: Store;
  let pool: Pool;
  const asked: { sql: string; parameters: readonly unknown[] }[] = [];

  beforeAll(async () => {
    store = await openStore('postgres');
    await insertMany(store, 'person-', ROWS);
    const { db } = store.deps;
    await db.insertInto('roles').values({ name: 'editor', description: '' }).execute();
    const groups = ['authors', 'everybody'].map((name) => ({ name, description: '' }));
    await db.insertInto('groups').values(groups).execute();
    await sql`insert into group_members (group_name, account_id) select 'everybody', id from accounts`.execute(db);
    await sql`insert into role_assignments (account_id, role) select id, 'editor' from accounts`.execute(db);
    await sql`insert into group_members (group_name, account_id) select 'authors', id from accounts
      where id like '%77'`.execute(db);
    await sql`analyze`.execute(db);
    pool = openOwnPool(store.database.url);
  });
  afterAll(async () => {
    await pool.end();
    await store.database.close();
  });

  interface Plan {
    readonly 'Node Type': string;
    readonly 'Relation Name'?: string;
    readonly Plans?: readonly Plan[];
  }

  const scansIn = (plan: Plan): string[] => [
    ...(plan['Relation Name'] === undefined ? [] : [`${plan['Node Type']} of ${plan['Relation Name']}`]),
    ...(plan.Plans ?? []).flatMap(scansIn),
  ];

  async function scansOf(search: Partial<AccountSearch>): Promise<string[]> {
    asked.length = 0;
    const log = ({ query }: { query: { sql: string; parameters: readonly unknown[] } }) => void asked.push(query);
    const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }), log });
    const page = await searchAccounts({ ...store.deps, db }, { sort: 'newest', limit: 50, ...search });
    await searchAccounts(
      { ...store.deps, db },
      { sort: 'newest', limit: 50, ...search, after: readAccountCursor(page.next) },
    );
    const scans: string[] = [];
    // Again as they were asked, with what was set for them.
    for (const query of [...asked]) {
      if (/^(begin|commit)|set_config/.test(query.sql)) {
        await pool.query(query.sql, [...query.parameters]);
        continue;
      }
      const { rows } = await pool.query(`explain (format json) ${query.sql}`, [...query.parameters]);
      scans.push(...scansIn(rows[0]['QUERY PLAN'][0].Plan));
    }
    return scans;
  }

  /** Of a range of an index, as a bitmap, all is read before the first row is seen. */
  const BIG = /(Seq Scan|Bitmap Heap Scan) of (accounts|role_assignments|group_members)/;

  test.each<Partial<AccountSearch>>([
    ...ACCOUNT_SORTS.map((sort) => ({ sort })),
    { q: 'person-1' },
    { q: 'person-29999@bulk.test', sort: 'last_sign_in' },
    { q: 'nobody' },
    { q: 'p' },
    { q: 'p', sort: 'email_desc' },
    { q: 'p', status: 'banned' },
    { status: 'banned', sort: 'email' },
    { status: 'active', sort: 'longest_away' },
    { role: 'editor', sort: 'email_desc' },
    { group: 'authors' },
    { group: 'everybody', sort: 'email' },
    { q: 'person', role: 'editor', group: 'authors', status: 'active' },
  ])('%j reads no table from end to end', async (search) => {
    const scans = await scansOf(search);
    expect(scans.length).toBeGreaterThan(0);
    expect(scans.filter((scan) => BIG.test(scan))).toEqual([]);
  });
});
