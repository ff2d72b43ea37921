// T47: the forms of the console about roles, groups, permissions, mails, keys and sessions take their own fields and no others.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/schema.ts';
import { accountForms } from '../support/console-account-forms.ts';
import { type ConsoleForm, operationForms } from '../support/console-forms.ts';
import { modelForms } from '../support/console-model.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { SHAPES, WISHES } from './wishes.ts';

/** Held to the same wishes in t47-console-forms.test.ts. */
const ELSEWHERE = [
  '/admin/create-account',
  '/admin/invite-account',
  '/admin/accounts/:id/profile',
  '/admin/accounts/:id/roles',
  '/admin/accounts/:id/roles/timed',
  '/admin/accounts/:id/roles/join',
  '/admin/accounts/:id/reset',
  '/admin/accounts/:id/download',
  '/admin/accounts/:id/ban',
  '/admin/accounts/:id/delete',
];

/** Fields of theirs that are called like a wish, and only in this shape. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  // A filter of the events to export: whose doings they tell of.
  '/admin/audit/export': ['actor'],
};

let server: TestServer;

/** Each by the address that it is sent to, filled in so that it would be taken. */
const FORMS = Object.entries({
  ...modelForms(() => server),
  ...operationForms(() => server),
  ...accountForms(() => server),
}).filter(([path]) => !ELSEWHERE.includes(path));

beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'dan@example.test' });
});

afterAll(() => server.stop());

/** What anybody has, may do, or can be known by; a mail that is under way changes by itself. */
const TABLES: readonly (keyof Database)[] = [
  'accounts',
  'profiles',
  'roles',
  'role_includes',
  'role_permissions',
  'role_assignments',
  'client_roles',
  'consents',
  'permissions',
  'groups',
  'group_roles',
  'group_members',
  'mailed_tokens',
  'signing_keys',
  'totp_secrets',
  'recovery_codes',
  'app_sign_ins',
  'audit_events',
];

async function state(): Promise<string> {
  const { db } = server.database;
  const texts: string[] = [];
  for (const table of TABLES) {
    const { rows } = await sql<{ text: string }>`select t::text as text from ${sql.table(table)} t order by 1`.execute(
      db,
    );
    texts.push(table, ...rows.map(({ text }) => text));
  }
  const mails = await db.selectFrom('mail_outbox').select('id').orderBy('id').execute();
  return [...texts, ...mails.map(({ id }) => id)].join('\n');
}

async function posts({ browser, action }: ConsoleForm, body: string, type = 'application/x-www-form-urlencoded') {
  const cookie = await browser.jar.getCookieString(action);
  const headers = { cookie, 'content-type': type };
  return (await fetch(action, { method: 'POST', redirect: 'manual', headers, body })).status;
}

async function refusesEveryWish(form: ConsoleForm, own: readonly string[] = []): Promise<void> {
  const refused: string[] = [];
  for (const [shape, named] of Object.entries(SHAPES)) {
    for (const wish of WISHES) {
      if (own.includes(named(wish))) continue;
      const body = new URLSearchParams({ ...form.data });
      body.append(named(wish), 'gatehouse:admin');
      const status = await posts(form, body.toString());
      if (status !== 400) refused.push(`${wish} ${shape}: ${status}`);
    }
  }
  expect(refused).toEqual([]);
  const whole = new URLSearchParams(form.data).toString();
  for (const field of Object.keys(form.data)) {
    expect([field, await posts(form, `${whole}&${new URLSearchParams({ [field]: 'x' })}`)]).toEqual([field, 400]);
  }
  const json = JSON.stringify({ ...form.data, roles: ['gatehouse:admin'], is_admin: true });
  for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
    expect([type, await posts(form, json, type)]).toEqual([type, 415]);
  }
}

describe('T47 mass assignment at the console: Kanidm GHSA-xxwr-vvr3-2g9f, Keycloak CVE-2024-3656, CVE-2026-94000', () => {
  test.each(FORMS)(
    'the form sent to %s takes no field of another’s and changes nothing; as it is, it is taken',
    async (path, filledIn) => {
      const form = await filledIn();
      const before = await state();
      await refusesEveryWish(form, OWN[path]);
      expect(await state()).toBe(before);
      expect(await posts(form, new URLSearchParams(form.data).toString())).toBeLessThan(400);
      expect(await state()).not.toBe(before);
    },
    60_000,
  );

  test('every form that an administrator can send is among them', () => {
    const sent = server.routes.filter(({ method, access }) => method === 'POST' && access.rule === 'administrator');
    const held = [...ELSEWHERE, ...FORMS.map(([path]) => path)];
    expect(sent.map(({ path }) => path).sort()).toEqual(held.sort());
  });
});
