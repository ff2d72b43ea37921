// T24: what people, apps and mail servers write stays text on every page of the console, which nobody else may frame or keep.
import { type HTMLElement, parse } from 'node-html-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGroup } from '../../src/roles/groups.ts';
import { addMember } from '../../src/roles/members.ts';
import { createPermission } from '../../src/roles/permissions.ts';
import { createRole } from '../../src/roles/roles.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { movingClock } from '../support/moving-clock.ts';
import { API, startTestServer, type TestServer } from '../support/start-server.ts';
import { enrols, visitsAndSignsIn } from '../support/visits.ts';
import { PAYLOADS } from './payloads.ts';

/** All sixty at once: what one of them opens, another would close. */
const HARM = PAYLOADS.join(' ');
const HARMLESS = 'x';

const ADVISORIES = 'Keycloak CVE-2020-10776, CVE-2021-20323; Casdoor CVE-2026-5468; Zitadel CVE-2024-41953';

describe(`T24 cross-site scripting at the console: ${ADVISORIES}`, () => {
  let server: TestServer;
  let root: AdministratorInTest;
  let victim: string;
  const permission = { resource: API, name: 'posts:add' };

  beforeAll(async () => {
    server = await startTestServer();
    const { deps } = server;
    await createRole(deps, { name: 'editor', description: 'x' });
    await createGroup(deps, { name: 'readers', description: 'x', roles: ['editor'] });
    await createPermission(deps, { ...permission, description: 'x' });
    victim = (await server.person({ email: 'victim@example.test', roles: ['author'] })).id;
    await visitsAndSignsIn(server, { identifier: 'victim@example.test' });
    await enrols(server, { identifier: 'victim@example.test' });
    await addMember(deps, { group: 'readers', accountId: victim });
    root = await administrator(server);
  });
  afterAll(() => server.stop());

  /** In whatever the console shows of others. */
  async function written(text: string): Promise<void> {
    const { db } = server.database;
    const own = { status: 'banned', status_reason: text, display_name: text, email: text } as const;
    await db.updateTable('accounts').set(own).where('id', '=', victim).execute();
    for (const table of ['roles', 'groups', 'permissions'] as const) {
      await db.updateTable(table).set({ description: text }).execute();
    }
    await db
      .updateTable('session_details')
      .set({ user_agent: text, last_address: text, first_address: text })
      .execute();
    await db.updateTable('totp_secrets').set({ name: text }).where('account_id', '=', victim).execute();
    await db.deleteFrom('mail_outbox').execute();
    const now = movingClock.now();
    const mail = { id: 'mail', message: 'account_deleted', recipient: text, last_error: text, language: 'en' } as const;
    const times = { created_at: now, next_attempt_at: now, give_up_after: now, given_up_at: now };
    await db
      .insertInto('mail_outbox')
      .values({ ...mail, ...times })
      .execute();
    await db
      .insertInto('audit_events')
      .values({
        at: now,
        event: 'account.changed',
        outcome: 'success',
        account_id: victim,
        actor: `account:${text}`,
        subject: `role:${text}`,
        client_id: text,
        user_agent: text,
        request_id: text,
        details: JSON.stringify({ [text]: text, before: { name: text } }),
      })
      .execute();
  }

  /** Of the routes themselves; with what is there in the place of their names. */
  function addresses(typed: string): readonly string[] {
    const query = (words: Record<string, string>) => new URLSearchParams(words).toString();
    const named = query(permission);
    const asked: Readonly<Record<string, readonly string[]>> = {
      '/admin/accounts': [query({ q: typed, role: typed, group: typed })],
      '/admin/audit': [
        query({ account: victim }),
        query({ actor: typed, subject: typed, request_id: typed, address: typed }),
      ],
      '/admin/preview': [query({ user: typed, client: typed, scope: typed }), query({ user: victim, client: 'web' })],
      '/admin/permissions/one': [named],
      '/admin/permissions/delete': [named],
    };
    const names: Readonly<Record<string, string>> = { '/roles/:name': 'editor', '/groups/:name': 'readers' };
    return server.routes
      .filter(({ method, access }) => method === 'GET' && access.rule === 'administrator')
      .flatMap(({ path }) => {
        const filled = Object.entries(names)
          .reduce((at, [pattern, name]) => at.replace(pattern, pattern.replace(':name', name)), path)
          .replace('accounts/:id', `accounts/${victim}`)
          .replace('outbox/:id', 'outbox/mail')
          .replace(':clientId', 'web');
        return [
          ...(filled.startsWith('/admin/permissions/') ? [] : [filled]),
          ...(asked[path] ?? []).map((words) => `${filled}?${words}`),
        ];
      });
  }

  const visit = async (path: string) => {
    const answer = await root.browser.request(server.issuer + path);
    return { answer, page: parse(await answer.text()) };
  };

  test('no page has an element, an attribute or an address more for what is written in it', async () => {
    await root.browser.open(`${server.issuer}/admin`);
    await written(HARMLESS);
    const harmless: (readonly string[])[] = [];
    for (const path of addresses(HARMLESS)) harmless.push(skeleton((await visit(path)).page));
    await written(HARM);
    let shown = 0;
    for (const [at, path] of addresses(HARM).entries()) {
      const { answer, page } = await visit(path);
      const where = path.slice(0, 80);
      expect([where, answer.status < 500]).toEqual([where, true]);
      expect([where, skeleton(page).filter((kind) => !harmless[at]?.includes(kind))]).toEqual([where, []]);
      for (const target of targets(page))
        expect([where, target]).toEqual([where, expect.stringMatching(/^(?:[#?]|\/(?!\/)|$)/)]);
      if (page.textContent.includes('alert(1)') || page.toString().includes('alert(1)')) shown += 1;
      const { headers } = answer;
      expect([where, headers.get('cache-control'), headers.get('x-frame-options')]).toEqual([
        where,
        'no-store',
        'DENY',
      ]);
      expect(headers.get('content-security-policy')).toMatch(/script-src 'self';.*frame-ancestors 'none'/);
    }
    // Most pages have something of it to show, or the test says nothing.
    expect(shown).toBeGreaterThan(20);
  }, 120_000);
});

/** Kinds of elements, with the names of their attributes: lists grow while they are looked at. */
const skeleton = (page: HTMLElement): readonly string[] => [
  ...new Set(
    page.querySelectorAll('*').map((each) => `${each.rawTagName} ${Object.keys(each.attributes).sort().join(' ')}`),
  ),
];

const targets = (page: HTMLElement): readonly string[] =>
  page
    .querySelectorAll('*')
    .flatMap((each) =>
      ['href', 'src', 'action', 'formaction', 'srcdoc', 'style'].map((name) => each.getAttribute(name)),
    )
    .filter((value) => value !== undefined);
