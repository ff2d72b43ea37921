// How administrators find somebody's account in the console, and what they do to it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../src/accounts/account.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import type { Browser } from '../support/browser.ts';
import { mailsHaveArrived } from '../support/forgotten.ts';
import { lastLink, type Mailbox, startMailbox } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { PASSWORD, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { enrols, isBackAtApp, visits, visitsAndSignsIn } from '../support/visits.ts';

const SETTINGS = `
attributes:
  department: { label: Department, scope: company }
  badge: { label: Badge, type: number, scope: company }
`;

let server: TestServer;
let mailbox: Mailbox;
let root: AdministratorInTest;

beforeAll(async () => {
  mailbox = await startMailbox();
  server = await startTestServer({ settings: SETTINGS + RESOURCES, mailbox });
  root = await administrator(server, { email: 'root@example.test' });
});

afterAll(async () => {
  await server.stop();
  await mailbox.close();
});

let people = 0;

async function somebody(more: { roles?: readonly string[]; username?: string; name?: string } = {}): Promise<Account> {
  people += 1;
  return server.person({ email: `somebody-${people}@example.test`, ...more });
}

const of = ({ id }: Pick<Account, 'id'>, rest = '') => `/admin/accounts/${id}${rest === '' ? '' : `/${rest}`}`;

const opens = async (path: string): Promise<Browser> => root.browser.open(`${server.issuer}${path}`);

const does = (path: string, fields: Record<string, string>, button: string) => root.does(path, fields, button);

/** The names in the first column. */
const listed = (browser: Browser): string[] =>
  browser.document.querySelectorAll('tbody th a').map((link) => link.textContent.trim());

const rolesOf = async ({ id }: Account): Promise<string[]> => {
  const query = server.database.db.selectFrom('role_assignments').select('role').where('account_id', '=', id);
  return (await query.execute()).map(({ role }) => role).sort();
};

const eventsOf = async ({ id }: Pick<Account, 'id'>) =>
  server.database.db
    .selectFrom('audit_events')
    .select(['event', 'actor', 'details', 'address', 'request_id'])
    .where('account_id', '=', id)
    .orderBy('id', 'desc')
    .execute();

const toggleOf = (browser: Browser, role: string): string | undefined => {
  const toggles = browser.document.querySelectorAll('button.toggle');
  const found = toggles.find((each) => each.querySelector('.toggle-label')?.textContent.trim() === role);
  return found?.getAttribute('aria-pressed');
};

/** The one-click form of a role. */
async function clicks(account: Account, role: string): Promise<Browser> {
  const browser = await opens(of(account, 'roles'));
  const forms = browser.document.querySelectorAll('form.toggle-form');
  const form = forms.find((each) => each.querySelector('.toggle-label')?.textContent.trim() === role);
  const data = Object.fromEntries(
    (form?.querySelectorAll('input') ?? []).map((input) => [
      input.getAttribute('name') ?? '',
      input.getAttribute('value') ?? '',
    ]),
  );
  await browser.request(`${server.issuer}${form?.getAttribute('action')}`, { method: 'POST', form: data });
  return opens(of(account, 'roles'));
}

const stillIn = async (browser: Browser): Promise<boolean> =>
  (await visits(server, { prompt: 'none' }, browser.newTab())).browser.page.url.includes('code=');

describe('somebody’s account', () => {
  test('is found by how the address, the username or the name begins, and narrowed by status and role', async () => {
    await server.person({ email: 'zoe@example.test', username: 'zorro', name: 'Quentin Zapp', roles: ['painter'] });
    await server.person({ email: 'zora@example.test', name: 'Zora' });
    for (const [q, emails] of [
      ['zo', ['zora@example.test', 'zoe@example.test']],
      ['ZORRO', ['zoe@example.test']],
      ['quentin', ['zoe@example.test']],
    ] as const) {
      await opens('/admin/accounts');
      await root.browser.submit({ q }, 'Show');
      expect(listed(root.browser)).toEqual(emails);
    }
    await root.browser.submit({ q: 'zo', role: 'painter', sort: 'email' }, 'Show');
    expect(listed(root.browser)).toEqual(['zoe@example.test']);
    expect(root.browser.page.url).toContain('role=painter');
    await root.browser.submit({ q: 'zo', role: '', status: 'banned' }, 'Show');
    expect(root.browser.text).toContain('No account fits.');
    await root.browser.click('Clear filters');
    expect(listed(root.browser)).toContain('zoe@example.test');
  });

  test('is found by its whole identifier, and leads to its page', async () => {
    const ada = await somebody({ name: 'Ada Anders' });
    await opens(`/admin/accounts?q=${ada.id}`);
    await root.browser.click(ada.email);
    expect(root.browser.title).toBe(ada.email);
    expect(root.browser.text).toContain('Ada Anders');
    expect(root.browser.text).toContain(ada.id);
  });

  test('stands once on pages of fifty, in the order asked for', async () => {
    for (let at = 0; at < 55; at += 1) await server.person({ email: `many-${String(at).padStart(2, '0')}@pages.test` });
    const page = await opens('/admin/accounts?q=many-&sort=email');
    const first = listed(page);
    expect(first).toHaveLength(50);
    await page.click('Next page');
    expect([...first, ...listed(page)]).toEqual(
      Array.from({ length: 55 }, (_, at) => `many-${String(at).padStart(2, '0')}@pages.test`),
    );
    await page.click('Back to the start');
    expect(listed(page)).toEqual(first);
    await page.click('Account');
    expect(listed(page)[0]).toBe('many-54@pages.test');
  }, 120_000);

  test.each(['nobody', '0c6a51f5-5a3e-4ad4-a7ab-4d9e9a6f1f3e', '%00', '%ff', "1'--", '..%2f..'])(
    'is not there for the id %s, and that is all that is said',
    async (id) => {
      for (const rest of ['', '/roles', '/profile', '/sessions', '/events', '/ban', '/delete', '/factors']) {
        const answer = await root.browser.request(`${server.issuer}/admin/accounts/${id}${rest}`);
        expect([rest, answer.status]).toEqual([rest, id === '%00' ? 400 : 404]);
      }
    },
  );

  test('of another system is reached under the identifier that it brought along', async () => {
    const { id } = await somebody();
    const brought = 'auth0|5f7c~a@b=c:d.e';
    await server.database.db.updateTable('accounts').set({ id: brought }).where('id', '=', id).execute();
    await opens(`/admin/accounts/${encodeURIComponent(brought)}/roles`);
    expect(root.browser.page.status).toBe(200);
    await root.browser.click('Sessions and apps');
    expect(root.browser.page.status).toBe(200);
    expect(root.browser.text).toContain('Signed in nowhere.');
  });
});

describe('what an account says of its owner', () => {
  test('is changed with what only operators change, and written down by whom and from where', async () => {
    const ada = await somebody();
    await does(
      of(ada, 'profile'),
      { name: 'Ada L.', given_name: 'Ada', attribute_department: 'Engines', attribute_badge: '42', username: 'ada.l' },
      'Save',
    );
    expect(root.browser.text).toContain('The account has been changed.');
    expect(root.browser.text).toContain('Ada L.');
    await opens(of(ada, 'profile'));
    const { data } = root.browser.form({}, 'Save');
    expect(data).toMatchObject({ given_name: 'Ada', attribute_department: 'Engines', attribute_badge: '42' });
    const [event] = await eventsOf(ada);
    expect(event).toMatchObject({ actor: `account:${root.id}`, event: expect.stringMatching(/profile|account/) });
    expect(event?.address).not.toBeNull();
  });

  test('is told what is wrong with it all at once, and what was typed stays', async () => {
    const ada = await somebody();
    await does(of(ada, 'profile'), { email: 'no address', username: '-', name: 'Kept' }, 'Save');
    expect(root.browser.page.status).toBe(400);
    expect(root.browser.text).toContain('This is not an e-mail address.');
    expect(root.browser.text).toContain('Use 3 to 32 letters');
    expect(root.browser.form({}, 'Save').data).toMatchObject({ email: 'no address', username: '-', name: 'Kept' });
    await root.browser.submit({ email: 'root@example.test', username: '' }, 'Save');
    expect(root.browser.page.status).toBe(409);
    expect(root.browser.text).toContain('This is somebody else’s already.');
    expect(root.browser.form({}, 'Save').data).toMatchObject({ email: 'root@example.test' });
  });

  test('is not overwritten by who looked at an older state of it', async () => {
    const ada = await somebody();
    const page = await opens(of(ada, 'profile'));
    const stale = page.form({ name: 'Stale' }, 'Save');
    movingClock.advance({ seconds: 2 });
    await does(of(ada, 'profile'), { name: 'Fresh' }, 'Save');
    const answer = await page.request(stale.action, { method: 'POST', form: stale.data });
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('Somebody else has changed this meanwhile');
    expect((await opens(of(ada))).text).toContain('Fresh');
  });

  test('gets a new address, which its owner proves by a link; the old one is told', async () => {
    const ada = await somebody();
    await does(of(ada, 'profile'), { email: 'ada.new@example.test' }, 'Save');
    expect(root.browser.title).toBe('ada.new@example.test');
    expect(root.browser.text).toContain('Not proved');
    await mailbox.waitFor(ada.email);
    const mail = await mailbox.waitFor('ada.new@example.test');
    expect(lastLink(mail)).toContain(server.issuer);
  });
});

describe('roles and groups', () => {
  test('lead from somebody’s page to what they bring along', async () => {
    const ada = await somebody({ roles: ['editor'] });
    await does('/admin/new-group', { name: 'desk', description: 'Answers' }, 'New group');
    await does('/admin/groups/desk', { who: ada.email }, 'Add somebody');
    await opens(of(ada));
    await root.browser.click('editor');
    expect(root.browser.page.url).toBe(`${server.issuer}/admin/roles/editor`);
    await opens(of(ada));
    await root.browser.click('desk');
    expect(root.browser.page.url).toBe(`${server.issuer}/admin/groups/desk`);
  });

  test('are given and taken with one click', async () => {
    const ada = await somebody();
    await somebody({ roles: ['editor'] });
    expect(toggleOf(await opens(of(ada, 'roles')), 'editor')).toBe('false');
    expect(toggleOf(await clicks(ada, 'editor'), 'editor')).toBe('true');
    expect(root.browser.text).toContain('The role has been given.');
    expect(await rolesOf(ada)).toEqual(['editor']);
    expect((await eventsOf(ada))[0]).toMatchObject({ event: 'role.granted', actor: `account:${root.id}` });
    expect(toggleOf(await clicks(ada, 'editor'), 'editor')).toBe('false');
    expect(await rolesOf(ada)).toEqual([]);
  });

  test('that come by a group or by another role say so, and are taken away there', async () => {
    const { db } = server.database;
    const ada = await somebody({ roles: ['chief'] });
    await somebody({ roles: ['scribe', 'editor'] });
    await db.insertInto('role_includes').values({ role: 'chief', includes: 'editor' }).execute();
    await db.insertInto('groups').values({ name: 'authors', description: 'Everybody who writes' }).execute();
    await db.insertInto('group_roles').values({ group_name: 'authors', role: 'scribe' }).execute();
    const page = await does(of(ada, 'roles'), { group: 'authors', group_until: '' }, 'Add');
    expect(page.text).toContain('The account is in the group.');
    expect(page.text).toContain('Through authors');
    expect(page.text).toContain('Included in chief');
    expect([toggleOf(page, 'scribe'), toggleOf(page, 'editor'), toggleOf(page, 'chief')]).toEqual([
      undefined,
      undefined,
      'true',
    ]);
    await does(of(ada, 'roles'), { group: 'authors' }, 'Remove');
    expect(root.browser.text).toContain('The account is no longer in the group.');
    expect(toggleOf(root.browser, 'scribe')).toBe('false');
  });

  test('are given until a day, which has to be one to come', async () => {
    const ada = await somebody();
    await somebody({ roles: ['guest'] });
    await does(of(ada, 'roles'), { role: 'guest', role_until: '2001-01-01' }, 'Give the role');
    expect(root.browser.page.status).toBe(400);
    expect(root.browser.text).toContain('Use a moment that is still to come.');
    expect(root.browser.form({ role_until: '' }).data['role']).toBe('guest');
    for (const nonsense of ['', '2030-02-30', 'tomorrow']) {
      await root.browser.submit({ role: 'guest', role_until: nonsense }, 'Give the role');
      expect(root.browser.page.status).toBe(400);
    }
    const day = new Date(movingClock.now().getTime() + 40 * 86_400_000).toISOString().slice(0, 10);
    await root.browser.submit({ role: 'guest', role_until: day }, 'Give the role');
    expect(root.browser.page.status).toBe(200);
    const { db } = server.database;
    const { expires_at } = await db
      .selectFrom('role_assignments')
      .select('expires_at')
      .where('account_id', '=', ada.id)
      .executeTakeFirstOrThrow();
    expect(expires_at?.getTime()).toBe(Date.parse(`${day}T00:00:00Z`) + 86_400_000);
  });
});

describe('sessions and apps', () => {
  test('are ended one by one and all at once, and the browsers are out', async () => {
    const ada = await somebody();
    const [one, two] = [newBrowser({ headers: { 'user-agent': 'curl/8' } }), newBrowser()];
    for (const browser of [one, two]) await visitsAndSignsIn(server, { identifier: ada.email, browser });
    expect(await stillIn(one)).toBe(true);
    await opens(of(ada, 'sessions'));
    expect(root.browser.document.querySelectorAll('tbody tr')).toHaveLength(2);
    await does(of(ada, 'sessions'), {}, 'End ');
    expect(root.browser.document.querySelectorAll('tbody tr')).toHaveLength(1);
    expect([await stillIn(one), await stillIn(two)].filter(Boolean)).toHaveLength(1);
    await does(of(ada, 'sessions'), {}, 'End all sessions');
    expect(root.browser.text).toContain('Signed in nowhere.');
    expect([await stillIn(one), await stillIn(two)]).toEqual([false, false]);
  });

  test('show what each app may see, and take it back', async () => {
    const ada = await somebody();
    const { browser } = await visitsAndSignsIn(server, { identifier: ada.email, params: { client_id: 'ask' } });
    await browser.submit({}, 'Allow');
    const page = await opens(of(ada, 'sessions'));
    expect(page.text).toContain('Know that it is you');
    await does(of(ada, 'sessions'), {}, 'Take its access away');
    expect(root.browser.text).toContain('No app has access to this account.');
    const again = await visits(server, { client_id: 'ask' }, browser.newTab());
    expect(again.browser.title).toContain('asks for access');
  });
});

describe('getting back in', () => {
  test('begins with a link for a new password, which goes to the owner alone', async () => {
    const ada = await somebody();
    await does(of(ada), {}, 'Send a link for a new password');
    expect(root.browser.text).toContain('A link for a new password is on its way.');
    const link = lastLink(await mailbox.waitFor(ada.email));
    expect(root.browser.page.text).not.toContain(new URL(link).searchParams.get('token') ?? 'none');
    const browser = await newBrowser().open(link);
    await browser.submit({ password: 'a quite different and long phrase' }, 'Set the new');
    const visit = await visitsAndSignsIn(server, {
      identifier: ada.email,
      password: 'a quite different and long phrase',
    });
    expect(isBackAtApp(visit)).toBe(true);
  });

  test('without the lost second factor takes a page that says what is lost', async () => {
    const ada = await somebody();
    await enrols(server, { identifier: ada.email });
    await opens(of(ada));
    await root.browser.click('Reset second factors');
    expect(root.browser.text).toContain('1 authenticator app is removed.');
    expect(root.browser.text).toContain('10 recovery codes are void.');
    await does(of(ada, 'factors'), {}, 'Reset second factors');
    expect(root.browser.text).toContain('The second factors have been reset.');
    const visit = await visitsAndSignsIn(server, { identifier: ada.email });
    expect(isBackAtApp(visit)).toBe(true);
  });

  test('takes a reason to forbid, and one click to allow again', async () => {
    const ada = await somebody();
    const { browser } = await visitsAndSignsIn(server, { identifier: ada.email });
    await does(of(ada, 'ban'), { reason: ' ' }, 'Ban the account');
    expect(root.browser.page.status).toBe(400);
    expect(root.browser.text).toContain('Say why');
    await root.browser.submit({ reason: 'Sends <spam>' }, 'Ban the account');
    expect(root.browser.text).toContain('The account is banned.');
    expect(root.browser.text).toContain('Sends <spam>');
    expect(await stillIn(browser)).toBe(false);
    const refused = await newBrowser().open(`${server.issuer}/account`);
    await signsIn(refused, { identifier: ada.email });
    expect(refused.text).not.toContain('Sends <spam>');
    await does(of(ada), {}, 'Lift the ban');
    expect(root.browser.text).toContain('The ban is lifted.');
    expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: ada.email }))).toBe(true);
  });
});

describe('an account at its beginning and end', () => {
  test('is made by an invitation with roles and groups, and its owner sets the password', async () => {
    await somebody({ roles: ['editor'] });
    await does(
      '/admin/invite-account',
      { email: 'Nora@Example.test', name: 'Nora', 'role.editor': 'yes' },
      'Send the invitation',
    );
    expect(root.browser.title).toBe('Nora@example.test');
    expect(root.browser.text).toContain('The invitation is on its way.');
    expect(root.browser.text).toContain('None yet');
    const browser = await newBrowser().open(lastLink(await mailbox.waitFor('Nora@example.test')));
    await browser.submit({ password: PASSWORD }, 'Accept');
    expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: 'nora@example.test' }))).toBe(true);
    await opens('/admin/accounts?q=nora');
    await root.browser.click('Nora@');
    expect(root.browser.text).toContain('editor');
    expect(root.browser.text).not.toContain('Send the invitation again');
  });

  test('is made without one, and keeps what was typed when something is wrong', async () => {
    await does('/admin/create-account', { email: 'root@example.test', username: 'fine.name', name: 'Olga' }, 'Create');
    expect(root.browser.page.status).toBe(409);
    expect(root.browser.form({}, 'Create').data).toMatchObject({ username: 'fine.name', name: 'Olga' });
    await root.browser.submit({ email: 'olga@example.test' }, 'Create');
    expect(root.browser.title).toBe('olga@example.test');
    expect(root.browser.text).toContain('fine.name');
    await mailsHaveArrived(server);
    expect(mailbox.all('olga@example.test')).toEqual([]);
    await does(root.browser.page.url.replace(server.issuer, ''), {}, 'Send the invitation again');
    expect(root.browser.text).toContain('Another invitation is on its way.');
    await mailbox.waitFor('olga@example.test');
  });

  test('goes along as a file, without a secret in it', async () => {
    const ada = await somebody();
    const page = await opens(of(ada));
    const { action, data } = page.form({}, 'Download the data');
    const answer = await page.request(action, { method: 'POST', form: data });
    expect(answer.headers.get('content-disposition')).toMatch(/attachment; filename="account-.*\.json"/);
    const taken = await answer.text();
    expect(JSON.parse(taken).account).toMatchObject({ sub: ada.id, email: ada.email });
    expect(taken).not.toMatch(/argon2|password_hash/);
    expect((await eventsOf(ada))[0]?.event).toBe('account.data_downloaded');
  });

  test('is deleted by who types whose it is', async () => {
    const ada = await somebody();
    const { browser } = await visitsAndSignsIn(server, { identifier: ada.email });
    await does(of(ada, 'delete'), { typed: 'somebody@else.test' }, 'Delete the account');
    expect(root.browser.page.status).toBe(400);
    expect(root.browser.text).toContain('1 session ends.');
    await root.browser.submit({ typed: ada.email.toUpperCase() }, 'Delete the account');
    expect(root.browser.text).toContain('The account has been deleted.');
    expect(await stillIn(browser)).toBe(false);
    expect((await root.browser.request(`${server.issuer}${of(ada)}`)).status).toBe(404);
  });
});
