// The account centre is signed in to like every app, through the one session, and asks again where it has to.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'ada@example.test', name: 'Ada' });
});

afterAll(() => server.stop());

const at = (path: string): string => `${server.issuer}${path}`;

test('who is not signed in signs in, and comes to the page that was asked for', async () => {
  const browser = await newBrowser().open(at('/account?from=here'));
  expect(browser.title).toBe('Sign in to Gatehouse');
  await signsIn(browser, { identifier: 'ada@example.test' });
  expect([browser.page.status, browser.page.url]).toEqual([200, at('/account?from=here')]);
  expect(browser.title).toBe('Your account');
  expect(browser.text).toContain('Signed in as ada@example.test');
});

test('who is signed in at an app is asked nothing', async () => {
  const { browser } = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
  await browser.open(at('/account'));
  expect([browser.page.status, browser.title]).toEqual([200, 'Your account']);
});

test('signing out ends the session; the page asks to sign in again', async () => {
  const browser = await newBrowser().open(at('/account'));
  await signsIn(browser, { identifier: 'ada@example.test' });
  await browser.submit({}, 'Sign out');
  expect(browser.title).toBe('You are signed out');
  await browser.open(at('/account'));
  expect(browser.title).toBe('Sign in to Gatehouse');
});

test('who cancels is told so, with the way to try again', async () => {
  const browser = await newBrowser().open(at('/account'));
  await browser.submit({}, 'Cancel');
  expect([browser.page.status, browser.title]).toEqual([403, 'You are not signed in']);
});
