// Somebody who is signed in changes the password: everybody else who is signed in as them is out.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { NEW_PASSWORD, type Posted, startPosted } from '../support/forgotten.ts';
import { newBrowser, redeem, signsIn } from '../support/sign-in.ts';
import { PASSWORD } from '../support/start-server.ts';
import { enrols, entersCode, isBackAtApp, tokensOf, userinfo, visits, visitsAndSignsIn } from '../support/visits.ts';

let posted: Posted;

beforeAll(async () => {
  posted = await startPosted();
});
afterAll(() => posted.stop());

let people = 0;

async function somebody(): Promise<string> {
  people += 1;
  const email = `changes-${people}@example.test`;
  await posted.server.person({ email });
  return email;
}

const OFFLINE = { scope: 'openid email offline_access' };

/** Signed in to the app with a refresh token, and at the page. */
async function atPage(email: string): Promise<Browser> {
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: email });
  return browser.open(`${posted.server.issuer}/account/password`);
}

const changes = (browser: Browser, current = PASSWORD, password = NEW_PASSWORD): Promise<Browser> =>
  browser.submit({ current, password }, 'Change the password');

test('the new password signs in, the old one does not, and the person is told', async () => {
  const email = await somebody();
  const browser = await changes(await atPage(email));
  expect(browser.text).toContain('Your password is changed, and every other device is signed out.');
  const mail = await posted.mailbox.waitFor(email);
  expect(mail.text).toContain(`${posted.server.issuer}/reset-password`);
  const old = await visitsAndSignsIn(posted.server, { identifier: email });
  expect(old.browser.text).toContain('do not match');
  expect(isBackAtApp(await visitsAndSignsIn(posted.server, { identifier: email, password: NEW_PASSWORD }))).toBe(true);
});

test('other browsers are out with the next request, and this one stays, under a new identifier', async () => {
  const email = await somebody();
  const own = await atPage(email);
  const other = await visitsAndSignsIn(posted.server, { identifier: email, params: OFFLINE });
  const tokens = await tokensOf(posted.server, other);
  const before = await own.cookiesAt(`${posted.server.issuer}/`);
  const stolen = own.newTab();
  await changes(own);
  const after = await own.cookiesAt(`${posted.server.issuer}/`);
  expect(after['gatehouse_session']).not.toBe(before['gatehouse_session']);
  // Whoever copied the cookie before is out as well, at once.
  const copied = await fetch(`${posted.server.issuer}/account`, {
    redirect: 'manual',
    headers: {
      cookie: Object.entries(before)
        .map(([name, value]) => `${name}=${value}`)
        .join('; '),
    },
  });
  expect(copied.headers.get('location')).toContain('/auth?');
  expect((await other.browser.newTab().open(`${posted.server.issuer}/account`)).title).toContain('Sign in');
  const refreshed = await redeem(posted.server.issuer, {
    grant_type: 'refresh_token',
    refresh_token: tokens.refreshToken,
  });
  expect(refreshed).toMatchObject({ status: 400 });
  expect((await userinfo(posted.server, tokens)).status).toBe(401);
  expect(isBackAtApp(await visits(posted.server, {}, stolen))).toBe(true);
  expect((await own.open(`${posted.server.issuer}/account`)).text).toContain(email);
});

test('a wrong current password changes nothing and is counted like one at the sign-in', async () => {
  const email = await somebody();
  const browser = await atPage(email);
  for (let times = 0; times < 10; times += 1) {
    await changes(browser, `wrong ${times}`);
    expect(browser.page.status).toBe(400);
  }
  await changes(browser, PASSWORD);
  expect(browser.page.status).toBe(429);
  expect(Number(browser.page.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('a wrong current password stands among what happened to the account', async () => {
  const browser = await changes(await atPage(await somebody()), 'not my password at all');
  await browser.open(`${posted.server.issuer}/account/activity`);
  expect(browser.text).toContain('Sign-in failedGatehouse');
});

test('a new password that breaks the rules is refused in words', async () => {
  const browser = await changes(await atPage(await somebody()), PASSWORD, 'short');
  expect(browser.page.status).toBe(400);
  expect(browser.text).toContain('Use at least 15 characters; this password has 5.');
});

test('whoever has a second factor and has not used it in this session is asked for it first', async () => {
  const email = await somebody();
  const early = await visitsAndSignsIn(posted.server, { identifier: email });
  const { secret } = await enrols(posted.server, { identifier: email });
  await early.browser.open(`${posted.server.issuer}/account/password`);
  expect(early.browser.title).not.toBe('Change your password');
  await signsIn(early.browser, { identifier: email }).catch(() =>
    early.browser.submit({ password: PASSWORD }, 'Confirm'),
  );
  await entersCode(early, secret);
  expect(early.browser.title).toBe('Change your password');
});

test('nobody changes it without being signed in', async () => {
  const browser = await newBrowser().open(`${posted.server.issuer}/account/password`);
  expect(browser.title).toContain('Sign in');
  const form = { current: PASSWORD, password: NEW_PASSWORD };
  const answer = await newBrowser().request(`${posted.server.issuer}/account/password`, { method: 'POST', form });
  expect(answer.status).toBe(303);
});
