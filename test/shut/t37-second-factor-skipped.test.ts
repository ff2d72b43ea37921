// Who knows the password and has no code gets nothing, by whatever way round they try.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setTrusted } from '../../src/devices/devices.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, signsIn, totpCode } from '../support/sign-in.ts';
import { PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';
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

describe('T37 second factor skipped: Zitadel CVE-2025-64103, CVE-2024-32868; Tinyauth CVE-2026-32246; Casdoor CVE-2026-9091; Logto CVE-2026-15616; Keycloak CVE-2026-94218; Kratos CVE-2024-45042', () => {
  let server: TestServer;
  let secret: string;
  const VICTIM = 'victim@example.test';
  const WHO = { identifier: VICTIM, params: { client_id: 'ask' } };

  beforeAll(async () => {
    server = await startTestServer();
    await server.person({ email: VICTIM, roles: ['treasurer'] });
    await server.person({ email: 'mallory@example.test' });
    await server.person({ email: 'fresh@example.test', roles: ['treasurer'] });
    ({ secret } = await enrols(server, { identifier: VICTIM }));
    const { db } = server.database;
    await db.updateTable('roles').set({ mfa: 'required' }).where('name', '=', 'treasurer').execute();
  });

  afterAll(() => server.stop());

  const at = (path: string): string => `${server.issuer}${path}`;
  const uidOf = ({ browser }: Visit): string => /interaction\/([\w-]+)/.exec(browser.page.url)?.[1] ?? '';
  const csrfOf = ({ browser }: Visit): string => browser.form({}, 'Not you?').data['csrf'] ?? '';

  const post = (browser: Browser, path: string, form: Record<string, string>) =>
    browser.request(at(path), { method: 'POST', form });

  /** What the account centre holds of the victim is on no page of these. */
  const PAGES = ['', '/security', '/authenticators/new', '/recovery-codes', '/password', '/data', '/sessions', '/apps'];

  /** Ten ways round the code, each from a sign-in whose password was right. */
  const WAYS: Readonly<Record<string, (visit: Visit) => Promise<unknown>>> = {
    'the address that resumes the request': (visit) => visit.browser.open(at(`/auth/${uidOf(visit)}`)),
    'the form of the consent page': async (visit) => {
      const form = { csrf: csrfOf(visit), decision: 'allow' };
      await post(visit.browser, `/interaction/${uidOf(visit)}/consent`, form);
      await visit.browser.open(at(`/interaction/${uidOf(visit)}`));
    },
    'the pages of the account centre': async ({ browser }) => {
      for (const page of PAGES) {
        const answer = await browser.request(at(`/account${page}`));
        expect(answer.status, page).not.toBe(200);
        expect(await answer.text(), page).not.toContain(VICTIM);
      }
      await browser.open(at('/account'));
    },
    'prompt=none': async (visit) => {
      const quiet = await visits(server, { prompt: 'none', client_id: 'web' }, visit.browser.newTab());
      expect(errorOf(quiet)).toBe('login_required');
    },
    'a second tab, at another app': async (visit) => {
      const tab = await visits(server, { client_id: 'web' }, visit.browser.newTab());
      expect(tab.browser.title).toContain('Sign in to');
    },
    'a new sign-in that brings the old one along': async (visit) => {
      const { browser } = visit;
      const old = uidOf(visit);
      const csrf = csrfOf(visit);
      const next = await visits(server, { client_id: 'web' }, browser.newTab());
      const uid = uidOf(next);
      for (const step of ['consent', 'recovery-codes', 'account']) {
        await post(next.browser, `/interaction/${uid}/${step}`, { csrf, decision: 'allow', choice: 'continue' });
        await post(browser, `/interaction/${old}/${step}`, { csrf, decision: 'allow', choice: 'continue' });
      }
      await next.browser.open(at(`/auth/${uid}`));
      expect(isBackAtApp(next)).toBe(false);
    },
    'starting over in the middle': async (visit) => {
      await post(visit.browser, `/interaction/${uidOf(visit)}/another-account`, { csrf: csrfOf(visit) });
      await visit.browser.open(at(`/interaction/${uidOf(visit)}`));
      await signsIn(visit.browser, { identifier: VICTIM });
      expect(visit.browser.title).toBe('Enter your code');
      await visit.browser.open(at(`/auth/${uidOf(visit)}`));
    },
    'signing out, and going back': async (visit) => {
      const address = at(`/interaction/${uidOf(visit)}`);
      await visit.browser.open(at('/session/end'));
      const out = visit.browser.document.querySelector('form');
      if (out !== null) await visit.browser.submit({}).catch(() => undefined);
      await visit.browser.open(address);
    },
    'enrolling an authenticator of one’s own': async (visit) => {
      await post(visit.browser, `/interaction/${uidOf(visit)}/enrolment`, { csrf: csrfOf(visit), code: '123456' });
      await post(visit.browser, '/account/authenticators/new', { pending: 'x', name: '', code: '123456' });
      const held = await server.database.db.selectFrom('totp_secrets').selectAll().execute();
      expect(held).toHaveLength(1);
      await visit.browser.open(at(`/interaction/${uidOf(visit)}`));
    },
    'the form of the code, empty or as a list': async (visit) => {
      const path = `/interaction/${uidOf(visit)}/second-factor`;
      for (const code of ['', '0', 'null', 'true', '000000\n', '[]']) {
        await post(visit.browser, path, { csrf: csrfOf(visit), code });
      }
      const body = `csrf=${encodeURIComponent(csrfOf(visit))}&code[]=&code=&code=000000`;
      const cookie = await visit.browser.jar.getCookieString(at(path));
      const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
      await fetch(at(path), { method: 'POST', redirect: 'manual', headers, body });
      await visit.browser.open(at(`/interaction/${uidOf(visit)}`));
    },
  };

  test('there are ten of them', () => expect(Object.keys(WAYS)).toHaveLength(10));

  test.each(Object.keys(WAYS))('after the password alone, %s gives no code, no session and no data', async (way) => {
    const before = await signedInSessions(server);
    const visit = await visitsAndSignsIn(server, WHO);
    expect(visit.browser.title).toBe('Enter your code');
    await WAYS[way]?.(visit);
    expect(isBackAtApp(visit)).toBe(false);
    expect(await signedInSessions(server)).toBe(before);
    const quiet = await visits(server, { prompt: 'none' }, visit.browser.newTab());
    expect(errorOf(quiet)).toBe('login_required');
    const account = await visit.browser.newTab().open(at('/account'));
    expect(account.title).not.toBe('Your account');
  });

  test('the cookie of a device that somebody else trusts asks for the code all the same', async () => {
    const { db } = server.database;
    const mallory = await visitsAndSignsIn(server, { identifier: 'mallory@example.test' });
    expect(isBackAtApp(mallory)).toBe(true);
    for (const device of await db.selectFrom('devices').select('id').execute())
      await setTrusted({ db, clock: movingClock }, device.id);
    const jar = mallory.browser;
    const { csrf = '' } = (await jar.open(at('/account'))).form({}, 'Sign out').data;
    await post(jar, '/account/sign-out', { csrf });
    const visit = await visitsAndSignsIn(server, { ...WHO, browser: jar.newTab() });
    expect(visit.browser.title).toBe('Enter your code');
  });

  test('who holds a session of a password alone is stepped up before anything that changes factors', async () => {
    const { browser } = await visitsAndSignsIn(server, { identifier: 'mallory@example.test' });
    await browser.open(at('/account/authenticators/new'));
    const key = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(browser.text)?.[0]?.replaceAll(' ', '') ?? '';
    await browser.submit({ code: totpCode(key) }, 'Confirm');
    // The session is still one of a password; the page that changes factors wants the code now.
    movingClock.advance({ seconds: 30 });
    await browser.open(at('/account/recovery-codes'));
    expect(browser.title).not.toBe('Recovery codes');
    await browser.submit({ password: PASSWORD }, 'Confirm').catch(() => undefined);
    expect(browser.title).toBe('Enter your code');
    await browser.submit({ code: totpCode(key) }, 'Continue');
    expect(browser.title).toBe('Recovery codes');
  });

  test('acr and amr say what was done, and no more', async () => {
    const password = await visitsAndSignsIn(server, { identifier: 'mallory@example.test', browser: newBrowser() });
    // Has an authenticator by now.
    expect(password.browser.title).toBe('Enter your code');
    await server.person({ email: 'plain@example.test' });
    const plain = await visitsAndSignsIn(server, { identifier: 'plain@example.test' });
    expect((await tokensOf(server, plain)).idToken).toMatchObject({ acr: 'pwd', amr: ['pwd'] });
    movingClock.advance({ seconds: 30 });
    const both = await entersCode(await visitsAndSignsIn(server, { identifier: VICTIM }), secret);
    expect((await tokensOf(server, both)).idToken).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] });
  });

  test('who must enrol cannot leave the page: no way leads on but the code', async () => {
    const before = await signedInSessions(server);
    const visit = await visitsAndSignsIn(server, { identifier: 'fresh@example.test', params: { client_id: 'ask' } });
    const { browser } = visit;
    expect(browser.title).toBe('Set up your authenticator app');
    const uid = uidOf(visit);
    const csrf = csrfOf(visit);
    const steps = {
      consent: { decision: 'allow' },
      'recovery-codes': {},
      account: {},
      'second-factor': { code: '000000' },
      'sign-in': {},
    };
    for (const [step, fields] of Object.entries(steps)) {
      await post(browser, `/interaction/${uid}/${step}`, { csrf, ...fields });
    }
    for (const page of PAGES) expect((await browser.request(at(`/account${page}`))).status, page).not.toBe(200);
    await browser.open(at(`/interaction/${uid}`));
    expect(browser.title).toBe('Set up your authenticator app');
    await browser.open(at(`/auth/${uid}`));
    expect(browser.title).toContain('Sign in to');
    expect(errorOf(await visits(server, { prompt: 'none' }, browser.newTab()))).toBe('login_required');
    expect(await signedInSessions(server)).toBe(before);
  });
});
