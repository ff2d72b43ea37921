// T49: what stands under an account in the console is that account's; an identifier of another one opens nothing there.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import type { Browser } from '../support/browser.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { visits, visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;
let root: AdministratorInTest;
let helpdesk: AdministratorInTest;
const ids: Record<'ada' | 'ben', string> = { ada: '', ben: '' };
let bens: Browser;

beforeAll(async () => {
  server = await startTestServer();
  for (const name of ['ada', 'ben'] as const) ids[name] = (await server.person({ email: `${name}@example.test` })).id;
  const { browser } = await visitsAndSignsIn(server, { identifier: 'ben@example.test', params: { client_id: 'ask' } });
  await browser.submit({}, 'Allow');
  bens = browser;
  helpdesk = await administrator(server, { roles: ['gatehouse:helpdesk'] });
  root = await administrator(server);
});

afterAll(() => server.stop());

const at = (path: string) => `${server.issuer}/admin/accounts/${path}`;

/** With the token of a page of the sender's own. */
async function posts({ browser }: AdministratorInTest, url: string, form: Record<string, string> = {}) {
  const csrf = browser.form({}, 'Sign out').data['csrf'] ?? '';
  return browser.request(url, { method: 'POST', form: { ...form, csrf } });
}

const isIn = async (): Promise<boolean> =>
  (await visits(server, { client_id: 'ask', prompt: 'none' }, bens.newTab())).browser.page.url.includes('code=');

const actionOn = async (path: string, button: string): Promise<string> =>
  (await root.browser.open(at(path))).form({}, button).action;

describe('T49 identifiers of others in the console (CVE-2024-3656, GHSA-q73q-9qpp-w4jq, CVE-2026-44336; ASVS 8.2.2)', () => {
  test('a session of one person is none of another’s', async () => {
    const end = await actionOn(`${ids.ben}/sessions`, 'End ');
    const answer = await posts(root, end.replace(ids.ben, ids.ada));
    expect(answer.status).toBe(404);
    expect(await isIn()).toBe(true);
  });

  test('an app of one person is none of another’s, and neither is one that there is not', async () => {
    const disconnect = await actionOn(`${ids.ben}/sessions`, 'Take its access away');
    for (const url of [
      disconnect.replace(ids.ben, ids.ada),
      disconnect.replace('/ask/', '/web/'),
      disconnect.replace('/ask/', '/nobody/'),
      disconnect.replace('/ask/', '/ASK/'),
      disconnect.replace('/ask/', '/gatehouse-account-centre/'),
    ]) {
      expect([url, (await posts(root, url)).status]).toEqual([url, 404]);
    }
    expect(await isIn()).toBe(true);
  });

  test('an account is its identifier in one spelling, at its own address alone', async () => {
    const { ben } = ids;
    for (const id of [
      ben.toUpperCase(),
      `${ben}%20`,
      `${ben}%00`,
      `${ben}.`,
      `%7b${ben}%7d`,
      ben.slice(0, -1),
      'ben@example.test',
    ]) {
      for (const rest of ['', '/roles', '/sessions', '/events', '/profile']) {
        const { status } = await root.browser.request(at(`${id}${rest}`));
        expect([id, rest, [400, 404].includes(status)]).toEqual([id, rest, true]);
      }
      const { status } = await posts(root, at(`${id}/ban`), { reason: 'Found by another name' });
      expect([id, [400, 404].includes(status)]).toEqual([id, true]);
    }
    for (const address of [`${ben}/`, `${ben}/Roles`, `../accounts/${ben}//roles`]) {
      expect((await root.browser.request(at(address))).status).toBe(404);
    }
    const query = server.database.db.selectFrom('accounts').select('id').where('status', '<>', 'active');
    expect(await query.execute()).toEqual([]);
  });

  test('the token of one administrator’s form is of no use to another', async () => {
    await root.browser.open(at(ids.ada));
    await helpdesk.browser.open(at(ids.ada));
    const csrf = root.browser.form({}, 'Sign out').data['csrf'] ?? '';
    const form = { csrf, reason: 'With the token of somebody else' };
    const answer = await helpdesk.browser.request(at(`${ids.ada}/ban`), { method: 'POST', form });
    expect(answer.status).toBe(403);
    const query = server.database.db.selectFrom('accounts').select('status').where('id', '=', ids.ada);
    expect((await query.executeTakeFirstOrThrow()).status).toBe('active');
  });

  test('a name in the body speaks for nobody: the account is the one of the address', async () => {
    await root.browser.open(at(`${ids.ada}/ban`));
    for (const field of ['id', 'account', 'accountId', 'account_id', 'sub', 'user']) {
      const answer = await posts(root, at(`${ids.ada}/ban`), { reason: 'x', [field]: ids.ben });
      expect([field, answer.status]).toEqual([field, 400]);
    }
    const query = server.database.db.selectFrom('accounts').select('id').where('status', '<>', 'active');
    expect(await query.execute()).toEqual([]);
  });
});
