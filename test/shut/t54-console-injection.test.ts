// T54: what is typed into a filter of the console, chosen as an order or carried by a cursor is a value, never a piece of a statement.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAccountCursor, writeAccountCursor } from '../../src/administration/account-search/cursor.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { INJECTIONS, UNTEXTS } from './injections.ts';

let server: TestServer;
let root: AdministratorInTest;

beforeAll(async () => {
  server = await startTestServer();
  for (const name of ['ada', 'adam', 'ben']) await server.person({ email: `${name}@example.test`, roles: ['editor'] });
  root = await administrator(server);
});

afterAll(() => server.stop());

/** The accounts listed, or undefined where the page says that the filter is none; slow is a sleep that was heard. */
async function listed(path: string, query: string): Promise<readonly string[] | undefined> {
  const begun = performance.now();
  const answer = await root.browser.request(`${server.issuer}${path}?${query}`);
  const text = await answer.text();
  expect([200, 400, 404], `${path}?${query}`).toContain(answer.status);
  expect(performance.now() - begun, `${path}?${query}`).toBeLessThan(10_000);
  expect(text).not.toMatch(/argon2|syntax error|PostgreSQL|SQLSTATE|pg_sleep\(\) /i);
  if (answer.status !== 200) return undefined;
  return [...text.matchAll(/href="\/admin\/accounts\/([0-9a-f-]{36})"/g)].map(([, id = '']) => id);
}

const query = (name: string, value: string) => new URLSearchParams({ [name]: value }).toString();

const rows = async (): Promise<string> => {
  const { db } = server.database;
  const accounts = await db
    .selectFrom('accounts')
    .select(['id', 'email', 'status', 'password_hash'])
    .orderBy('id')
    .execute();
  const roles = await db.selectFrom('role_assignments').selectAll().orderBy('account_id').execute();
  return JSON.stringify([accounts, roles]);
};

const console_ = '/admin/accounts';

describe('T54 injection into the console (GHSA-hq57-mx2r-8rhc, CVE-2026-45325, CVE-2024-31995; ASVS 1.2.4)', () => {
  test('the search finds nobody by what is no beginning of theirs, and whoever is really called so', async () => {
    const { db } = server.database;
    const before = await rows();
    const ada = await db
      .selectFrom('accounts')
      .select('id')
      .where('email', '=', 'ada@example.test')
      .executeTakeFirstOrThrow();
    for (const injection of INJECTIONS) {
      expect([injection, await listed(console_, query('q', injection))]).toEqual([injection, []]);
    }
    for (const injection of INJECTIONS.filter((text) => text.length < 100 && text.trim() === text)) {
      await db.updateTable('accounts').set({ display_name: injection }).where('id', '=', ada.id).execute();
      expect([injection, await listed(console_, query('q', injection))]).toEqual([injection, [ada.id]]);
    }
    expect(await rows()).toBe(before);
  }, 120_000);

  test('as a role or a group it is one that nobody has; as a status or an order it is none', async () => {
    const before = await rows();
    const all = await listed(console_, '');
    expect(all?.length).toBe(4);
    for (const injection of INJECTIONS) {
      for (const name of ['role', 'group']) {
        expect([name, injection, await listed(console_, query(name, injection))]).toEqual([name, injection, []]);
      }
      for (const name of ['status', 'sort']) {
        expect([name, injection, await listed(console_, query(name, injection))]).toEqual([name, injection, all]);
      }
    }
    expect(await rows()).toBe(before);
  }, 120_000);

  test('in a cursor it is a place in the order, or no cursor', async () => {
    const before = await rows();
    const all = await listed(console_, 'sort=email');
    for (const injection of INJECTIONS) {
      expect([injection, await listed(console_, `sort=email&${query('after', injection)}`)]).toEqual([injection, all]);
      for (const by of ['email', 'newest', 'last_sign_in'] as const) {
        const places = [
          { by, key: injection, id: 'a' },
          { by, key: 'a', id: injection },
        ];
        for (const place of places) {
          const after = writeAccountCursor(place);
          const found = await listed(console_, `sort=${by}&after=${after}`);
          expect([place, found?.every((id) => all?.includes(id))]).toEqual([place, true]);
        }
      }
      const forged = Buffer.from(JSON.stringify({ by: injection, key: 'a', id: 'b' })).toString('base64url');
      expect(readAccountCursor(forged)).toBeUndefined();
    }
    for (const odd of [
      { by: 'email', key: ['a'], id: 'b' },
      { by: 'email', key: 'a', id: 'b', more: 1 },
      7,
      null,
      [],
    ]) {
      const after = Buffer.from(JSON.stringify(odd)).toString('base64url');
      expect(await listed(console_, `sort=email&after=${after}`)).toEqual(all);
    }
    expect(await rows()).toBe(before);
  }, 180_000);

  test('what is no text, twice, nested or an array asks for nothing', async () => {
    for (const name of ['q', 'status', 'role', 'group', 'sort', 'after']) {
      for (const text of UNTEXTS) await listed(console_, query(name, text));
      for (const raw of ['%00', '%FF', '%ED%A0%80']) await listed(console_, `${name}=${raw}`);
      for (const raw of [`${name}=a&${name}=b`, `${name}[]=a`, `${name}[$ne]=a`, `${name}[like]=%25`]) {
        expect(await listed(console_, raw)).toHaveLength(4);
      }
    }
  });

  test('no page of the console breaks on it, in any filter that its form has and in its path', async () => {
    const before = await rows();
    const some = [...INJECTIONS.filter((_, at) => at % 3 === 0), ...UNTEXTS];
    const pages = server.routes.filter(
      ({ method, path, access }) => method === 'GET' && access.rule === 'administrator' && path !== console_,
    );
    let tried = 0;
    for (const { path } of pages) {
      if (path.includes(':')) {
        for (const injection of some) {
          const address = path.replaceAll(/:\w+/g, encodeURIComponent(injection.slice(0, 300)));
          await listed(address, '');
          tried += 1;
        }
        continue;
      }
      await root.browser.open(`${server.issuer}${path}`);
      const form = root.browser.document.querySelector('form[role=search]');
      const names = (form?.querySelectorAll('input,select') ?? []).map((field) => field.getAttribute('name') ?? '');
      for (const name of [...new Set([...names, 'after', 'before', 'page', 'cursor'])].filter(Boolean)) {
        for (const injection of some) {
          await listed(path, query(name, injection));
          tried += 1;
        }
      }
    }
    expect(tried).toBeGreaterThan(500);
    expect(await rows()).toBe(before);
  }, 600_000);
});
