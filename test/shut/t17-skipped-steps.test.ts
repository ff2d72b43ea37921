// Nobody gets past a step by knowing the address of the next one.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { callbackOf, newBrowser, totpCode } from '../support/sign-in.ts';
import { PASSWORD, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import {
  enrols,
  entersCode,
  errorOf,
  isBackAtApp,
  signedInSessions,
  tokensOf,
  type Visit,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

describe('T17 skipped steps and stale proofs: Keycloak CVE-2023-6787; Pocket ID GHSA-hp74-gm6m-2qm5', () => {
  let server: TestServer;
  const secrets: Record<string, string> = {};

  beforeAll(async () => {
    server = await startTestServer();
    await server.person({ email: 'mallory@example.test' });
    await server.person({ email: 'fresh@example.test' });
    await server.person({ email: 'victim@example.test' });
    secrets['victim@example.test'] = (await enrols(server, { identifier: 'victim@example.test' })).secret;
  });

  afterAll(() => server.stop());

  /** The victim's password is known; the second factor is not. */
  const withPasswordOnly = (params: Record<string, string> = {}): Promise<Visit> =>
    visitsAndSignsIn(server, { identifier: 'victim@example.test', params: { client_id: 'ask', ...params } });

  /** A person without an authenticator, at the page that sets one up. */
  const atEnrolment = (): Promise<Visit> =>
    visitsAndSignsIn(server, { identifier: 'fresh@example.test', params: { client_id: 'ask', acr_values: 'mfa' } });

  const uidOf = ({ browser }: Visit): string => /interaction\/([\w-]+)/.exec(browser.page.url)?.[1] ?? '';

  /** Posts to a step of this sign-in with a valid token, as if its page had been shown. */
  async function postsStep(visit: Visit, step: string, form: Record<string, string>): Promise<Response> {
    const { csrf = '' } = visit.browser.form({}, 'Not you?').data;
    const address = `${server.issuer}/interaction/${uidOf(visit)}/${step}?client=ask`;
    return visit.browser.request(address, { method: 'POST', form: { csrf, ...form } });
  }

  /** What the person is shown at this sign-in now. */
  async function pageNow(visit: Visit): Promise<string> {
    await visit.browser.open(`${server.issuer}/interaction/${uidOf(visit)}?client=ask`);
    return visit.browser.title;
  }

  async function expectNotSignedIn(browser: Browser, sessionsBefore: number): Promise<void> {
    expect(await signedInSessions(server)).toBe(sessionsBefore);
    const quiet = await visits(server, { prompt: 'none' }, browser.newTab());
    expect(errorOf(quiet)).toBe('login_required');
  }

  test('after the password alone there is no session, and the address that resumes the request asks for everything again', async () => {
    const before = await signedInSessions(server);
    const visit = await withPasswordOnly();
    expect(visit.browser.title).toBe('Enter your code');
    expect(Object.keys(await visit.browser.cookiesAt(server.issuer))).not.toContain('gatehouse_session');
    const resume = `${server.issuer}/auth/${uidOf(visit)}`;
    await visit.browser.open(resume);
    expect(visit.browser.title).toContain('Sign in to Asking App');
    await expectNotSignedIn(visit.browser, before);
    await visit.browser.open(resume);
    expect(visit.browser.page.status).toBe(400);
    await expectNotSignedIn(visit.browser, before);
  });

  test.each([
    ['consent', { decision: 'allow' }],
    ['recovery-codes', {}],
    ['enrolment', { code: '000000' }],
    ['sign-in', { identifier: 'victim@example.test', password: PASSWORD }],
  ])('after the password alone a post to the step %s leads back to the code', async (step, form) => {
    const before = await signedInSessions(server);
    const visit = await withPasswordOnly();
    const answer = await postsStep(visit, step, form as Record<string, string>);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`/interaction/${uidOf(visit)}?client=ask`);
    expect(await pageNow(visit)).toBe('Enter your code');
    await expectNotSignedIn(visit.browser, before);
  });

  test('“continue with this account” is nothing for somebody who is half signed in', async () => {
    const before = await signedInSessions(server);
    const visit = await withPasswordOnly();
    await postsStep(visit, 'account', { choice: 'continue' });
    expect(await pageNow(visit)).toContain('Sign in to');
    await visit.browser.open(`${server.issuer}/auth/${uidOf(visit)}`);
    expect(isBackAtApp(visit)).toBe(false);
    await expectNotSignedIn(visit.browser, before);
  });

  test('recovery codes cannot be read at any other step, and no method but the form’s own moves on', async () => {
    const visit = await withPasswordOnly();
    const base = `${server.issuer}/interaction/${uidOf(visit)}`;
    for (const step of ['recovery-codes.txt', 'recovery-codes', 'consent', 'account', 'second-factor', 'cancel']) {
      const read = await visit.browser.request(`${base}/${step}?decision=allow&choice=continue&code=1`);
      expect(read.status, step).toBe(303);
      expect(new URL(read.headers.get('location') ?? '', base).pathname, step).toBe(new URL(base).pathname);
    }
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      expect((await visit.browser.request(`${base}/consent`, { method })).status).toBe(405);
    }
    const { csrf = '' } = visit.browser.form({}, 'Not you?').data;
    const overridden = await visit.browser.request(`${base}?_method=POST&decision=allow`, {
      method: 'POST',
      form: { csrf, _method: 'GET', decision: 'allow' },
      headers: { 'x-http-method-override': 'GET' },
    });
    expect(overridden.status).toBe(405);
    expect(await pageNow(visit)).toBe('Enter your code');
  });

  test('somebody who must enrol cannot leave the page: not by a code, not by consent, not by another tab', async () => {
    const before = await signedInSessions(server);
    const visit = await atEnrolment();
    const key = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(visit.browser.text)?.[0]?.replaceAll(' ', '') ?? '';
    await postsStep(visit, 'second-factor', { code: totpCode(key) });
    await postsStep(visit, 'recovery-codes', {});
    await postsStep(visit, 'consent', { decision: 'allow' });
    expect(await pageNow(visit)).toBe('Set up your authenticator app');
    const tab = await visits(server, { client_id: 'web' }, visit.browser.newTab());
    expect(tab.browser.title).toContain('Sign in to Web App');
    await visit.browser.open(`${server.issuer}/auth/${uidOf(visit)}`);
    expect(visit.browser.title).toContain('Sign in to Asking App');
    await expectNotSignedIn(visit.browser, before);
  });

  test('with the codes on the screen nobody is signed in yet', async () => {
    const before = await signedInSessions(server);
    await server.person({ email: 'nia@example.test' });
    const visit = await visitsAndSignsIn(server, {
      identifier: 'nia@example.test',
      params: { client_id: 'ask', acr_values: 'mfa' },
    });
    const key = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(visit.browser.text)?.[0]?.replaceAll(' ', '') ?? '';
    await visit.browser.submit({ code: totpCode(key) }, 'Confirm');
    expect(visit.browser.title).toBe('Store your recovery codes');
    const { csrf = '' } = visit.browser.form({}, 'stored them').data;
    const consent = `${server.issuer}/interaction/${uidOf(visit)}/consent?client=ask`;
    await visit.browser.request(consent, { method: 'POST', form: { csrf, decision: 'allow' } });
    expect(await pageNow(visit)).toBe('Store your recovery codes');
    await expectNotSignedIn(visit.browser, before);
  });

  test('at the consent page nobody is signed in yet, and the resume address grants nothing', async () => {
    const before = await signedInSessions(server);
    const visit = await visitsAndSignsIn(server, { identifier: 'mallory@example.test', params: { client_id: 'ask' } });
    expect(visit.browser.title).toContain('asks for access');
    await expectNotSignedIn(visit.browser, before);
    await visit.browser.open(`${server.issuer}/auth/${uidOf(visit)}`);
    expect(visit.browser.title).toContain('Sign in to Asking App');
    await expectNotSignedIn(visit.browser, before);
  });

  test('another tab, another app or a new request of the same browser starts from nothing', async () => {
    const { browser } = await withPasswordOnly();
    for (const params of [
      {},
      { client_id: 'ask' },
      { prompt: 'consent' },
      { prompt: 'select_account' },
      { max_age: '9999' },
    ]) {
      const tab = await visits(server, params, browser.newTab());
      expect(tab.browser.title).toContain('Sign in to');
    }
  });

  test('the cookie of one sign-in is nothing under the address of another', async () => {
    const finished = await visitsAndSignsIn(server, {
      identifier: 'mallory@example.test',
      params: { client_id: 'ask' },
    });
    const own = await finished.browser.cookiesAt(`${server.issuer}/interaction/${uidOf(finished)}`);
    const victims = await withPasswordOnly();
    const foreign = `${server.issuer}/interaction/${uidOf(victims)}`;
    const cookie = Object.entries(own).map(([name, value]) => `${name}=${value}`);
    expect(cookie.join()).toContain('gatehouse_interaction');
    for (const path of ['', '/recovery-codes.txt']) {
      const answer = await fetch(`${foreign}${path}?client=ask`, { headers: { cookie: cookie.join('; ') } });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain('This sign-in has ended');
    }
    const { csrf = '' } = finished.browser.form({ decision: 'allow' }).data;
    const post = await fetch(`${foreign}/consent?client=ask`, {
      method: 'POST',
      headers: { cookie: cookie.join('; '), 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ csrf, decision: 'allow' }).toString(),
    });
    expect(post.status).toBe(400);
    expect(await pageNow(victims)).toBe('Enter your code');
  });

  test('the cookies of a sign-in cannot be made up: they are signed', async () => {
    const visit = await visits(server, { client_id: 'ask' });
    const uid = uidOf(visit);
    const address = `${server.issuer}/interaction/${uid}?client=ask`;
    const { 'gatehouse_interaction.sig': signature = '' } = await visit.browser.cookiesAt(address);
    const asked = (cookie: string) => fetch(address, { headers: { cookie } });
    expect((await asked(`gatehouse_interaction=${uid}`)).status).toBe(400);
    expect((await asked(`gatehouse_interaction=${uid}; gatehouse_interaction.sig=AAAA`)).status).toBe(400);
    expect((await asked(`gatehouse_interaction=${uid}; gatehouse_interaction.sig=${signature}`)).status).toBe(200);
  });

  test('a sign-in that somebody else began is nothing in another browser', async () => {
    const attacker = await visitsAndSignsIn(server, {
      identifier: 'mallory@example.test',
      params: { client_id: 'ask' },
    });
    const victim = newBrowser();
    await victim.open(attacker.browser.page.url);
    expect(victim.page.status).toBe(400);
    await victim.open(`${server.issuer}/auth/${uidOf(attacker)}`);
    expect(victim.page.status).toBe(400);
    expect(victim.page.headers.getSetCookie().filter((cookie) => /session=\w/.test(cookie))).toEqual([]);
  });

  test('who is asked to sign in again and cancels brings the app no code, by no address of that sign-in', async () => {
    const { browser } = await visitsAndSignsIn(server, { identifier: 'mallory@example.test' });
    const visit = await visits(server, { prompt: 'login' }, browser.newTab());
    const uid = uidOf(visit);
    await visit.browser.submit({}, 'Cancel');
    expect(errorOf(visit)).toBe('access_denied');
    for (const address of [`/auth/${uid}`, `/interaction/${uid}?client=web`, `/auth/${uid}?prompt=none`]) {
      const tab = await browser.newTab().open(`${server.issuer}${address}`);
      expect(tab.page.status, address).toBe(400);
      expect(tab.page.url, address).not.toContain('code=');
    }
    expect(isBackAtApp(await visits(server, { prompt: 'none' }, browser.newTab()))).toBe(true);
  });

  test('what is finished cannot be finished again', async () => {
    const visit = await visitsAndSignsIn(server, { identifier: 'mallory@example.test', params: { client_id: 'ask' } });
    const { action, data } = visit.browser.form({ decision: 'allow' });
    const first = await visit.browser.request(action, { method: 'POST', form: data });
    const resume = /url=([^"]+)"/.exec(await first.text())?.[1] ?? '';
    await visit.browser.open(resume);
    const code = callbackOf(visit.browser).get('code');
    expect(code).toBeTruthy();
    const again = await visit.browser.request(action, { method: 'POST', form: data });
    expect(again.status).toBe(400);
    await visit.browser.open(resume);
    expect(visit.browser.page.status).toBe(400);
    expect(visit.browser.page.url).not.toContain('code=');
  });

  test('with every factor the same person gets in, so the pages above are not just broken', async () => {
    const visit = await entersCode(await withPasswordOnly(), secrets['victim@example.test'] ?? '');
    await visit.browser.submit({}, 'Allow');
    expect((await tokensOf(server, visit)).idToken).toMatchObject({ email: 'victim@example.test', acr: 'mfa' });
    const rows = await sql<{ acr: string }>`
    select payload ->> 'acr' as acr from oidc_payloads
    where model = 'Session' and destroyed_at is null and payload ->> 'acr' = 'mfa'`.execute(server.database.db);
    expect(rows.rows.length).toBeGreaterThan(0);
  });
});

describe('T17 terms of service that are skipped (as Keycloak CVE-2023-6787)', () => {
  let server: TestServer;

  beforeAll(async () => {
    const terms = 'registration: { terms_version: "1" }\nbranding: { terms_url: https://example.test/terms }\n';
    server = await startTestServer({ settings: `mfa: optional\n${terms}${RESOURCES}` });
  });

  afterAll(() => server.stop());

  test('at their page nobody is signed in, and what comes after it does not come before', async () => {
    const { db } = server.database;
    await server.person({ email: 'late@example.test' });
    await db.updateTable('accounts').set({ terms_version: null, terms_accepted_at: null }).execute();
    const { browser } = await visitsAndSignsIn(server, {
      identifier: 'late@example.test',
      params: { client_id: 'ask' },
    });
    expect(browser.title).toBe('Terms of service');
    const { csrf = '' } = browser.form({}, 'Not you?').data;
    const at = (step: string) => browser.page.url.replace(/(\/interaction\/[\w-]+)/, `$1/${step}`);
    const answer = await browser.request(at('consent'), { method: 'POST', form: { csrf, decision: 'allow' } });
    expect(answer.status).toBe(303);
    await browser.open(browser.page.url);
    expect(browser.title).toBe('Terms of service');
    expect([await signedInSessions(server), await db.selectFrom('consents').selectAll().execute()]).toEqual([0, []]);
    await browser.open(
      at('')
        .replace('/interaction/', '/auth/')
        .replace(/\/\?.*/, ''),
    );
    expect(browser.title).toContain('Sign in to Asking App');
  });
});
