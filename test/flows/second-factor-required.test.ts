// Where the configuration demands a second factor of everybody, also of people who were here before it did.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { enrolsTotp, newBrowser } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import {
  confirmsPassword,
  errorOf,
  isBackAtApp,
  signedInSessions,
  tokensOf,
  userinfo,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

const OPTIONAL = `mfa: optional${RESOURCES}`;
const REQUIRED = `mfa: required${RESOURCES}`;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ settings: REQUIRED });
});

afterAll(() => server.stop());

test('nobody is signed in before they have set up an authenticator and stored the recovery codes', async () => {
  await server.person({ email: 'ada@example.test' });
  const visit = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
  expect(visit.browser.title).toBe('Set up your authenticator app');
  expect(await signedInSessions(server)).toBe(0);
  await enrolsTotp(visit.browser);
  expect((await tokensOf(server, visit)).idToken).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] });
  expect(await signedInSessions(server)).toBe(1);
});

test('an app cannot ask for less', async () => {
  await server.person({ email: 'ben@example.test' });
  const visit = await visitsAndSignsIn(server, { identifier: 'ben@example.test', params: { acr_values: 'pwd' } });
  expect(visit.browser.title).toBe('Set up your authenticator app');
});

test('eight characters are enough for a password beside a second factor', async () => {
  await server.person({ email: 'cat@example.test', password: 'vu7-pqxo' });
  const visit = await visitsAndSignsIn(server, { identifier: 'cat@example.test', password: 'vu7-pqxo' });
  await enrolsTotp(visit.browser);
  expect(isBackAtApp(visit)).toBe(true);
});

test('who signed in with a password alone steps up when a second factor becomes required', async () => {
  server = await server.restart({ settings: OPTIONAL });
  const dan = await server.person({ email: 'dan@example.test' });
  const before = await visitsAndSignsIn(server, { identifier: 'dan@example.test' });
  expect((await tokensOf(server, before)).idToken['acr']).toBe('pwd');
  server = await server.restart({ settings: REQUIRED });
  const quiet = await visits(server, { prompt: 'none' }, before.browser);
  expect(errorOf(quiet)).toBe('login_required');
  const visit = await visits(server, {}, before.browser);
  await confirmsPassword(visit.browser);
  expect(visit.browser.title).toBe('Set up your authenticator app');
  const other = await visits(server, { prompt: 'none' }, visit.browser.newTab());
  expect(errorOf(other)).toBe('login_required');
  await enrolsTotp(visit.browser);
  const tokens = await tokensOf(server, visit);
  expect(tokens.idToken).toMatchObject({ sub: dan.id, acr: 'mfa' });
  expect((await userinfo(server, tokens)).status).toBe(200);
  const after = await visits(server, { prompt: 'none' }, before.browser);
  expect((await tokensOf(server, after)).idToken['acr']).toBe('mfa');
});

test('another browser of the same person is still asked for both', async () => {
  await server.person({ email: 'eli@example.test' });
  await enrolsTotp((await visitsAndSignsIn(server, { identifier: 'eli@example.test' })).browser);
  const other = await visits(server, { prompt: 'none' }, newBrowser());
  expect(errorOf(other)).toBe('login_required');
  const visit = await visitsAndSignsIn(server, { identifier: 'eli@example.test' });
  expect(visit.browser.title).toBe('Enter your code');
});
