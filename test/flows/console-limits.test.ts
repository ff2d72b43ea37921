// What administrators may not do to accounts is not offered to them, and refused in words when they ask for it all the same.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../src/accounts/account.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;
let root: AdministratorInTest;
let helpdesk: AdministratorInTest;
let auditor: AdministratorInTest;
let ada: Account;

beforeAll(async () => {
  server = await startTestServer();
  ada = await server.person({ email: 'ada@example.test', roles: ['editor'] });
  auditor = await administrator(server, { roles: ['gatehouse:auditor'] });
  helpdesk = await administrator(server, { roles: ['gatehouse:helpdesk'] });
  root = await administrator(server);
});

afterAll(() => server.stop());

const at = (path: string) => `${server.issuer}${path}`;
const of = (id: string, rest = '') => `/admin/accounts/${id}${rest === '' ? '' : `/${rest}`}`;

const buttons = ({ browser }: AdministratorInTest): string[] =>
  browser.document.querySelectorAll('main button, main a.button').map((each) => each.textContent.trim());

async function posts(who: AdministratorInTest, path: string, form: Record<string, string> = {}) {
  await who.browser.open(at('/admin'));
  if (who.browser.title.startsWith('Confirm')) await who.freshens();
  const csrf = who.browser.form({}, 'Sign out').data['csrf'] ?? '';
  const send = () => who.browser.request(at(path), { method: 'POST', form: { ...form, csrf } });
  let answer = await send();
  if (answer.status === 303 && answer.headers.get('location')?.includes('/auth')) {
    await who.browser.open(new URL(answer.headers.get('location') ?? '', server.issuer).href);
    await who.freshens();
    answer = await send();
  }
  return { status: answer.status, text: (await answer.text()).replaceAll('&#39;', '’') };
}

const stateOf = async (id: string) => {
  const { db } = server.database;
  const account = await db.selectFrom('accounts').selectAll().where('id', '=', id).execute();
  const roles = await db.selectFrom('role_assignments').selectAll().where('account_id', '=', id).execute();
  return JSON.stringify([account, roles]);
};

describe('an auditor', () => {
  test('sees an account, its roles, sessions and events, and nothing to press', async () => {
    for (const rest of ['', 'roles', 'sessions', 'events']) {
      await auditor.browser.open(at(of(ada.id, rest)));
      expect(auditor.browser.title).toBe('ada@example.test');
      expect(buttons(auditor)).toEqual([]);
    }
    await auditor.browser.open(at('/admin/accounts'));
    expect(buttons(auditor)).toEqual(['Show']);
  });
});

describe('the help desk', () => {
  test('is offered to help somebody back in, and neither roles nor deletion', async () => {
    await helpdesk.browser.open(at(of(ada.id)));
    expect(buttons(helpdesk)).toEqual(['Send a link for a new password', 'Ban…']);
    await helpdesk.browser.open(at(of(ada.id, 'roles')));
    expect(helpdesk.browser.text).toContain('editor');
    expect(buttons(helpdesk)).toEqual([]);
    expect((await helpdesk.browser.request(at(of(ada.id, 'delete')))).status).toBe(403);
  });

  test('is told what it would take, whatever it sends', async () => {
    const before = await stateOf(ada.id);
    for (const [rest, needs, form] of [
      ['roles', 'roles:assign', { role: 'gatehouse:admin', on: 'yes' }],
      ['roles/join', 'groups:write', { group: 'authors', group_until: '' }],
      ['delete', 'accounts:delete', { typed: 'ada@example.test' }],
      ['download', 'accounts:delete', {}],
    ] as const) {
      const answer = await posts(helpdesk, of(ada.id, rest), form);
      expect([rest, answer.status]).toEqual([rest, 403]);
      expect(answer.text).toContain(needs);
    }
    expect(await stateOf(ada.id)).toBe(before);
  });

  test('looks at who may do more, and changes nothing of theirs', async () => {
    await helpdesk.browser.open(at(of(root.id)));
    expect(helpdesk.browser.text).toContain('This account may do what you may not');
    expect(buttons(helpdesk)).toEqual([]);
    const before = await stateOf(root.id);
    for (const [rest, form] of [
      ['ban', { reason: 'Mine now' }],
      ['reset', {}],
      ['factors', {}],
      ['sessions/end-all', {}],
      ['profile', { email: 'helpdesk@evil.test', version: 'x' }],
    ] as const) {
      const answer = await posts(helpdesk, of(root.id, rest), form);
      expect([rest, answer.status]).toEqual([rest, 403]);
      expect(answer.text).toContain('goes beyond what you may do yourself');
    }
    expect(await stateOf(root.id)).toBe(before);
  });

  test('cannot make an account that may do more', async () => {
    const answer = await posts(helpdesk, '/admin/create-account', {
      email: 'more@example.test',
      'role.gatehouse:admin': 'yes',
    });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('value="more@example.test"');
    await helpdesk.browser.open(at('/admin/create-account'));
    expect(helpdesk.browser.document.querySelectorAll('input[type=checkbox]')).toHaveLength(1);
    expect(
      await server.database.db
        .selectFrom('accounts')
        .select('id')
        .where('email_key', '=', 'more@example.test')
        .execute(),
    ).toEqual([]);
  });
});

describe('on their own account an administrator', () => {
  test('is offered neither a ban nor an end, nor roles of administration', async () => {
    await root.browser.open(at(of(root.id)));
    expect(root.browser.text).toContain('This is your own account.');
    expect(buttons(root)).toEqual(['Send a link for a new password', 'Download the data']);
    await root.browser.open(at(of(root.id, 'roles')));
    const toggles = root.browser.document.querySelectorAll('button.toggle .toggle-label');
    expect(toggles.map((each) => each.textContent.trim())).toEqual(['editor']);
    await root.browser.open(at(of(root.id, 'profile')));
    expect(root.browser.document.querySelector('#email')).toBeNull();
  });

  test('is refused all of that, in a sentence', async () => {
    const before = await stateOf(root.id);
    for (const [rest, form] of [
      ['roles', { role: 'gatehouse:helpdesk', on: 'yes' }],
      ['roles', { role: 'gatehouse:admin', on: 'no' }],
      ['ban', { reason: 'Why not' }],
      ['factors', {}],
      ['delete', { typed: root.email }],
    ] as const) {
      const answer = await posts(root, of(root.id, rest), form);
      expect([rest, answer.status]).toEqual([rest, 403]);
      expect(answer.text).toContain('This is your own account.');
    }
    expect(await stateOf(root.id)).toBe(before);
  });
});

test('the last administrator for good cannot be made one for a time by a delegate', async () => {
  const { db } = server.database;
  const delegate = await administrator(server, { roles: ['gatehouse:admin'] });
  const until = new Date(Date.now() + 400 * 86_400_000);
  await db.updateTable('role_assignments').set({ expires_at: until }).where('account_id', '=', delegate.id).execute();
  const answer = await posts(delegate, of(root.id, 'roles'), { role: 'gatehouse:admin', on: 'no' });
  expect(answer.status).toBe(409);
  expect(answer.text).toContain('Nobody could administer this server afterwards.');
  expect(await stateOf(root.id)).toContain('gatehouse:admin');
});
