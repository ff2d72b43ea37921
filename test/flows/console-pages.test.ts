// Whoever reads a long list of the console goes on page by page, and back the same way.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeAccountCursor } from '../../src/administration/account-search/cursor.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { putModel } from '../support/model.ts';
import { API, startTestServer, type TestServer } from '../support/start-server.ts';

const ACCOUNTS = 1600;
/** Of them, who is in the group, has the role, is signed in, waits for a mail, has registered. */
const SOME = 160;

let server: TestServer;
let root: AdministratorInTest;

beforeAll(async () => {
  server = await startTestServer();
  const { db } = server.database;
  await putModel(db, {
    permissions: { [API]: ['posts:add'] },
    roles: { writer: { permissions: [`${API} posts:add`] } },
    groups: { authors: [] },
  });
  const number = sql`lpad(i::text, 4, '0')`;
  const id = sql`md5('account ' || i)::uuid::text`;
  const email = sql`'page-' || ${number} || '@example.test'`;
  const upTo = (count: number) => sql`generate_series(0, ${sql.lit(count - 1)}) as i`;
  const before = sql`now() - make_interval(secs => i * 60)`;
  for (const statement of [
    sql`insert into accounts (id, email, email_key, email_verified_at, status, created_at, updated_at)
      select ${id}, ${email}, ${email}, now(), 'active', ${before}, now() from ${upTo(ACCOUNTS)}`,
    sql`insert into group_members (group_name, account_id) select 'authors', ${id} from ${upTo(SOME)}`,
    sql`insert into role_assignments (account_id, role) select ${id}, 'writer' from ${upTo(SOME)}`,
    sql`insert into session_details (session_uid, account_id, user_agent, first_address, last_address, created_at,
        last_seen_at, expires_at)
      select 'uid-' || i, ${id}, 'Test', '192.0.2.7', '192.0.2.7', ${before}, ${before}, now() + interval '7 days'
      from ${upTo(SOME)}`,
    sql`insert into mail_outbox (id, recipient, language, message, created_at, next_attempt_at, give_up_after)
      select 'mail-' || i, ${email}, 'en', 'account_deleted', ${before}, now() + interval '2 days', now() + interval '3 days'
      from ${upTo(SOME)}`,
    sql`insert into audit_events (at, event, actor, request_id, outcome)
      select ${before}, 'account.registered', 'server', 'page-' || ${number}, 'success' from ${upTo(SOME)}`,
  ]) {
    await statement.execute(db);
  }
  root = await administrator(server);
});

afterAll(() => server.stop());

const opens = (path: string) => root.browser.open(`${server.issuer}/admin/${path}`);

/** What stands on this page of the list, each once, in its order. */
const listed = (): readonly string[] => [...new Set(root.browser.text.match(/page-\d{4}\w?/g) ?? [])];

const links = (): readonly string[] =>
  root.browser.document.querySelectorAll('nav.pages a').map((link) => link.textContent.trim());

const FIRST = 'Back to the start';
const PREVIOUS = 'Previous page';
const NEXT = 'Next page';

const LISTS = [
  ['accounts of a group, by address', 'accounts?group=authors&sort=email'],
  ['accounts of a role, newest first', 'accounts?role=writer'],
  ['members of a group', 'groups/authors'],
  ['who has a role', 'roles/writer'],
  ['who has a permission', `permissions/one?${new URLSearchParams({ resource: API, name: 'posts:add' })}`],
  ['who is signed in', 'sessions'],
  ['mails that wait', 'outbox'],
  ['events', 'audit?event=account.registered'],
] as const;

describe('A long list of the console', () => {
  test.each(LISTS)('of %s goes on page by page, and back the same way', async (_name, path) => {
    await opens(path);
    expect(links()).toEqual([NEXT]);
    const pages = [listed()];
    while (links().includes(NEXT)) {
      await root.browser.click(NEXT);
      pages.push(listed());
      expect(links()).toEqual(expect.arrayContaining([FIRST, PREVIOUS]));
    }
    expect(pages.length).toBeGreaterThan(3);
    expect(new Set(pages.flat()).size).toBe(SOME);
    expect(pages.flat()).toHaveLength(SOME);
    for (const page of pages.slice(0, -1).reverse()) {
      await root.browser.click(PREVIOUS);
      expect(listed()).toEqual(page);
    }
    expect(links()).toEqual([NEXT]);
    await root.browser.click(NEXT);
    await root.browser.click(NEXT);
    await root.browser.click(PREVIOUS);
    await root.browser.click(NEXT);
    expect(listed()).toEqual(pages[2]);
    await root.browser.click(FIRST);
    expect(listed()).toEqual(pages[0]);
  });

  test('loses nobody who comes in between, whichever way it is read, and stands on no account that has gone', async () => {
    const { db } = server.database;
    await opens('accounts?group=authors&sort=email');
    await root.browser.click(NEXT);
    await root.browser.click(NEXT);
    expect(listed()[0]).toBe('page-0100');
    const { id } = await server.person({ email: 'page-0060b@example.test' });
    await db.insertInto('group_members').values({ group_name: 'authors', account_id: id }).execute();
    await db
      .deleteFrom('group_members')
      .where('account_id', '=', await idOf('page-0049'))
      .execute();
    await root.browser.click(PREVIOUS);
    expect(listed()).toEqual([...named(50, 60), 'page-0060b', ...named(61, 98)]);
    await root.browser.click(NEXT);
    expect(listed()[0]).toBe('page-0099');
    await root.browser.click(PREVIOUS);
    await root.browser.click(PREVIOUS);
    expect(listed()).toEqual([...named(0, 48), 'page-0050']);
  });

  test('is as far back as its address can say, and says so by leading to the start', async () => {
    await opens('accounts?q=page-&sort=email');
    let pages = 1;
    while (links().includes(NEXT)) {
      await root.browser.click(NEXT);
      pages += 1;
      expect(root.browser.page.url.length).toBeLessThan(3000);
    }
    expect(pages).toBeGreaterThan(30);
    let back = 0;
    while (links().includes(PREVIOUS)) {
      await root.browser.click(PREVIOUS);
      back += 1;
    }
    expect(back).toBeGreaterThanOrEqual(12);
    expect(back).toBeLessThan(pages - 1);
    expect(links()).toEqual([FIRST, NEXT]);
    await root.browser.click(NEXT);
    expect(links()).toEqual([FIRST, PREVIOUS, NEXT]);
  });

  test('has no way back that nobody came, and none to where another address says', async () => {
    const place = (by: 'email' | 'newest') => writeAccountCursor({ by, key: 'page-0700', id: 'a' });
    const list = 'accounts?q=page-&sort=email';
    for (const back of [
      'https://evil.example/',
      '//evil.example',
      '<script>',
      `${place('email')} -`,
      `- ${place('newest')}`,
      `- ${place('email')} evil`,
      `${'- '.repeat(3)}-`,
      Array.from({ length: 60 }, () => place('email')).join(' '),
    ]) {
      await opens(`${list}&${new URLSearchParams({ after: place('email'), back })}`);
      expect([back, root.browser.page.status, links()]).toEqual([back, 200, [FIRST, NEXT]]);
      expect(root.browser.document.querySelector('nav.pages')?.toString()).not.toMatch(/evil|script/);
    }
    await opens(`${list}&${new URLSearchParams({ back: `- ${place('email')}` })}`);
    expect(links()).toEqual([NEXT]);
    for (const path of ['sessions', 'outbox', 'audit', 'groups/authors', 'roles/writer']) {
      await opens(`${path}?${new URLSearchParams({ after: '1.a', before: '1', back: `- ${place('email')} '` })}`);
      expect([path, links().includes(PREVIOUS)]).toEqual([path, false]);
    }
  });

  test('of events says what cannot be looked for, as one says it', async () => {
    await opens('audit?from=yesterday&until=never&address=here');
    expect(root.browser.page.status).toBe(400);
    expect(root.browser.text).toContain('This cannot be looked for: address, from, and until.');
    const german = await root.browser.request(root.browser.page.url, { headers: { 'accept-language': 'de' } });
    expect(await german.text()).toContain('Danach lässt sich nicht suchen: address, from und until.');
  });

  test('names its pages for those who hear them, in their language', async () => {
    await opens('sessions');
    await root.browser.click(NEXT);
    const nav = root.browser.document.querySelector('nav.pages');
    expect(nav?.getAttribute('aria-label')).toBe('Pages of this list');
    expect(nav?.querySelector('a[rel=prev]')?.textContent).toBe(PREVIOUS);
    const german = await root.browser.request(root.browser.page.url, { headers: { 'accept-language': 'de' } });
    expect(await german.text()).toMatch(/aria-label="Seiten dieser Liste".*rel="prev">Vorige Seite</s);
  });
});

const named = (first: number, last: number): readonly string[] =>
  Array.from({ length: last - first + 1 }, (_, at) => `page-${String(first + at).padStart(4, '0')}`);

const idOf = async (name: string): Promise<string> => {
  const { db } = server.database;
  const email = `${name}@example.test`;
  return (await db.selectFrom('accounts').select('id').where('email', '=', email).executeTakeFirstOrThrow()).id;
};
