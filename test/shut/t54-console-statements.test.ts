// T54: whatever is typed into the console, the database is asked what it is asked for harmless values: the same texts.
import { createServer } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeAccountCursor } from '../../src/administration/account-search/cursor.ts';
import { ACCOUNT_SORTS } from '../../src/administration/account-search/orders.ts';
import { describeKeys } from '../../src/keys/signing-keys.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { movingClock } from '../support/moving-clock.ts';
import { freePort, startTestServer, type TestServer } from '../support/start-server.ts';
import { foreignTo, listensToStatements } from '../support/statement-texts.ts';
import { INJECTIONS } from './injections.ts';

const statements = listensToStatements();

let server: TestServer;
let root: AdministratorInTest;
let ada: string;
let kid: string;

beforeAll(async () => {
  server = await startTestServer();
  ada = (await server.person({ email: 'ada@example.test', name: 'Ada', roles: ['editor'] })).id;
  const { db } = server.database;
  await db.insertInto('groups').values({ name: 'authors', description: 'Who writes' }).execute();
  await db.insertInto('group_members').values({ group_name: 'authors', account_id: ada }).execute();
  kid = (await describeKeys(db))[0]?.kid ?? '';
  root = await administrator(server);
});

afterAll(async () => {
  statements.stop();
  await server.stop();
});

const NOBODY = '01a00000-0000-7000-8000-000000000000';

/** What people type who look for something. */
const words = () => [
  '',
  'ada',
  'ada@example.test',
  'Nobody Known',
  ada,
  'editor',
  'authors',
  'x'.repeat(300),
  'https://api.example.test',
  'role:editor',
  'sign_in.',
  '192.0.2.7',
  '2026-01-01',
];

/** Where the lists of the console go on, as their own addresses say it. */
const places = () => [
  'ada',
  NOBODY,
  '7',
  '1700000000000000.abc',
  ...ACCOUNT_SORTS.map((by) => writeAccountCursor({ by, key: '1700000000000000', id: NOBODY })),
];

const PLACES = ['after', 'before', 'back'];

/** By its parameter: what there is, and what there is not. */
const named = (path: string): readonly string[] =>
  path.startsWith('/admin/accounts/')
    ? [ada, NOBODY]
    : [path.startsWith('/admin/groups') ? 'authors' : path.startsWith('/admin/keys') ? kid : 'editor', 'web', 'nobody'];

async function looks(path: string, query: Readonly<Record<string, string>> = {}): Promise<void> {
  const answer = await root.browser.request(`${server.issuer}${path}?${new URLSearchParams(query)}`);
  expect([200, 303, 400, 404], `${path} ${JSON.stringify(query)}`).toContain(answer.status);
}

interface Page {
  readonly path: string;
  /** Of its filters, and of where its list goes on. */
  readonly fields: readonly string[];
  readonly options: readonly (readonly [string, string])[];
}

async function pagesOfTheConsole(): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (const { method, path, access } of server.routes) {
    if (method !== 'GET' || access.rule !== 'administrator') continue;
    const [name = ''] = path.includes(':') ? named(path) : [];
    await root.browser.open(`${server.issuer}${path.replaceAll(/:\w+/g, encodeURIComponent(name))}`);
    const fields = root.browser.document
      .querySelectorAll('form[role=search] input, form[role=search] select')
      .map((field) => field.getAttribute('name') ?? '')
      .filter((field) => field !== '');
    const options = root.browser.document.querySelectorAll('form[role=search] option').map((option) => {
      const field = option.closest('select')?.getAttribute('name') ?? '';
      return [field, option.getAttribute('value') ?? ''] as const;
    });
    const more = path.startsWith('/admin/permissions/') ? ['resource', 'name'] : [];
    pages.push({ path, fields: [...new Set([...fields, ...PLACES, ...more])], options });
  }
  return pages;
}

const addressOf = (path: string, name: string) => path.replaceAll(/:\w+/g, encodeURIComponent(name));

async function asksHarmlessly(pages: readonly Page[]): Promise<void> {
  for (const { path, fields, options } of pages) {
    if (path.includes(':')) for (const name of named(path)) await looks(addressOf(path, name));
    const page = addressOf(path, named(path)[0] ?? '');
    for (const field of fields) {
      for (const word of PLACES.includes(field) ? places() : words()) await looks(page, { [field]: word });
    }
    for (const [field, value] of options) await looks(page, { [field]: value });
  }
  for (const by of ACCOUNT_SORTS) {
    const after = writeAccountCursor({ by, key: '1700000000000000', id: NOBODY });
    await looks('/admin/accounts', { sort: by, after });
    await looks('/admin/accounts', { q: 'ada', sort: by, after });
  }
}

async function asksHostilely(pages: readonly Page[], hostile: readonly string[]): Promise<number> {
  let tried = 0;
  for (const { path, fields } of pages) {
    const page = addressOf(path, named(path)[0] ?? '');
    // The busiest lists with all of them; the others, which have the same fields, with a part that is another for each.
    const all = path === '/admin/accounts' || path === '/admin/audit';
    for (const [at, value] of hostile.entries()) {
      if (path.includes(':')) await looks(addressOf(path, value.slice(0, 300)));
      for (const field of fields) {
        if (!all && (at + path.length + field.length) % 7 !== 0) continue;
        await looks(page, { [field]: value });
        tried += 1;
      }
    }
  }
  for (const value of hostile) {
    for (const by of ACCOUNT_SORTS) {
      await looks('/admin/accounts', { sort: by, after: writeAccountCursor({ by, key: value, id: value }) });
      tried += 1;
    }
  }
  return tried;
}

describe('T54 the statements behind the console (Hydra CVE-2026-33504, Casdoor CVE-2022-24124, Kysely CVE-2026-32763)', () => {
  test('hostile filters, orders, cursors and paths ask nothing that harmless ones do not ask, and stand in no text', async () => {
    const pages = await pagesOfTheConsole();
    const harmless = await statements.during(async () => {
      await asksHarmlessly(pages);
      // What is done once in a while, as noting when somebody was last here.
      for (const minutes of [2, 5]) {
        movingClock.advance({ minutes });
        for (const { path } of pages) await looks(addressOf(path, named(path)[0] ?? ''));
      }
    });
    expect(harmless.size).toBeGreaterThan(20);
    let tried = 0;
    const asked = await statements.during(async () => {
      tried = await asksHostilely(pages, INJECTIONS);
    });
    expect(tried).toBeGreaterThan(1000);
    expect(asked.size).toBeGreaterThan(20);
    expect(foreignTo(harmless, asked, INJECTIONS)).toEqual({ shapes: [], withValues: [] });
  }, 600_000);

  test('a page that put a value into the text of a statement would be found out', async () => {
    const careless = createServer(async (request, answer) => {
      const q = new URL(request.url ?? '', 'http://localhost').searchParams.get('q');
      const { db } = server.database;
      await sql`select ${sql.lit(q)} as q`.execute(db);
      await sql`select ${q}::text as q`.execute(db);
      answer.end();
    });
    const port = await freePort();
    await new Promise<void>((resolve) => careless.listen(port, '127.0.0.1', resolve));
    const asks = (q: string) =>
      statements.during(() => fetch(`http://127.0.0.1:${port}/?${new URLSearchParams({ q })}`));
    const harmless = await asks('ada');
    expect([...harmless].sort()).toEqual(['select $1::text as q', "select 'ada' as q"]);
    for (const hostile of ["' or 1=1--", '1 or 1=1']) {
      const planted = [`select '${hostile.replaceAll("'", "''")}' as q`];
      expect(foreignTo(harmless, await asks(hostile), [hostile])).toEqual({ shapes: planted, withValues: planted });
    }
    careless.close();
  });
});
