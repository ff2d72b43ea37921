// Every page of a search stands in the order that was asked for, also where what fits is too much to be sorted, and far down in it.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAccountCursor } from '../../src/administration/account-search/cursor.ts';
import { ACCOUNT_SORTS, type AccountSort } from '../../src/administration/account-search/orders.ts';
import { type AccountSearch, type SearchBounds, searchAccounts } from '../../src/administration/search-accounts.ts';
import { KINDS } from './racing.ts';
import { openStore, type Store } from './stored.ts';

const COUNT = 1000;
const LIMIT = 23;
/** So few that most of what is looked for below is too much to sort, and does not fill a page. */
const SMALL: SearchBounds = { sorted: 40, walked: 130, walkedElsewhere: 90 };

interface Person {
  readonly id: string;
  readonly email: string;
  readonly username: string | null;
  readonly name: string | null;
  readonly status: 'active' | 'banned' | 'deleting';
  /** Microseconds since 1970. */
  readonly made: bigint;
  readonly seen: bigint | null;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

const FIRST = ['ada', 'ben', 'cleo', 'dora', 'emil', 'frida', 'gustav'];
const LAST = ['adler', 'berg', 'conrad', 'dahl', 'engel'];

/** Not by chance: a test that fails once fails always. */
const scattered = (at: number, by: number): number => (at * by) % COUNT;

/** Many at the same moment, and moments that a millisecond does not tell apart. */
const moment = (at: number): bigint => 1_700_000_000_000_000n + BigInt(Math.floor(at / 3)) * 7n;

const personAt = (at: number): Person => {
  const first = FIRST[scattered(at, 389) % FIRST.length];
  const last = LAST[scattered(at, 631) % LAST.length];
  return {
    id: `id-${scattered(at, 1733).toString(36)}`,
    email: `${first}.${last}.${scattered(at, 1009)}@example.test`,
    username: at % 3 === 0 ? `${last}${at}` : null,
    // Who was there first, and nobody else, is called so.
    name:
      at < 150
        ? `Zora ${first}`
        : at % 5 === 0
          ? null
          : `${first} ${last}`.replace(/^./, (letter) => letter.toUpperCase()),
    status: at < 100 ? 'banned' : at % 200 === 107 ? 'deleting' : 'active',
    made: moment(at),
    seen: at % 4 === 0 ? null : moment(scattered(at, 277)),
    roles: [
      ...(at % 33 === 0 ? ['one'] : []),
      ...(at % 66 < 2 ? ['two'] : []),
      ...(at < 125 ? ['early'] : []),
      ...(at % 2 === 0 ? ['even'] : []),
      ...(at % 53 === 0 ? ['rare'] : []),
    ],
    groups: [
      ...(at % 3 === 0 ? ['thirds'] : []),
      ...(at > COUNT - 110 ? ['late'] : []),
      ...(at % 47 === 0 ? ['few'] : []),
    ],
  };
};

const PEOPLE = Array.from({ length: COUNT }, (_, at) => personAt(at));

type Filters = Pick<AccountSearch, 'q' | 'status' | 'role' | 'group'>;

/** The group of a few has a role, and one role is included by two, which many have both of. */
const brings = (role: string, { roles, groups }: Person): boolean =>
  (role === 'early' && groups.includes('few')) || (role === 'both' && (roles.includes('one') || roles.includes('two')));

const fits = ({ q, status, role, group }: Filters, person: Person): boolean =>
  (q === undefined ||
    [person.email, person.username, person.name?.toLowerCase()].some((word) => word?.startsWith(q)) ||
    person.id === q) &&
  (status === undefined || person.status === status) &&
  (role === undefined || person.roles.includes(role) || brings(role, person)) &&
  (group === undefined || person.groups.includes(group));

const KEYS: Readonly<Record<AccountSort, (person: Person) => bigint | string>> = {
  newest: ({ made }) => made,
  oldest: ({ made }) => made,
  email: ({ email }) => email,
  email_desc: ({ email }) => email,
  last_sign_in: ({ seen }) => seen ?? 0n,
  longest_away: ({ seen }) => seen ?? 0n,
};

const DESCENDING: readonly AccountSort[] = ['newest', 'email_desc', 'last_sign_in'];

/** All who fit, sorted where nothing limits it. */
function plainly(filters: Filters, sort: AccountSort): readonly string[] {
  const key = KEYS[sort];
  const compared = (a: Person, b: Person) => {
    const [one, other] = key(a) === key(b) ? [a.id, b.id] : [key(a), key(b)];
    return one < other ? -1 : 1;
  };
  const sorted = PEOPLE.filter((person) => fits(filters, person)).sort(compared);
  return (DESCENDING.includes(sort) ? sorted.reverse() : sorted).map(({ id }) => id);
}

async function insertPeople({ deps: { db } }: Store): Promise<void> {
  const at = (microseconds: bigint) =>
    sql<Date>`timestamptz '1970-01-01 00:00:00+00' + ${String(microseconds)}::bigint * interval '1 microsecond'`;
  for (let from = 0; from < COUNT; from += 200) {
    const rows = PEOPLE.slice(from, from + 200).map(({ id, email, username, name, status, made, seen }) => ({
      id,
      email,
      email_key: email,
      username,
      username_key: username,
      display_name: name,
      status,
      created_at: at(made),
      updated_at: sql<Date>`now()`,
      last_sign_in_at: seen === null ? null : at(seen),
      delete_at: status === 'deleting' ? sql<Date>`now() + interval '9 days'` : null,
    }));
    await db.insertInto('accounts').values(rows).execute();
  }
  const described = (name: string) => ({ name, description: '' });
  await db.insertInto('roles').values(['early', 'even', 'rare', 'one', 'two', 'both'].map(described)).execute();
  await db.insertInto('groups').values(['thirds', 'late', 'few'].map(described)).execute();
  const included = ['one', 'two'].map((role) => ({ role, includes: 'both' }));
  await db.insertInto('role_includes').values(included).execute();
  await db.insertInto('group_roles').values({ group_name: 'few', role: 'early' }).execute();
  const given = PEOPLE.flatMap(({ id, roles }) => roles.map((role) => ({ account_id: id, role })));
  await db.insertInto('role_assignments').values(given).execute();
  const members = PEOPLE.flatMap(({ id, groups }) => groups.map((name) => ({ account_id: id, group_name: name })));
  await db.insertInto('group_members').values(members).execute();
  await sql`analyze`.execute(db);
}

const LOOKED_FOR: readonly Filters[] = [
  {},
  { q: 'a' },
  { q: 'frida' },
  { q: 'frida.berg' },
  { q: 'frida.berg.1' },
  { q: 'zora' },
  { q: 'zora emil' },
  { q: 'berg1' },
  { q: 'id-2s' },
  { q: 'nobody' },
  { status: 'active' },
  { status: 'banned' },
  { status: 'deleting' },
  { role: 'early' },
  { role: 'even' },
  { role: 'rare' },
  { role: 'both' },
  { group: 'late' },
  { group: 'few' },
  { q: 'a', status: 'banned' },
  { q: 'zora', status: 'active' },
  { q: 'e', role: 'early' },
  { q: 'b', role: 'rare', status: 'active' },
  { q: 'a', group: 'late', role: 'even' },
  { status: 'active', role: 'early', group: 'thirds' },
  { q: 'a', status: 'active', role: 'even', group: 'thirds' },
  { q: 'a', status: 'banned', group: 'late' },
];

describe.each(KINDS)('on %s', (kind) => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(kind);
    await insertPeople(store);
  }, 60_000);
  afterAll(() => store.database.close());

  /** From page to page, to the last one. */
  async function paged(filters: Filters, sort: AccountSort, bounds?: SearchBounds) {
    const ids: string[] = [];
    let next: string | undefined;
    let short = 0;
    let pages = 0;
    do {
      const after = readAccountCursor(next);
      const page = await searchAccounts(store.deps, { ...filters, sort, limit: LIMIT, after }, bounds);
      expect(page.accounts.length).toBeLessThanOrEqual(LIMIT);
      // A page that is not full is the last one, or says how far it looked.
      const isShort = page.next !== undefined && page.accounts.length < LIMIT;
      expect(page.lookedAt !== undefined).toBe(isShort);
      if (isShort) short += 1;
      ids.push(...page.accounts.map(({ id }) => id));
      next = page.next;
      pages += 1;
    } while (next !== undefined && pages < COUNT);
    return { ids, short };
  }

  test.each(ACCOUNT_SORTS)(
    'by %s all pages together are what a plain sort gives, whatever is looked for',
    async (sort) => {
      let short = 0;
      for (const filters of LOOKED_FOR) {
        const expected = plainly(filters, sort);
        const found = await paged(filters, sort, SMALL);
        expect(found.ids, JSON.stringify(filters)).toEqual(expected);
        short += found.short;
      }
      expect(short).toBeGreaterThan(20);
    },
    120_000,
  );

  test('what the server itself allows sorts all of them, so that no page is short', async () => {
    for (const filters of LOOKED_FOR.slice(0, 10)) {
      const found = await paged(filters, 'last_sign_in');
      expect(found, JSON.stringify(filters)).toEqual({ ids: plainly(filters, 'last_sign_in'), short: 0 });
    }
  }, 60_000);

  test('a page looks no further than it may, and goes on after the last account looked at', async () => {
    const far = { q: 'zora', sort: 'newest', limit: LIMIT } as const;
    const page = await searchAccounts(store.deps, far, SMALL);
    expect(page).toMatchObject({ accounts: [], lookedAt: SMALL.walked });
    const order = plainly({}, 'newest');
    expect(readAccountCursor(page.next)?.id).toBe(order[SMALL.walked - 1]);
    const holders = await searchAccounts(store.deps, { role: 'early', sort: 'newest', limit: LIMIT }, SMALL);
    expect(holders.lookedAt).toBe(SMALL.walkedElsewhere);
    expect(readAccountCursor(holders.next)?.id).toBe(order[SMALL.walkedElsewhere - 1]);
  });

  test('an account that comes or goes between two pages moves no other', async () => {
    const search = { q: 'a', sort: 'oldest', limit: 5 } as const;
    const first = await searchAccounts(store.deps, search, SMALL);
    const all = plainly({ q: 'a' }, 'oldest');
    expect(first.accounts.map(({ id }) => id)).toEqual(all.slice(0, 5));
    await store.deps.db
      .deleteFrom('accounts')
      .where('id', 'in', [String(all[4]), String(all[6])])
      .execute();
    const after = readAccountCursor(first.next);
    const second = await searchAccounts(store.deps, { ...search, after }, SMALL);
    expect(second.accounts.map(({ id }) => id)).toEqual([all[5], ...all.slice(7, 11)]);
  });
});
