// Where somebody is signed in, as they see it, and ending it there.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { type LogoutReceiver, logoutReceiver } from '../support/logout-receiver.ts';
import { mmdb } from '../support/mmdb.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, redeem } from '../support/sign-in.ts';
import { CLIENTS, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { errorOf, recordsAsText, tokensOf, userinfo, visits, visitsAndSignsIn } from '../support/visits.ts';

const AGENTS = {
  firefox: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0',
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
};

let server: TestServer;
let web: LogoutReceiver;
beforeAll(async () => {
  web = await logoutReceiver();
  server = await startTestServer({
    settings: `mfa: optional\ngeo: { mmdb_file: places.mmdb }${RESOURCES}`,
    files: { 'places.mmdb': mmdb({ '127.0.0.0/8': { city: { names: { en: 'Cologne', de: 'Köln' } } } }) },
    clients: { web: `${CLIENTS['web']}backchannel_logout_uri: "${web.uri}"\n` },
  });
});
afterAll(async () => {
  await server.stop();
  web.close();
});

let people = 0;
const person = async (): Promise<string> => {
  people += 1;
  const email = `person-${people}@example.test`;
  await server.person({ email });
  return email;
};

async function signedIn(identifier: string, agent: keyof typeof AGENTS = 'firefox') {
  const browser = newBrowser({ headers: { 'user-agent': AGENTS[agent] } });
  const visit = await visitsAndSignsIn(server, { identifier, browser });
  return { browser, visit };
}

const sessionsOf = async (browser: Browser): Promise<Browser> =>
  browser.newTab().open(`${server.issuer}/account/sessions`);

const panels = (page: Browser) =>
  page.document.querySelectorAll('section.panel').map((each) => each.textContent.replace(/\s+/g, ' ').trim());

const isSignedOut = async (browser: Browser): Promise<boolean> =>
  errorOf(await visits(server, { prompt: 'none' }, browser.newTab())) === 'login_required';

const eventsOf = async (email: string): Promise<string[]> => {
  const { db } = server.database;
  const { id } = await db.selectFrom('accounts').select('id').where('email', '=', email).executeTakeFirstOrThrow();
  const rows = await db.selectFrom('audit_events').select('event').where('account_id', '=', id).orderBy('id').execute();
  return rows.map(({ event }) => event).filter((event) => event.startsWith('session'));
};

describe('a person', () => {
  test('finds the browser they are in, and the others, by words', async () => {
    const ada = await person();
    const here = await signedIn(ada);
    movingClock.advance({ hours: 0, minutes: 30 });
    await signedIn(ada, 'iphone');
    movingClock.advance({ minutes: 20 });
    const page = await sessionsOf(here.browser);
    const [current = '', other = '', endOthers = ''] = panels(page);
    expect(current).toContain('Firefox on WindowsThis browser');
    expect(current).toContain('127.0.0.1PlaceCologne');
    const german = await page.newTab().open(`${server.issuer}/account/sessions?ui_locales=de`);
    expect(panels(german)[0]).toContain('OrtKöln');
    expect(current).toContain('Signed in50 minutes ago');
    expect(current).toContain('Web App');
    expect(other).toContain('Safari on iOS');
    expect(other).toContain('Last used20 minutes ago');
    expect(endOthers).toContain('Ends 1 other session.');
    expect(page.page.text).not.toMatch(/AppleWebKit/);
  });

  test('sees no identifier that the server knows the session by', async () => {
    const ada = await person();
    const here = await signedIn(ada);
    await signedIn(ada, 'iphone');
    const page = await sessionsOf(here.browser);
    const uids = await server.database.db.selectFrom('session_details').select('session_uid').execute();
    expect(uids.length).toBeGreaterThan(1);
    for (const { session_uid: uid } of uids) expect(page.page.text).not.toContain(uid);
  });

  test('is told when there is nothing else', async () => {
    const page = await sessionsOf((await signedIn(await person())).browser);
    expect(page.text).toContain('You are signed in nowhere else.');
    expect(page.text).not.toContain('Sign out everywhere else');
  });

  test('ends another session: its browser and its apps are out at once', async () => {
    const ada = await person();
    const here = await signedIn(ada);
    const there = await signedIn(ada, 'iphone');
    const tokens = await tokensOf(server, there.visit);
    const own = await tokensOf(server, here.visit);
    const page = await sessionsOf(here.browser);
    await page.submit({}, 'End this session');
    expect(page.text).toContain('The session has ended.');
    expect(page.text).toContain('You are signed in nowhere else.');
    expect(await isSignedOut(there.browser)).toBe(true);
    expect((await userinfo(server, tokens)).status).toBe(401);
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refreshToken };
    expect((await redeem(server.issuer, refresh)).body['error']).toBe('invalid_grant');
    expect(await isSignedOut(here.browser)).toBe(false);
    expect((await userinfo(server, own)).status).toBe(200);
    expect(await eventsOf(ada)).toEqual(['session.ended']);
  });

  test('ends all others, in numbers', async () => {
    const ada = await person();
    const here = await signedIn(ada);
    const others = [await signedIn(ada, 'iphone'), await signedIn(ada), await signedIn(ada)];
    const page = await sessionsOf(here.browser);
    expect(page.text).toContain('Ends 3 other sessions.');
    await page.submit({}, 'Sign out everywhere else');
    expect(page.text).toContain('All other sessions have ended.');
    for (const { browser } of others) expect(await isSignedOut(browser)).toBe(true);
    expect(await isSignedOut(here.browser)).toBe(false);
    expect(await eventsOf(ada)).toEqual(['sessions.ended']);
  });

  test('no longer finds a session that has run out', async () => {
    const ada = await person();
    await signedIn(ada, 'iphone');
    movingClock.advance({ minutes: 61 });
    const page = await sessionsOf((await signedIn(ada)).browser);
    expect(page.text).toContain('You are signed in nowhere else.');
  });

  test('stays signed in by looking at pages of the account, up to the twelve hours', async () => {
    const ada = await person();
    const { browser } = await signedIn(ada);
    for (let halfHours = 0; halfHours < 23; halfHours += 1) {
      movingClock.advance({ minutes: 30 });
      expect((await sessionsOf(browser)).title, `after ${halfHours + 1} half hours`).toBe('Sessions');
    }
    movingClock.advance({ minutes: 31 });
    expect((await sessionsOf(browser)).title).toContain('Sign in');
  });

  test('leaves no address behind when the session ends', async () => {
    const ada = await person();
    const { browser } = await signedIn(ada);
    const count = () =>
      server.database.db
        .selectFrom('session_details')
        .innerJoin('accounts', 'accounts.id', 'session_details.account_id')
        .select('session_uid')
        .where('email', '=', ada)
        .execute();
    expect(await count()).toHaveLength(1);
    await (await sessionsOf(browser)).submit({}, 'Sign out');
    expect(await count()).toHaveLength(0);
  });
});

/** All but the mails, which are on their way meanwhile. */
const records = async (): Promise<string> => (await recordsAsText(server)).replace(/^-- mail_outbox\n(?:\(.*\n)*/m, '');

describe('T49 identifiers of others: Zitadel CVE-2025-27507, CVE-2025-64431; authentik CVE-2024-42490', () => {
  test('somebody else’s session, one that is over and what was never one answer 404, and nothing changes', async () => {
    const [ada, ben] = [await person(), await person()];
    const adas = await signedIn(ada);
    await signedIn(ada, 'iphone');
    const bens = await signedIn(ben);
    await signedIn(ben, 'iphone');
    const page = await sessionsOf(bens.browser);
    const { data } = page.form({}, 'End this session');
    const adasPage = await sessionsOf(adas.browser);
    const foreign = adasPage.form({}, 'End this session').action;
    const uids = await server.database.db.selectFrom('session_details').select('session_uid').execute();
    const tried = [
      foreign,
      ...uids.map(({ session_uid: uid }) => `${server.issuer}/account/sessions/${uid}/end`),
      ...['1', '0', '-1', crypto.randomUUID(), '%00', "'"].map((id) => `${server.issuer}/account/sessions/${id}/end`),
    ];
    const before = await records();
    for (const address of tried) {
      const answer = await bens.browser.request(address, { method: 'POST', form: data });
      expect([404, 400], address).toContain(answer.status);
    }
    expect(await records()).toBe(before);
    expect(await isSignedOut(adas.browser)).toBe(false);
  });

  test('a session that has ended answers 404, in the way an unknown one does', async () => {
    const ada = await person();
    const here = await signedIn(ada);
    await signedIn(ada, 'iphone');
    const page = await sessionsOf(here.browser);
    const { action, data } = page.form({}, 'End this session');
    const send = () => here.browser.request(action, { method: 'POST', form: data });
    expect([(await send()).status, (await send()).status]).toEqual([303, 404]);
  });
});

test('apps are told of a session that was ended here', async () => {
  const ada = await person();
  const here = await signedIn(ada);
  const there = await signedIn(ada, 'iphone');
  const { idToken } = await tokensOf(server, there.visit);
  await (await sessionsOf(here.browser)).submit({}, 'End this session');
  const told = () => web.received.map(({ claims }) => claims['sid']);
  await vi.waitFor(() => expect(told()).toContain(idToken['sid']), { timeout: 15_000 });
});
