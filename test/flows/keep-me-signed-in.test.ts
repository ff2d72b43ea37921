// "Keep me signed in": longer limits for who asks for them, and limits all the same, held where the session is stored.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { enrolsTotp, newBrowser, redeem, totpCode } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { confirmsPassword, errorOf, isBackAtApp, tokensOf, userinfo, type Visit, visits } from '../support/visits.ts';

const COOKIE = 'gatehouse_session';
const PASSWORD = 'correct horse battery staple';
const ADA = 'ada@example.test';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  for (const name of ['ada', 'ben', 'mia']) await server.person({ email: `${name}@example.test` });
});
afterAll(() => server.stop());

/** Ticks the box, unless told otherwise. */
async function signedIn({ at = server, identifier = ADA, keep = 'yes', params = {} } = {}): Promise<Visit> {
  const visit = await visits(at, params);
  await visit.browser.submit({ identifier, password: PASSWORD, ...(keep === '' ? {} : { keep }) }, 'Sign in');
  return visit;
}

const isSignedIn = async (browser: Browser, at = server): Promise<boolean> =>
  isBackAtApp(await visits(at, {}, browser.newTab()));

const isAskedAnew = async (browser: Browser): Promise<boolean> =>
  errorOf(await visits(server, { prompt: 'none' }, browser.newTab())) === 'login_required';

async function cookieLastsUntil(browser: Browser): Promise<Date | undefined> {
  const cookies = await browser.jar.getCookies(server.issuer);
  const expires = cookies.find(({ key }) => key === COOKIE)?.expires;
  return expires instanceof Date ? expires : undefined;
}

/** Another browser with the cookies of this one, for as long as it likes. */
async function thiefOf(browser: Browser): Promise<Browser> {
  const copy = newBrowser();
  for (const { key, value } of await browser.jar.getCookies(server.issuer)) {
    await copy.jar.setCookie(`${key}=${value}; Path=/; Max-Age=99999999`, server.issuer);
  }
  return copy;
}

const refreshed = (token: string | undefined) =>
  redeem(server.issuer, { grant_type: 'refresh_token', refresh_token: token });

describe('a person who ticks the box', () => {
  test('is signed in the next morning, and after six days of doing nothing; not after seven', async () => {
    const { browser } = await signedIn();
    movingClock.advance({ hours: 14 });
    expect(await isSignedIn(browser)).toBe(true);
    movingClock.advance({ days: 6, hours: 23 });
    expect(await isSignedIn(browser)).toBe(true);
    movingClock.advance({ days: 7, minutes: 1 });
    expect(await isAskedAnew(browser)).toBe(true);
  });

  test('signs in again after thirty days, however often they came', async () => {
    const { browser } = await signedIn();
    for (let days = 5; days < 30; days += 5) {
      movingClock.advance({ days: 5 });
      expect(await isSignedIn(browser), `after ${days} days`).toBe(true);
    }
    movingClock.advance({ days: 5, minutes: 1 });
    expect(await isAskedAnew(browser)).toBe(true);
  });

  test('has a cookie that outlasts the browser, and no longer than the session', async () => {
    const { browser } = await signedIn();
    const until = (await cookieLastsUntil(browser))?.getTime() ?? 0;
    expect(until / 1000).toBeCloseTo(movingClock.now().getTime() / 1000 + 7 * 86_400, -2);
  });

  test('is kept through the second factor', async () => {
    const visit = await signedIn({ identifier: 'mia@example.test', params: { acr_values: 'mfa' } });
    const { secret } = await enrolsTotp(visit.browser);
    expect(isBackAtApp(visit)).toBe(true);
    movingClock.advance({ days: 6 });
    expect(await isSignedIn(visit.browser)).toBe(true);
    const again = await signedIn({ identifier: 'mia@example.test' });
    await again.browser.submit({ code: totpCode(secret) }, 'Continue');
    expect(isBackAtApp(again)).toBe(true);
    movingClock.advance({ days: 6 });
    expect(await isSignedIn(again.browser)).toBe(true);
  });

  test('is kept through consent, and through a password that was wrong at first', async () => {
    const visit = await visits(server, { client_id: 'ask' });
    await visit.browser.submit(
      { identifier: 'ben@example.test', password: 'not this one at all', keep: 'yes' },
      'Sign in',
    );
    expect(visit.browser.document.querySelector('input[name=keep]')?.hasAttribute('checked')).toBe(true);
    await visit.browser.submit({ identifier: 'ben@example.test', password: PASSWORD }, 'Sign in');
    await visit.browser.submit({}, 'Allow');
    expect(isBackAtApp(visit)).toBe(true);
    movingClock.advance({ days: 6 });
    expect(await isSignedIn(visit.browser)).toBe(true);
  });
});

describe('a person who does not', () => {
  test('has an hour, and a cookie for this browser session', async () => {
    const { browser } = await signedIn({ keep: '' });
    expect(await cookieLastsUntil(browser)).toBeUndefined();
    movingClock.advance({ minutes: 61 });
    expect(await isAskedAnew(browser)).toBe(true);
  });

  test('has no more of it by sending something else in its place', async () => {
    for (const keep of ['on', 'true', '30']) {
      const { browser } = await signedIn({ keep });
      movingClock.advance({ minutes: 61 });
      expect(await isAskedAnew(browser), keep).toBe(true);
    }
  });
});

describe('who proves it again in a kept session', () => {
  const provesAgain = async (browser: Browser, more: Record<string, string> = {}) => {
    const visit = await visits(server, { prompt: 'login' }, browser.newTab());
    await visit.browser.submit({ password: PASSWORD, ...more }, 'Confirm');
    expect(isBackAtApp(visit)).toBe(true);
    return visit;
  };

  test('stays kept, for thirty days from then', async () => {
    const { browser } = await signedIn();
    for (let days = 0; days < 25; days += 5) {
      movingClock.advance({ days: 5 });
      await isSignedIn(browser);
    }
    await provesAgain(browser);
    movingClock.advance({ days: 6 });
    expect(await isSignedIn(browser)).toBe(true);
  });

  test('is no longer kept once the box is unticked', async () => {
    const { browser } = await signedIn();
    await provesAgain(browser, { keep: '' });
    expect(await cookieLastsUntil(browser)).toBeUndefined();
    movingClock.advance({ minutes: 61 });
    expect(await isAskedAnew(browser)).toBe(true);
  });

  test('can be kept from then on, with a cookie that lasts', async () => {
    const { browser } = await signedIn({ keep: '' });
    await provesAgain(browser, { keep: 'yes' });
    expect(await cookieLastsUntil(browser)).toBeInstanceOf(Date);
    movingClock.advance({ days: 6 });
    expect(await isSignedIn(browser)).toBe(true);
  });

  test('keeps nobody else: another person finds the box empty', async () => {
    const { browser } = await signedIn();
    const visit = await visits(server, { prompt: 'login' }, browser);
    await visit.browser.submit({}, 'Not you?');
    expect(visit.browser.document.querySelector('input[name=keep]')?.hasAttribute('checked')).toBe(false);
    await visit.browser.submit({ identifier: 'ben@example.test', password: PASSWORD }, 'Sign in');
    movingClock.advance({ minutes: 61 });
    expect(await isAskedAnew(visit.browser)).toBe(true);
  });
});

describe('what depends on the session', () => {
  test('a copied cookie lives no longer than the session, and ends with it', async () => {
    const { browser } = await signedIn();
    const thief = await thiefOf(browser);
    movingClock.advance({ days: 7, minutes: 1 });
    expect(await isAskedAnew(thief)).toBe(true);
    const usual = await signedIn({ keep: '' });
    const other = await thiefOf(usual.browser);
    movingClock.advance({ minutes: 61 });
    expect(await isAskedAnew(other)).toBe(true);
  });

  test('tokens of the session work while it does; a refresh counts as doing something', async () => {
    const visit = await signedIn();
    const { refreshToken } = await tokensOf(server, visit);
    for (let days = 0; days < 18; days += 6) {
      movingClock.advance({ days: 6 });
      const answer = await refreshed(refreshToken);
      expect(answer.status, `after ${days + 6} days`).toBe(200);
      expect((await userinfo(server, { accessToken: String(answer.body['access_token']) })).status).toBe(200);
    }
    movingClock.advance({ days: 7, minutes: 1 });
    expect((await refreshed(refreshToken)).body['error']).toBe('invalid_grant');
  });
});

describe('an operator', () => {
  const settings = (sessions: string) => `mfa: optional\nsessions: { ${sessions} }${RESOURCES}`;

  test('who switches it off cuts what was kept at its next use, and offers it no more', async () => {
    const idle = await signedIn();
    const fresh = await signedIn();
    movingClock.advance({ minutes: 50 });
    expect(await isSignedIn(fresh.browser)).toBe(true);
    movingClock.advance({ minutes: 20 });
    server = await server.restart({ settings: settings('keep_me_signed_in: false') });
    expect(await isAskedAnew(idle.browser)).toBe(true);
    expect(await isSignedIn(fresh.browser)).toBe(true);
    movingClock.advance({ minutes: 61 });
    expect(await isAskedAnew(fresh.browser)).toBe(true);
  });

  test('who does not offer it keeps nobody who sends it all the same', async () => {
    const visit = await visits(server);
    expect(visit.browser.text).not.toContain('Keep me signed in');
    const { action, data } = visit.browser.form({ identifier: ADA, password: PASSWORD }, 'Sign in');
    await visit.browser.request(action, { method: 'POST', form: { ...data, keep: 'yes' } });
    await visit.browser.open(visit.browser.page.url);
    expect(await isSignedIn(visit.browser)).toBe(true);
    movingClock.advance({ minutes: 61 });
    expect(await isAskedAnew(visit.browser)).toBe(true);
  });

  test('who makes the limits shorter does so for sessions that are there', async () => {
    server = await server.restart();
    const { browser } = await signedIn();
    const usual = await signedIn({ keep: '' });
    movingClock.advance({ minutes: 31 });
    server = await server.restart({ settings: settings('idle_minutes: 30, keep_idle_days: 1') });
    expect(await isSignedIn(browser)).toBe(true);
    expect(await isAskedAnew(usual.browser)).toBe(true);
    movingClock.advance({ days: 1, minutes: 1 });
    expect(await isAskedAnew(browser)).toBe(true);
    server = await server.restart();
  });
});

test('the box comes back as it was when the password has to be confirmed', async () => {
  const { browser } = await signedIn({ keep: '' });
  const visit = await visits(server, { prompt: 'login' }, browser);
  expect(visit.browser.document.querySelector('input[name=keep]')?.hasAttribute('checked')).toBe(false);
  await confirmsPassword(visit.browser);
  expect(isBackAtApp(visit)).toBe(true);
});
