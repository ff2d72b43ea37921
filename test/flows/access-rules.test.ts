// An app that is open to groups, or by attributes (access.require_any_group, access.attributes): the person reads a page,
// the app hears access_denied, the operator reads the reason.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeProfile } from '../../src/profiles/change-profile.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { gatehouse } from '../cli/command-line.ts';
import { referenceAtEnd } from '../protocol/references.ts';
import { putIntoGroup, putModel, takeOutOfGroup } from '../support/model.ts';
import { redeem } from '../support/sign-in.ts';
import { CALLBACK, RESOURCES, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { errorOf, isBackAtApp, tokensOf, userinfo, type Visit, visits, visitsAndSignsIn } from '../support/visits.ts';

const RULES: Readonly<Record<string, string>> = {
  desk: '{ require_any_group: [finance, board] }',
  vault: '{ attributes: { department: { in: [finance, board] }, level: { in: [3, 4] } } }',
  // All that is stated has to hold.
  both: '{ require_any_role: [clerk], require_any_group: [finance] }',
};

let server: TestServer;

beforeAll(async () => {
  const client = (id: string, access: string) =>
    `client_id: ${id}\nclient_name: Back Office\npreset: web\nredirect_uris: ["${CALLBACK}"]\nclient_secrets: [{ value: "${WEB_SECRET}" }]\nconsent: skip\nscope: openid profile email roles offline_access\naccess: ${access}\n`;
  server = await startTestServer({
    settings:
      'mfa: optional\nattributes:\n  department: { label: Department, type: enum, choices: [finance, board, sales], scope: profile }\n  level: { label: Level, type: number, scope: profile }\n' +
      RESOURCES,
    clients: Object.fromEntries(Object.entries(RULES).map(([id, access]) => [id, client(id, access)])),
  });
  await putModel(server.database.db, { roles: { clerk: {} }, groups: { finance: [], board: ['clerk'], sales: [] } });
});

afterAll(() => server.stop());

let people = 0;

async function person(groups: readonly string[] = [], attributes: Record<string, string> = {}) {
  people += 1;
  const email = `person-${people}@example.test`;
  const { id } = await server.person({ email });
  for (const group of groups) await putIntoGroup(server.database.db, group, id);
  await setAttributes(id, attributes);
  return { id, email };
}

const setAttributes = (accountId: string, attributes: Record<string, string>) =>
  changeProfile({ ...server.deps, config: server.config }, { accountId, as: 'operator' }, { attributes });

const goes = (email: string, clientId: string) =>
  visitsAndSignsIn(server, { identifier: email, params: { client_id: clientId } });

function isRefused({ browser }: Visit): void {
  expect(browser.page.status).toBe(403);
  expect(browser.title).toBe('You cannot use Back Office');
  for (const secret of ['code=', 'finance', 'department']) expect(browser.page.text).not.toContain(secret);
}

const letsIn = async (email: string, clientId: string) => expect(isBackAtApp(await goes(email, clientId))).toBe(true);

test('any of the groups opens it, and none else', async () => {
  await letsIn((await person(['finance'])).email, 'desk');
  await letsIn((await person(['sales', 'board'])).email, 'desk');
  isRefused(await goes((await person(['sales'])).email, 'desk'));
  isRefused(await goes((await person()).email, 'desk'));
});

test('attributes open it by their values, each of them', async () => {
  await letsIn((await person([], { department: 'finance', level: '3' })).email, 'vault');
  isRefused(await goes((await person([], { department: 'finance' })).email, 'vault'));
  isRefused(await goes((await person([], { department: 'sales', level: '3' })).email, 'vault'));
  isRefused(await goes((await person([], { department: 'board', level: '34' })).email, 'vault'));
});

test('roles and groups that are both stated are both needed, a role through a group too', async () => {
  await letsIn((await person(['finance', 'board'])).email, 'both');
  isRefused(await goes((await person(['finance'])).email, 'both'));
  isRefused(await goes((await person(['board'])).email, 'both'));
});

test('the app hears access_denied, from the page and without one', async () => {
  const visit = await goes((await person(['sales'])).email, 'desk');
  await visit.browser.submit({}, 'Back to');
  expect(errorOf(visit)).toBe('access_denied');
  const signedIn = await visitsAndSignsIn(server, { identifier: (await person()).email });
  const silent = await visits(server, { client_id: 'vault', prompt: 'none' }, signedIn.browser.newTab());
  expect(errorOf(silent)).toBe('access_denied');
});

test.each([
  ['desk', 'group', { client_id: 'desk', case: 'access.group_missing', expected: ['finance', 'board'] }],
  ['vault', 'attribute', { client_id: 'vault', case: 'access.attribute_missing', expected: ['finance', 'board'] }],
])(
  'who loses what opens %s is out at the next refresh and at userinfo, and in again with it',
  async (clientId, _what, explained) => {
    const { db } = server.database;
    const { id, email } = await person(['finance'], { department: 'finance', level: '3' });
    const visit = await goes(email, clientId);
    const tokens = await tokensOf(server, visit);
    const client = { clientId, secret: WEB_SECRET };
    const refresh = () =>
      redeem(server.issuer, { grant_type: 'refresh_token', refresh_token: tokens.refreshToken }, client);
    expect((await refresh()).status).toBe(200);
    await takeOutOfGroup(db, 'finance', id);
    await setAttributes(id, { department: 'sales' });
    const { status, body } = await refresh();
    expect([status, body['error']]).toEqual([400, 'invalid_grant']);
    expect(JSON.stringify(body)).not.toMatch(/sales|department|group/);
    expect((await userinfo(server, tokens)).status).toBe(401);
    const page = await visits(server, { client_id: clientId }, visit.browser.newTab());
    isRefused(page);
    const shown = page.browser.document.querySelector('.reference code')?.textContent ?? '';
    for (const reference of [shown, referenceAtEnd(body['error_description'])]) {
      const answer = await explains(reference);
      expect(answer).toMatchObject({ ...explained, file: `clients/${clientId}.yaml`, line: 8 });
      expect(JSON.stringify(answer)).not.toContain('sales');
      expect(JSON.stringify(answer)).not.toContain(email);
    }
    await putIntoGroup(db, 'board', id);
    await setAttributes(id, { department: 'board' });
    expect((await refresh()).status).toBe(200);
    expect(isBackAtApp(await visits(server, { client_id: clientId }, visit.browser.newTab()))).toBe(true);
  },
);

async function explains(reference: string): Promise<Record<string, unknown>> {
  await server.recorder.idle();
  const env = {
    GATEHOUSE_MODE: 'development',
    GATEHOUSE_ISSUER: server.issuer,
    GATEHOUSE_CONFIG_DIR: server.configDir,
    GATEHOUSE_DATA_DIR: server.dataDir,
  };
  const { stdout } = await gatehouse({ cwd: server.configDir, env }, ['explain', reference, '--json']);
  return JSON.parse(stdout) as Record<string, unknown>;
}

test('a role that has been given opens nothing where a group is asked for', async () => {
  const { id, email } = await person();
  await grantRole(server.database.db, { accountId: id, role: 'clerk' });
  isRefused(await goes(email, 'both'));
});
