// prompt=select_account: go on as the account that is signed in, or as another.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newBrowser, redeem, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
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
  for (const name of ['ada', 'ben', 'cat']) await server.person({ email: `${name}@example.test`, name });
});

afterAll(() => server.stop());

const ADA = 'ada@example.test';
const BEN = 'ben@example.test';

async function asksAda(params: Params = {}): Promise<Visit> {
  const { browser } = await visitsAndSignsIn(server, { identifier: ADA });
  return visits(server, { prompt: 'select_account', ...params }, browser);
}

test('a person who is signed in is shown their account, goes on with it, and proves nothing again', async () => {
  const visit = await asksAda();
  expect(visit.browser.title).toBe('Choose an account');
  expect(visit.browser.text).toContain(ADA);
  const before = await signedInSessions(server);
  await visit.browser.submit({}, ADA);
  expect((await tokensOf(server, visit)).idToken['email']).toBe(ADA);
  expect(await signedInSessions(server)).toBe(before);
});

test('another account ends the former session, without script, and what was issued under it is dead', async () => {
  const { browser } = await visitsAndSignsIn(server, { identifier: ADA });
  const adas = await tokensOf(server, await visits(server, {}, browser.newTab()));
  const before = await signedInSessions(server);
  const cookie = (await browser.cookiesAt(server.issuer))['gatehouse_session'];
  const visit = await visits(server, { prompt: 'select_account' }, browser);
  await visit.browser.submit({}, 'Use another account');
  expect(visit.browser.title).toContain('Sign in to');
  expect(visit.browser.document.querySelector('input[name=identifier]')?.getAttribute('value') ?? '').toBe('');
  await signsIn(visit.browser, { identifier: BEN });
  expect(visit.browser.page.text).not.toContain('<script>');
  const bens = await tokensOf(server, visit);
  expect(bens.idToken['email']).toBe(BEN);
  expect(await signedInSessions(server)).toBe(before);
  expect((await browser.cookiesAt(server.issuer))['gatehouse_session']).not.toBe(cookie);
  expect((await userinfo(server, adas)).status).toBe(401);
  const refreshed = await redeem(server.issuer, { grant_type: 'refresh_token', refresh_token: adas.refreshToken });
  expect(refreshed.status).toBe(400);
  expect((await userinfo(server, bens)).status).toBe(200);
});

test('the former session ends only when the other person has signed in', async () => {
  const visit = await asksAda();
  await visit.browser.submit({}, 'Use another account');
  await signsIn(visit.browser, { identifier: BEN, password: 'not the right password' });
  const quiet = await visits(server, { prompt: 'none' }, visit.browser.newTab());
  expect((await tokensOf(server, quiet)).idToken['email']).toBe(ADA);
  await signsIn(visit.browser, { identifier: BEN });
  expect((await tokensOf(server, visit)).idToken['email']).toBe(BEN);
});

test('the same account, signed in to again, keeps its session', async () => {
  const visit = await asksAda();
  const before = await signedInSessions(server);
  await visit.browser.submit({}, 'Use another account');
  await signsIn(visit.browser, { identifier: ADA });
  expect((await tokensOf(server, visit)).idToken['email']).toBe(ADA);
  expect(await signedInSessions(server)).toBe(before);
});

test('who is not signed in signs in', async () => {
  const visit = await visits(server, { prompt: 'select_account' });
  await signsIn(visit.browser, { identifier: BEN });
  expect((await tokensOf(server, visit)).idToken['email']).toBe(BEN);
});

test('choosing and then being asked for consent and the password all fit into one request', async () => {
  const consent = await asksAda({ client_id: 'ask', prompt: 'select_account consent' });
  await consent.browser.submit({}, ADA);
  expect(consent.browser.title).toContain('asks for access');
  await consent.browser.submit({}, 'Allow');
  expect((await tokensOf(server, consent)).idToken['email']).toBe(ADA);

  const login = await asksAda({ prompt: 'select_account login' });
  await login.browser.submit({}, ADA);
  expect(isBackAtApp(login)).toBe(false);
  await confirmsPassword(login.browser);
  expect((await tokensOf(server, login)).idToken['email']).toBe(ADA);

  const all = await asksAda({ client_id: 'ask', prompt: 'login consent select_account' });
  await all.browser.submit({}, 'Use another account');
  await signsIn(all.browser, { identifier: BEN });
  expect(all.browser.title).toContain('asks for access');
  await all.browser.submit({}, 'Allow');
  expect((await tokensOf(server, all)).idToken['email']).toBe(BEN);
});

test('login and consent together ask for both, once', async () => {
  const { browser } = await visitsAndSignsIn(server, { identifier: ADA });
  const visit = await visits(server, { client_id: 'ask', prompt: 'login consent' }, browser);
  await confirmsPassword(visit.browser);
  expect(visit.browser.title).toContain('asks for access');
  await visit.browser.submit({}, 'Allow');
  expect((await tokensOf(server, visit)).idToken['email']).toBe(ADA);
});

test('prompt=select_account with an app of the house, consent and somebody else', async () => {
  const visit = await asksAda({ client_id: 'ask' });
  await visit.browser.submit({}, 'Use another account');
  await signsIn(visit.browser, { identifier: 'cat@example.test' });
  expect(visit.browser.title).toContain('asks for access');
  expect(visit.browser.text).toContain('cat@example.test');
  await visit.browser.submit({}, 'Deny');
  expect(errorOf(visit)).toBe('access_denied');
});

test('a choice that the page does not offer is refused', async () => {
  const visit = await asksAda();
  const { action, data } = visit.browser.form({}, ADA);
  for (const choice of ['', 'ben', 'continue ']) {
    const answer = await visit.browser.request(action, { method: 'POST', form: { ...data, choice } });
    expect(answer.status).toBe(400);
  }
});

test('an app learns of a prompt that does not exist', async () => {
  const visit = await visits(server, { prompt: 'register' }, newBrowser());
  expect(errorOf(visit)).toBe('invalid_request');
});
