// A sign-in under way when somebody's password or factors are changed, or they are shut out, leads nowhere.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasSecondFactor } from '../../src/second-factors/second-factor.ts';
import { banAccount, unbanAccount } from '../../src/sessions/ban-account.ts';
import { endEverythingOf } from '../../src/sessions/end-everything.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { authorizationRequest, newBrowser, signsIn, totpCode } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

let people = 0;

/** Somebody who knows the password has got this far. */
async function parked(params: Record<string, string>): Promise<{ browser: Browser; accountId: string }> {
  people += 1;
  const email = `parked-${people}@example.test`;
  const { id } = await server.person({ email });
  const browser = await newBrowser().open(authorizationRequest(server.issuer, params).url);
  await signsIn(browser, { identifier: email });
  return { browser, accountId: id };
}

const deps = () => ({ db: server.database.db, clock: movingClock });

const ENROLMENT = { acr_values: 'mfa' };
const CONSENT = { client_id: 'ask' };

/** What the command line does after `user set-password` and `user reset-mfa`; a ban does it too. */
const endEverything = (accountId: string) => endEverythingOf(deps(), accountId);

test('at the enrolment page nobody enrols a device of their own after the password was changed', async () => {
  const { browser, accountId } = await parked(ENROLMENT);
  const key = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(browser.text)?.[0]?.replaceAll(' ', '') ?? '';
  await endEverything(accountId);
  await browser.submit({ code: totpCode(key) });
  expect(browser.title).toBe('This sign-in has ended');
  expect(await hasSecondFactor(server.database.db, accountId)).toBe(false);
});

test('at the consent page "Allow" gives nothing after the password was changed', async () => {
  const { browser, accountId } = await parked(CONSENT);
  await endEverything(accountId);
  await browser.submit({}, 'Allow');
  expect(browser.title).toBe('This sign-in has ended');
});

test('on the way back to the app nothing is signed in any more', async () => {
  people += 1;
  const email = `parked-${people}@example.test`;
  const { id } = await server.person({ email });
  const browser = await newBrowser().open(authorizationRequest(server.issuer).url);
  const { action, data } = browser.form({ identifier: email, password: 'correct horse battery staple' }, 'Sign in');
  await browser.request(action, { method: 'POST', form: data });
  const page = await (await browser.request(browser.page.url)).text();
  const resume = /href="([^"]*\/auth\/[^"]*)"/.exec(page)?.[1] ?? '';
  await endEverything(id);
  await browser.open(new URL(resume, server.issuer).href);
  expect(browser.page.status).toBe(400);
  expect(browser.title).toBe('This sign-in has ended');
});

test('who is banned on the way is not let in by the end of the ban', async () => {
  const { browser, accountId } = await parked(CONSENT);
  await banAccount(server.deps, { accountId, reason: undefined });
  await unbanAccount(server.deps, { accountId: accountId });
  await browser.submit({}, 'Allow');
  expect(browser.title).toBe('This sign-in has ended');
  await browser.open(authorizationRequest(server.issuer).url);
  expect(browser.title).toContain('Sign in to');
});

test('a banned account gets no second factor', async () => {
  const { browser, accountId } = await parked(ENROLMENT);
  const key = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(browser.text)?.[0]?.replaceAll(' ', '') ?? '';
  await banAccount(server.deps, { accountId, reason: undefined });
  await browser.submit({ code: totpCode(key) });
  expect(await hasSecondFactor(server.database.db, accountId)).toBe(false);
});

test('nobody else’s sign-in is touched', async () => {
  const one = await parked(CONSENT);
  const other = await parked(CONSENT);
  await endEverything(one.accountId);
  await other.browser.submit({}, 'Allow');
  expect(new URL(other.browser.page.url).searchParams.get('code')).toBeTruthy();
});
