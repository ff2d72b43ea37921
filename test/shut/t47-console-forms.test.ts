// T47: a form of the console about accounts takes its own fields and no others, in whatever shape they are sent.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { SHAPES, WISHES } from './wishes.ts';

const SETTINGS = `
attributes:
  department: { label: Department, scope: company }
`;

let server: TestServer;
let root: AdministratorInTest;
let ada: string;

beforeAll(async () => {
  server = await startTestServer({ settings: SETTINGS + RESOURCES });
  ada = (await server.person({ email: 'ada@example.test', roles: ['editor'] })).id;
  const group = { name: 'authors', description: 'Everybody who writes' };
  await server.database.db.insertInto('groups').values(group).execute();
  root = await administrator(server);
});

afterAll(() => server.stop());

/** Each form by its page and button, filled in so that it would be taken. */
const FORMS: Readonly<Record<string, { page: string; button: string; fields?: Record<string, string> }>> = {
  create: { page: 'create-account', button: 'Create', fields: { email: 'new@example.test' } },
  invite: { page: 'invite-account', button: 'Send', fields: { email: 'new@example.test' } },
  profile: { page: 'accounts/ADA/profile', button: 'Save', fields: { nickname: 'Changed' } },
  toggle: { page: 'accounts/ADA/roles', button: 'editor' },
  'role until a day': {
    page: 'accounts/ADA/roles',
    button: 'Give the role',
    fields: { role: 'editor', role_until: '2999-01-01' },
  },
  join: { page: 'accounts/ADA/roles', button: 'Add', fields: { group: 'authors', group_until: '' } },
  reset: { page: 'accounts/ADA', button: 'Send a link' },
  download: { page: 'accounts/ADA', button: 'Download' },
  ban: { page: 'accounts/ADA/ban', button: 'Ban the account', fields: { reason: 'To see' } },
  delete: { page: 'accounts/ADA/delete', button: 'Delete the account', fields: { typed: 'ada@example.test' } },
};

const state = async (): Promise<string> => {
  const { db } = server.database;
  const tables = await Promise.all([
    db.selectFrom('accounts').selectAll().orderBy('id').execute(),
    db.selectFrom('profiles').selectAll().orderBy('account_id').execute(),
    db.selectFrom('role_assignments').selectAll().orderBy('account_id').orderBy('role').execute(),
    db.selectFrom('group_members').selectAll().execute(),
    db.selectFrom('mailed_tokens').select('id').execute(),
    db.selectFrom('mail_outbox').select('id').execute(),
  ]);
  return JSON.stringify(tables);
};

async function filledIn(name: string) {
  const { page, button, fields = {} } = FORMS[name]!;
  await root.browser.open(`${server.issuer}/admin/${page.replace('ADA', ada)}`);
  return root.browser.form(fields, button);
}

async function posts(url: string, body: string, type = 'application/x-www-form-urlencoded'): Promise<number> {
  const cookie = await root.browser.jar.getCookieString(url);
  const headers = { cookie, 'content-type': type };
  return (await fetch(url, { method: 'POST', redirect: 'manual', headers, body })).status;
}

describe('T47 mass assignment at the console: Kanidm GHSA-xxwr-vvr3-2g9f, Keycloak CVE-2024-3656, CVE-2026-94000', () => {
  test.each(Object.keys(FORMS))('the form “%s” takes no field of another’s, and changes no row', async (name) => {
    const { action, data } = await filledIn(name);
    const before = await state();
    for (const shape of Object.values(SHAPES)) {
      for (const wish of WISHES) {
        const body = new URLSearchParams(data);
        body.set(shape(wish), 'gatehouse:admin');
        expect([wish, await posts(action, body.toString())]).toEqual([wish, 400]);
      }
    }
    const whole = new URLSearchParams(data).toString();
    for (const field of Object.keys(data)) {
      expect([field, await posts(action, `${whole}&${new URLSearchParams({ [field]: 'x' })}`)]).toEqual([field, 400]);
    }
    const json = JSON.stringify({ ...data, roles: ['gatehouse:admin'], is_admin: true });
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      expect(await posts(action, json, type)).toBe(415);
    }
    expect(await state()).toBe(before);
  });

  test('boxes of roles and groups take a tick alone, of roles and groups that there are', async () => {
    const { action, data } = await filledIn('create');
    const before = await state();
    for (const [field, value, status] of [
      ['role.editor', 'gatehouse:admin', 400],
      ['role.editor[]', 'yes', 404],
      ['role.', 'yes', 404],
      ['role.__proto__', 'yes', 404],
      ['role.nobody', 'yes', 404],
      ['group.nobody', 'yes', 404],
      ['group.authors[0]', 'yes', 404],
      ['Role.editor', 'yes', 400],
      ['email_verified', 'no', 400],
    ] as const) {
      const body = new URLSearchParams({ ...data, [field]: value });
      expect([field, await posts(action, body.toString())]).toEqual([field, status]);
    }
    expect(await state()).toBe(before);
  });

  test.each(Object.keys(FORMS).filter((name) => name !== 'delete'))(
    'the form “%s” is taken as it is, so that it was refused above for what was added',
    async (name) => {
      const { action, data } = await filledIn(name);
      expect(await posts(action, new URLSearchParams(data).toString())).toBeLessThan(400);
      const { db } = server.database;
      await db.updateTable('accounts').set({ status: 'active' }).where('id', '=', ada).execute();
      await db.deleteFrom('accounts').where('email', '=', 'new@example.test').execute();
    },
  );
});
