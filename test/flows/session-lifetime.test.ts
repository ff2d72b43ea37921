// How long a browser stays signed in, and what its session cookie is worth before and after.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { enrolsTotp, newBrowser, redeem, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import {
  type AppTokens,
  confirmsPassword,
  errorOf,
  isBackAtApp,
  signedInSessions,
  tokensOf,
  userinfo,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  for (const name of ['ada', 'ben']) await server.person({ email: `${name}@example.test` });
});

afterAll(() => server.stop());

const COOKIE = 'gatehouse_session';

async function signedIn(name = 'ada'): Promise<{ browser: Browser; tokens: AppTokens }> {
  const visit = await visitsAndSignsIn(server, { identifier: `${name}@example.test` });
  return { browser: visit.browser, tokens: await tokensOf(server, visit) };
}

const isSignedIn = async (browser: Browser): Promise<boolean> =>
  isBackAtApp(await visits(server, {}, browser.newTab()));

const sessionIdOf = async (browser: Browser): Promise<string | undefined> =>
  (await browser.cookiesAt(server.issuer))[COOKIE];

const refreshed = (token: string | undefined) =>
  redeem(server.issuer, { grant_type: 'refresh_token', refresh_token: token });

test('a person who does nothing for an hour signs in again', async () => {
  const { browser } = await signedIn();
  movingClock.advance({ minutes: 59 });
  expect(await isSignedIn(browser)).toBe(true);
  movingClock.advance({ minutes: 59 });
  expect(await isSignedIn(browser)).toBe(true);
  movingClock.advance({ minutes: 61 });
  const quiet = await visits(server, { prompt: 'none' }, browser.newTab());
  expect(errorOf(quiet)).toBe('login_required');
  const visit = await visits(server, {}, browser);
  expect(visit.browser.title).toContain('Sign in to');
});

test('after twelve hours even a busy person signs in again', async () => {
  const { browser } = await signedIn();
  for (let halfHours = 0; halfHours < 23; halfHours += 1) {
    movingClock.advance({ minutes: 30 });
    expect(await isSignedIn(browser), `after ${halfHours + 1} half hours`).toBe(true);
  }
  movingClock.advance({ minutes: 31 });
  expect(await isSignedIn(browser)).toBe(false);
});

test('proving the password again begins the twelve hours anew', async () => {
  const { browser } = await signedIn();
  for (let hour = 0; hour < 11; hour += 1) {
    movingClock.advance({ minutes: 59 });
    expect(await isSignedIn(browser)).toBe(true);
  }
  const visit = await visits(server, { prompt: 'login' }, browser);
  await confirmsPassword(visit.browser);
  for (let hour = 0; hour < 3; hour += 1) {
    movingClock.advance({ minutes: 59 });
    expect(await isSignedIn(browser)).toBe(true);
  }
});

test('tokens bound to a session end with it', async () => {
  const { browser, tokens } = await signedIn();
  movingClock.advance({ minutes: 58 });
  const again = await visits(server, {}, browser);
  const { accessToken } = await tokensOf(server, again);
  expect((await userinfo(server, { accessToken })).status).toBe(200);
  movingClock.advance({ minutes: 61 });
  expect((await userinfo(server, { accessToken })).status).toBe(401);
  expect((await refreshed(tokens.refreshToken)).body['error']).toBe('invalid_grant');
});

test('a refresh counts as doing something, up to the twelve hours', async () => {
  const { browser, tokens } = await signedIn();
  for (let round = 0; round < 3; round += 1) {
    movingClock.advance({ minutes: 50 });
    expect((await refreshed(tokens.refreshToken)).status).toBe(200);
  }
  expect(await isSignedIn(browser)).toBe(true);
  for (let round = 0; round < 11; round += 1) {
    movingClock.advance({ minutes: 50 });
    expect((await refreshed(tokens.refreshToken)).status).toBe(200);
  }
  movingClock.advance({ minutes: 21 });
  expect((await refreshed(tokens.refreshToken)).status).toBe(400);
  expect(await isSignedIn(browser)).toBe(false);
});

test('the limits are those of the database: an expired row signs nobody in, whatever its payload says', async () => {
  const { browser } = await signedIn();
  await sql`update oidc_payloads set expires_at = now() - interval '1 day' where model = 'Session'`.execute(
    server.database.db,
  );
  expect(await isSignedIn(browser)).toBe(false);
});

test('the cookie is for this browser session, out of reach of scripts and of other sites’ forms', async () => {
  const { browser } = await visits(server);
  const { action, data } = browser.form(
    { identifier: 'ada@example.test', password: 'correct horse battery staple' },
    'Sign in',
  );
  const cookies: string[] = [];
  let response = await browser.request(action, { method: 'POST', form: data });
  for (let hop = 0; hop < 3; hop += 1) {
    cookies.push(...response.headers.getSetCookie());
    const next = response.headers.get('location') ?? /url=([^"]+)"/.exec(await response.text())?.[1] ?? '';
    if (!new URL(next, action).href.startsWith(server.issuer)) break;
    response = await browser.request(new URL(next, action).href);
  }
  const session = cookies.filter((cookie) => cookie.startsWith(`${COOKIE}=`));
  expect(session).toHaveLength(1);
  for (const cookie of cookies) {
    const [pair = '', ...attributes] = cookie.toLowerCase().split('; ');
    expect(attributes, cookie).toContain('httponly');
    expect(attributes, cookie).toContain('samesite=lax');
    expect(pair.length).toBeLessThan(200);
  }
  for (const attribute of ['expires', 'max-age', 'domain']) {
    expect(session[0]?.toLowerCase()).not.toContain(attribute);
  }
  expect(session[0]?.toLowerCase()).toContain('path=/;');
  expect(session[0]).not.toContain('ada');
});

/** Another browser with the cookies that this one has now. */
async function copyOf(browser: Browser): Promise<Browser> {
  const copy = newBrowser();
  for (const cookie of await browser.jar.getCookies(server.issuer)) await copy.jar.setCookie(cookie, server.issuer);
  return copy;
}

describe('T23 session fixation: Zitadel CVE-2024-28197; Keycloak CVE-2026-7507, CVE-2024-7341', () => {
  test('every sign-in gives the session a new name, and the former one is dead', async () => {
    const { browser } = await signedIn();
    const before = await sessionIdOf(browser);
    const old = await copyOf(browser);
    const visit = await visits(server, { prompt: 'login' }, browser);
    await confirmsPassword(visit.browser);
    expect(isBackAtApp(visit)).toBe(true);
    expect(await sessionIdOf(browser)).not.toBe(before);
    expect(await isSignedIn(browser)).toBe(true);
    movingClock.advance({ minutes: 1 });
    expect(errorOf(await visits(server, { prompt: 'none' }, old))).toBe('login_required');
  });

  test('who signs out is signed out under every name the session has had, at once', async () => {
    const { browser } = await signedIn();
    const old = await copyOf(browser);
    const visit = await visits(server, { prompt: 'login' }, browser);
    await confirmsPassword(visit.browser);
    const { idTokenText } = await tokensOf(server, visit);
    const current = await copyOf(browser);
    await browser.request(`${server.issuer}/session/end?${new URLSearchParams({ id_token_hint: idTokenText })}`);
    for (const each of [browser, old, current]) {
      expect(errorOf(await visits(server, { prompt: 'none' }, each.newTab()))).toBe('login_required');
    }
  });

  test('a planted session is never adopted, made up or real', async () => {
    const attacker = newBrowser();
    // A session of the attacker's browser that nobody is signed in to: signing out begins one.
    await attacker.request(`${server.issuer}/session/end`);
    const planted = await attacker.cookiesAt(server.issuer);
    const madeUp = { [COOKIE]: 'a-value-that-somebody-chose' };
    for (const cookies of [planted, madeUp]) {
      const victim = newBrowser();
      for (const [name, value] of Object.entries(cookies)) {
        await victim.jar.setCookie(`${name}=${value}; Path=/`, server.issuer);
      }
      const visit = await visits(server, {}, victim);
      await signsIn(visit.browser, { identifier: 'ben@example.test' });
      expect(isBackAtApp(visit)).toBe(true);
      expect(await sessionIdOf(victim)).not.toBe(cookies[COOKIE]);
      const thief = await visits(server, { prompt: 'none' }, attacker);
      expect(errorOf(thief)).toBe('login_required');
    }
  });

  test('a cookie without its signature is no session, and none of these makes one', async () => {
    const { browser } = await signedIn();
    const value = (await sessionIdOf(browser)) ?? '';
    const before = await signedInSessions(server);
    for (const cookie of [`${COOKIE}=${value}`, `${COOKIE}=${value}; ${COOKIE}.sig=x`, `${COOKIE}=; ${COOKIE}.sig=`]) {
      const { request } = await visits(server, { prompt: 'none' });
      const answer = await fetch(request.url, { redirect: 'manual', headers: { cookie } });
      expect(answer.headers.get('location')).toContain('error=login_required');
    }
    expect(await signedInSessions(server)).toBe(before);
  });

  test('a second factor gives it a new name too, and the name it had with the password alone is dead', async () => {
    await server.person({ email: 'mia@example.test' });
    const { browser } = await signedIn('mia');
    const before = await sessionIdOf(browser);
    const old = await copyOf(browser);
    const visit = await visits(server, { acr_values: 'mfa' }, browser);
    await confirmsPassword(visit.browser);
    await enrolsTotp(visit.browser);
    expect(isBackAtApp(visit)).toBe(true);
    expect(await sessionIdOf(browser)).not.toBe(before);
    movingClock.advance({ minutes: 1 });
    expect(errorOf(await visits(server, { prompt: 'none' }, old))).toBe('login_required');
    expect(errorOf(await visits(server, { prompt: 'none', acr_values: 'mfa' }, old))).toBe('login_required');
  });

  test('the cookies of somebody else’s sign-in in progress make that sign-in the victim’s, never the attacker’s', async () => {
    const attacker = newBrowser();
    const begun = await visits(server, {}, attacker);
    const victim = await visits(server, {}, await copyOfEverything(attacker, begun.browser.page.url));
    await signsIn(victim.browser, { identifier: 'ben@example.test' });
    expect(isBackAtApp(victim)).toBe(true);
    await attacker.open(begun.browser.page.url);
    expect(attacker.page.url.startsWith(server.issuer)).toBe(true);
    expect(errorOf(await visits(server, { prompt: 'none' }, attacker.newTab()))).toBe('login_required');
  });
});

/** The cookies for this address as well, as somebody would plant them who can set cookies for the host. */
async function copyOfEverything(browser: Browser, address: string): Promise<Browser> {
  const copy = await copyOf(browser);
  for (const cookie of await browser.jar.getCookies(address)) await copy.jar.setCookie(cookie, address);
  return copy;
}
