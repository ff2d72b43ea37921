// T47 mass assignment: a profile form takes its own fields and no others, in whatever shape they are sent.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { visitsAndSignsIn } from '../support/visits.ts';

const SETTINGS = `
attributes:
  department: { label: Department, scope: company }
  topic: { label: Topic, scope: company, edit: user }
`;

/** What would make somebody more than they are, or somebody else; T33 (Zitadel CVE-2026-27946): an address verified by saying so. */
const WISHES =
  `roles role is_admin admin email email_verified email_verified_at email_key status status_reason delete_at sub id
  account_id password_hash password totp_secret totp_secrets username username_key created_at updated_at phone_number_verified
  permissions attributes claims attribute_department department attribute_unknown constructor __proto__ prototype`.split(
    /\s+/,
  );

const SHAPES: Readonly<Record<string, (name: string) => string>> = {
  plain: (name) => name,
  array: (name) => `${name}[]`,
  nested: (name) => `account[${name}]`,
  dotted: (name) => `account.${name}`,
  'claims, nested': (name) => `claims[${name}]`,
  prototype: (name) => `__proto__[${name}]`,
  'other case': (name) => name.toUpperCase(),
  'with a blank': (name) => `${name} `,
};

describe('T47 mass assignment: Kanidm GHSA-xxwr-vvr3-2g9f, Keycloak CVE-2024-3656, CVE-2026-94000, CVE-2026-4629', () => {
  let server: TestServer;
  let mallory: Browser;
  let tried = 0;

  beforeAll(async () => {
    server = await startTestServer({ settings: SETTINGS + RESOURCES });
    await server.person({ email: 'mallory@example.test', name: 'Mallory' });
    await server.database.db.updateTable('accounts').set({ email_verified_at: null }).execute();
    mallory = (await visitsAndSignsIn(server, { identifier: 'mallory@example.test' })).browser;
    await mallory.open(`${server.issuer}/account/profile`);
  });

  afterAll(async () => {
    await server.stop();
    expect(tried).toBeGreaterThanOrEqual(WISHES.length * Object.keys(SHAPES).length);
  });

  const state = async (): Promise<string> => {
    const { db } = server.database;
    const tables = await Promise.all([
      db.selectFrom('accounts').selectAll().execute(),
      db.selectFrom('profiles').selectAll().execute(),
      db.selectFrom('role_assignments').selectAll().execute(),
    ]);
    return JSON.stringify(tables);
  };

  async function posts(body: string, type = 'application/x-www-form-urlencoded'): Promise<number> {
    const cookie = await mallory.jar.getCookieString(`${server.issuer}/account/profile`);
    const headers = { cookie, 'content-type': type };
    tried += 1;
    const url = `${server.issuer}/account/profile`;
    return (await fetch(url, { method: 'POST', redirect: 'manual', headers, body })).status;
  }

  test.each(Object.keys(SHAPES))('a field of another’s, %s, is refused, and no row is changed', async (shape) => {
    const { data } = mallory.form({}, 'Save');
    const before = await state();
    for (const wish of WISHES) {
      for (const value of ['true', 'gatehouse:admin']) {
        const body = new URLSearchParams({ ...data, nickname: 'Changed' });
        body.set((SHAPES[shape] as (name: string) => string)(wish), value);
        expect([wish, await posts(body.toString())]).toEqual([wish, 400]);
      }
    }
    expect(await state()).toBe(before);
  });

  test('a form that says a field twice, and any other type of content, is refused', async () => {
    const { data } = mallory.form({}, 'Save');
    const before = await state();
    const twice = `${new URLSearchParams(data)}&nickname=a&nickname=b`;
    expect(await posts(twice)).toBe(400);
    const json = JSON.stringify({ ...data, roles: ['gatehouse:admin'], email_verified: true });
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      expect(await posts(json, type)).toBe(415);
    }
    expect(await state()).toBe(before);
  });

  test('the page’s own fields are taken, so that what was refused above was refused for what it was', async () => {
    await mallory.open(`${server.issuer}/account/profile`);
    await mallory.submit({ nickname: 'Mal', attribute_topic: 'news' }, 'Save');
    expect(mallory.text).toContain('Your profile has been saved.');
    expect(JSON.parse(await state())[1]).toMatchObject([
      { claims: { nickname: 'Mal' }, attributes: { topic: 'news' } },
    ]);
  });
});
