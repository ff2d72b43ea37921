// Among very many accounts a page of the list can end before it is full: it says so, and goes on where it has stopped looking.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { PROGRAMS, program } from '../support/api.ts';
import type { Browser } from '../support/browser.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

/** More than a page looks at; the 60 who came first are active, and the last but one. */
const MANY = 20_100;
const FIRST = 60;
/** A statement has its time. */
const AT_ONCE = 2010;

let server: TestServer;
let root: AdministratorInTest;

beforeAll(async () => {
  server = await startTestServer({ clients: PROGRAMS });
  root = await administrator(server);
  for (let from = 1; from <= MANY; from += AT_ONCE) {
    await sql`
      insert into accounts (id, email, email_key, status, created_at, updated_at)
      select 'many-' || i, 'many-' || i || '@bulk.test', 'many-' || i || '@bulk.test',
        case when i <= ${FIRST} or i = ${MANY - 1} then 'active' else 'banned' end,
        timestamptz '2020-01-01 00:00:00+00' + make_interval(secs => i), now()
      from generate_series(${from}::int, ${from + AT_ONCE - 1}::int) i`.execute(server.database.db);
  }
}, 120_000);

afterAll(() => server.stop());

const listed = (browser: Browser): string[] =>
  browser.document.querySelectorAll('tbody th a').map((link) => link.textContent.trim());

/** From the one with this number down. */
const down = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `many-${from - at}@bulk.test`);

test('the console says how far it has looked, goes on from there, and leads back', async () => {
  const { browser } = root;
  const path = '/admin/accounts?q=many-&status=active&sort=newest';
  await browser.open(`${server.issuer}${path}`);
  expect(listed(browser)).toEqual([`many-${MANY - 1}@bulk.test`]);
  expect(browser.text).toContain('Nobody else of the 20,000 accounts looked at here fits.');
  expect(browser.document.querySelectorAll('[rel=next]')).toHaveLength(1);
  await browser.click('Look further down');
  expect(listed(browser)).toEqual(down(FIRST, 50));
  expect(browser.text).not.toContain('looked at here');
  await browser.click('Next page');
  expect(listed(browser)).toEqual(down(FIRST - 50, 10));
  expect(browser.document.querySelectorAll('[rel=next]')).toHaveLength(0);
  await browser.click('Previous page');
  await browser.click('Previous page');
  expect(listed(browser)).toEqual([`many-${MANY - 1}@bulk.test`]);
});

test('a page on which nobody is says that there may be some further down, in German too', async () => {
  const { browser } = root;
  await server.database.db
    .updateTable('accounts')
    .set({ status: 'banned' })
    .where('id', '=', `many-${MANY - 1}`)
    .execute();
  await browser.open(`${server.issuer}/admin/accounts?q=many-&status=active&sort=newest`);
  expect(listed(browser)).toEqual([]);
  expect(browser.text).toContain('None of the 20,000 accounts looked at here fits.');
  expect(browser.text).not.toContain('No account fits.');
  await browser.open(`${server.issuer}/admin/accounts?q=many-&status=active&sort=newest&ui_locales=de`);
  expect(browser.text).toContain('Von den 20.000 Konten, die hier durchgesehen wurden, passt keines.');
  await browser.click('Weiter unten suchen');
  expect(listed(browser)).toEqual(down(FIRST, 50));
});

test('a program gets what was found, and a next although the page is not full', async () => {
  const keeper = await program(server);
  const found: string[] = [];
  const sizes: number[] = [];
  let cursor: string | null = null;
  do {
    const asked = new URLSearchParams({
      q: 'many-',
      status: 'active',
      sort: 'newest',
      limit: '40',
      ...(cursor && { cursor }),
    });
    const { status, body, headers } = await keeper.call('GET', `/accounts?${asked}`);
    expect(status).toBe(200);
    cursor = body.next as string | null;
    expect(headers.get('link')?.includes('rel="next"') ?? false).toBe(cursor !== null);
    const items = body.items as { email: string }[];
    found.push(...items.map(({ email }) => email));
    sizes.push(items.length);
  } while (cursor !== null);
  expect(found).toEqual(down(FIRST, FIRST));
  expect(sizes).toEqual([0, 40, 20]);
});
