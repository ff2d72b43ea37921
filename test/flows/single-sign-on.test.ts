// A person who is signed in: the next app without a page, and the parameters by which an app asks for one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { callbackOf, claimsIn, newBrowser, signsIn } from '../support/sign-in.ts';
import { SPA_CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import {
  confirmsPassword,
  errorOf,
  isBackAtApp,
  type Params,
  signedInSessions,
  tokensOf,
  userinfo,
  type Visit,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  for (const name of ['ada', 'ben']) await server.person({ email: `${name}@example.test`, username: `${name}-b` });
});

afterAll(() => server.stop());

const ADA = 'ada@example.test';
const BEN = 'ben@example.test';

async function signedIn(
  identifier = ADA,
): Promise<{ browser: Browser; visit: Visit; idToken: string; authTime: number }> {
  const visit = await visitsAndSignsIn(server, { identifier });
  const { idToken, idTokenText } = await tokensOf(server, visit);
  return { browser: visit.browser, visit, idToken: idTokenText, authTime: Number(idToken['auth_time']) };
}

/** The next request of the same browser, in a tab of its own. */
const next = (browser: Browser, params: Params = {}): Promise<Visit> => visits(server, params, browser.newTab());

test('the second app opens without a page, as the same person', async () => {
  const { browser, authTime } = await signedIn();
  const request = { client_id: 'spa', redirect_uri: SPA_CALLBACK };
  const visit = await next(browser, request);
  const { idToken } = await tokensOf(server, visit);
  expect(idToken).toMatchObject({ email: ADA, aud: 'spa', auth_time: authTime, acr: 'pwd' });
});

test('prompt=none answers without a page, whether the person is signed in or not', async () => {
  const { browser } = await signedIn();
  const visit = await next(browser, { prompt: 'none' });
  expect((await tokensOf(server, visit)).idToken['email']).toBe(ADA);
  const stranger = newBrowser();
  const response = await stranger.request((await visits(server, { prompt: 'none' }, stranger)).request.url);
  expect(response.status).toBe(303);
  const location = new URL(response.headers.get('location') ?? '');
  expect(location.searchParams.get('error')).toBe('login_required');
  expect(location.searchParams.get('iss')).toBe(server.issuer);
  expect(location.searchParams.get('state')).toBeTruthy();
});

test('prompt=none never shows a page: every obstacle becomes an error for the app', async () => {
  const { browser } = await signedIn();
  const { idToken: bens } = await signedIn(BEN);
  const obstacles: [Params, string][] = [
    [{ client_id: 'ask' }, 'consent_required'],
    [{ id_token_hint: bens }, 'login_required'],
    [{ acr_values: 'mfa' }, 'unmet_authentication_requirements'],
    [{ prompt: 'none login' }, 'invalid_request'],
    [{ prompt: 'none consent' }, 'invalid_request'],
    [{ prompt: 'none select_account' }, 'invalid_request'],
  ];
  for (const [params, error] of obstacles) {
    const visit = await next(browser, { prompt: 'none', ...params });
    expect(errorOf(visit), JSON.stringify(params)).toBe(error);
  }
  movingClock.advance({ seconds: 5 });
  expect(errorOf(await next(browser, { prompt: 'none', max_age: '2' }))).toBe('login_required');
});

test('prompt=login asks for the password again, and only then the time of authentication moves', async () => {
  const { browser, authTime } = await signedIn();
  movingClock.advance({ minutes: 2 });
  const visit = await next(browser, { prompt: 'login' });
  expect(visit.browser.text).toContain(ADA);
  expect(visit.browser.document.querySelector('input[name=password]')).not.toBeNull();
  const meanwhile = await next(browser, { prompt: 'none' });
  expect((await tokensOf(server, meanwhile)).idToken['auth_time']).toBe(authTime);
  await confirmsPassword(visit.browser, 'not the right password');
  expect(visit.browser.page.status).toBe(400);
  await confirmsPassword(visit.browser);
  expect((await tokensOf(server, visit)).idToken['auth_time']).toBeGreaterThanOrEqual(authTime + 120);
});

test('the resume address is no way around prompt=login', async () => {
  const { browser } = await signedIn();
  const visit = await next(browser, { prompt: 'login' });
  const uid = /interaction\/([\w-]+)/.exec(visit.browser.page.url)?.[1] ?? '';
  await visit.browser.open(`${server.issuer}/auth/${uid}`);
  expect(isBackAtApp(visit)).toBe(false);
  expect(visit.browser.document.querySelector('input[name=password]')).not.toBeNull();
});

test('max_age asks again when the sign-in is older, and not before', async () => {
  const { browser, authTime } = await signedIn();
  const young = await next(browser, { max_age: '60' });
  expect((await tokensOf(server, young)).idToken['auth_time']).toBe(authTime);
  movingClock.advance({ seconds: 65 });
  const old = await next(browser, { max_age: '60' });
  expect(isBackAtApp(old)).toBe(false);
  await confirmsPassword(old.browser);
  expect((await tokensOf(server, old)).idToken['auth_time']).toBeGreaterThanOrEqual(authTime + 65);
  const asYoungAsCanBe = await next(browser, { max_age: '0' });
  expect(isBackAtApp(asYoungAsCanBe)).toBe(false);
  await confirmsPassword(asYoungAsCanBe.browser);
  expect((await tokensOf(server, asYoungAsCanBe)).idToken['auth_time']).toBeTruthy();
});

test('login_hint fills in the name, as text and whatever it is; a person may type another', async () => {
  const hostile = `"><img src=x onerror=alert(1)>'&`;
  for (const hint of ['ben@example.test', 'ben-b', hostile]) {
    const { browser } = await visits(server, { login_hint: hint });
    expect(browser.document.querySelector('input[name=identifier]')?.getAttribute('value')).toBe(hint);
    expect(browser.page.text).not.toContain('<img src=x');
  }
  const endless = await visits(server, { login_hint: 'x'.repeat(2000) });
  expect(endless.browser.page.status).toBe(200);
  expect(endless.browser.document.querySelector('input[name=identifier]')?.getAttribute('value') ?? '').toBe('');
  const visit = await visits(server, { login_hint: ADA });
  await signsIn(visit.browser, { identifier: BEN });
  expect((await tokensOf(server, visit)).idToken['email']).toBe(BEN);
});

test('an app that expects another person gets that person or nobody', async () => {
  const bens = await signedIn(BEN);
  const { browser } = await signedIn(ADA);
  const visit = await next(browser, { id_token_hint: bens.idToken });
  expect(isBackAtApp(visit)).toBe(false);
  expect(visit.browser.document.querySelector('input[name=identifier]')).not.toBeNull();
  await signsIn(visit.browser, { identifier: BEN });
  expect((await tokensOf(server, visit)).idToken['email']).toBe(BEN);
  const own = await next(bens.browser, { id_token_hint: bens.idToken, prompt: 'none' });
  expect((await tokensOf(server, own)).idToken['email']).toBe(BEN);
});

test('an app that expects another person does not get the one who signs in instead', async () => {
  const bens = await signedIn(BEN);
  const visit = await visits(server, { id_token_hint: bens.idToken });
  await signsIn(visit.browser, { identifier: ADA });
  expect(errorOf(visit)).toBe('login_required');
  expect(callbackOf(visit.browser).has('code')).toBe(false);
  const { browser } = await signedIn(ADA);
  const choice = await next(browser, { id_token_hint: bens.idToken, prompt: 'select_account' });
  await choice.browser.submit({}, ADA);
  expect(isBackAtApp(choice)).toBe(false);
  await signsIn(choice.browser, { identifier: BEN });
  expect((await tokensOf(server, choice)).idToken['email']).toBe(BEN);
});

test('a forged or foreign id_token_hint is refused', async () => {
  const { browser, idToken } = await signedIn();
  const [header = '', payload = '', signature = ''] = idToken.split('.');
  const other = Buffer.from(JSON.stringify({ ...claimsIn(idToken), sub: 'x' })).toString('base64url');
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  for (const forged of [`${header}.${other}.${signature}`, `${none}.${payload}.`, 'x', 'a.b.c']) {
    const visit = await next(browser, { id_token_hint: forged });
    expect(errorOf(visit)).toBe('invalid_request');
  }
});

test('ui_locales and claims_locales are taken, whatever they are', async () => {
  for (const locales of ['en-GB', 'fr-CA en de', 'x-klingon', '<b>', 'ar']) {
    const { browser } = await visits(server, { ui_locales: locales, claims_locales: locales });
    expect(browser.page.status).toBe(200);
    expect(browser.title).toContain('Sign in to');
    expect(browser.page.text).not.toContain('<b>');
  }
});

test('a person who confirms the password may be somebody else: the former session ends', async () => {
  const { browser, visit: first } = await signedIn(ADA);
  const adas = await tokensOf(server, await next(browser));
  expect((await userinfo(server, adas)).status).toBe(200);
  const before = await signedInSessions(server);
  const visit = await next(browser, { prompt: 'login' });
  await visit.browser.submit({}, 'Not you?');
  await signsIn(visit.browser, { identifier: BEN });
  expect((await tokensOf(server, visit)).idToken['email']).toBe(BEN);
  expect(await signedInSessions(server)).toBe(before);
  expect((await userinfo(server, adas)).status).toBe(401);
  const after = await next(first.browser, { prompt: 'none' });
  expect((await tokensOf(server, after)).idToken['email']).toBe(BEN);
});

test('the name of somebody who has to confirm the password cannot be changed in the form', async () => {
  const { browser } = await signedIn(ADA);
  const visit = await next(browser, { prompt: 'login' });
  const { action, data } = visit.browser.form({ password: 'correct horse battery staple' }, 'Confirm');
  await visit.browser.request(action, { method: 'POST', form: { ...data, identifier: BEN } });
  await visit.browser.open(action.replace('/sign-in', ''));
  expect((await tokensOf(server, visit)).idToken['email']).toBe(ADA);
});
