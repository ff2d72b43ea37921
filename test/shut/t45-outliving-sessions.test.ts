// T45: sessions and tokens end with the credentials that they came from.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeAccount } from '../../src/leaving/delete-account.ts';
import { banAccount } from '../../src/sessions/ban-account.ts';
import { endEverythingOf } from '../../src/sessions/end-everything.ts';
import { Browser } from '../support/browser.ts';
import { NEW_PASSWORD, type Posted, resetLink, resets, startPosted } from '../support/forgotten.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, redeem } from '../support/sign-in.ts';
import { PASSWORD } from '../support/start-server.ts';
import {
  type AppTokens,
  isBackAtApp,
  tokensOf,
  userinfo,
  type Visit,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

describe('T45 sessions that outlive credentials: better-auth GHSA-2vg6-77g8-24mp; oauth2-proxy CVE-2026-34454; ASVS 7.4.2', () => {
  let posted: Posted;
  beforeAll(async () => {
    posted = await startPosted();
  });
  afterAll(() => posted.stop());

  interface SignedIn {
    readonly email: string;
    readonly id: string;
    readonly browsers: readonly (Visit & { readonly tokens: AppTokens })[];
  }

  let people = 0;
  async function inThreeBrowsers(): Promise<SignedIn> {
    people += 1;
    const email = `threefold-${people}@example.test`;
    const { id } = await posted.server.person({ email });
    const browsers = [];
    for (let count = 0; count < 3; count += 1) {
      const params = { scope: 'openid email offline_access' };
      const visit = await visitsAndSignsIn(posted.server, { identifier: email, params });
      browsers.push({ ...visit, tokens: await tokensOf(posted.server, visit) });
    }
    return { email, id, browsers };
  }

  const isSignedIn = async ({ browser }: Visit): Promise<boolean> =>
    isBackAtApp(await visits(posted.server, { prompt: 'none' }, browser.newTab())) &&
    !(await visits(posted.server, { prompt: 'none' }, browser.newTab())).browser.page.url.includes('error=');

  async function tokensWork({ tokens }: { tokens: AppTokens }): Promise<boolean> {
    const refreshed = await redeem(posted.server.issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refreshToken,
    });
    return refreshed.status === 200 || (await userinfo(posted.server, tokens)).status === 200;
  }

  async function expectOut(visit: Visit & { tokens: AppTokens }): Promise<void> {
    expect(await isSignedIn(visit)).toBe(false);
    expect(await tokensWork(visit)).toBe(false);
  }

  const deps = () => ({ db: posted.server.database.db, clock: movingClock, box: posted.server.box });

  test('three browsers: with a new password in one the others are out, and all refresh tokens are dead', async () => {
    const { browsers } = await inThreeBrowsers();
    const [first, second, third] = browsers as [
      SignedIn['browsers'][0],
      SignedIn['browsers'][0],
      SignedIn['browsers'][0],
    ];
    await first.browser.open(`${posted.server.issuer}/account/password`);
    await first.browser.submit({ current: PASSWORD, password: NEW_PASSWORD }, 'Change the password');
    for (const other of [second, third]) await expectOut(other);
    expect(await tokensWork(first)).toBe(false);
    expect(await isSignedIn(first)).toBe(true);
  });

  test('with a reset all three are out, also the one that asked for it', async () => {
    const { email, browsers } = await inThreeBrowsers();
    await resets((browsers[0] as Visit).browser, await resetLink(posted, email));
    for (const each of browsers) await expectOut(each);
  });

  test('with a ban all three are out, and the end of the ban brings none back', async () => {
    const { id, browsers } = await inThreeBrowsers();
    await banAccount(deps(), { accountId: id, reason: undefined });
    for (const each of browsers) await expectOut(each);
  });

  test('with the account all three are gone', async () => {
    const { id, browsers } = await inThreeBrowsers();
    await removeAccount(deps(), { accountId: id, actor: 'operator' });
    for (const each of browsers) await expectOut(each);
  });

  test('a sign-in with the old password that is under way ends with it, at whatever step it is', async () => {
    const { email } = await inThreeBrowsers();
    const parked = await visitsAndSignsIn(posted.server, { identifier: email, params: { client_id: 'ask' } });
    expect(parked.browser.title).toContain('asks for access');
    await resets(newBrowser(), await resetLink(posted, email));
    await parked.browser.submit({}, 'Allow');
    expect(parked.browser.title).toBe('This sign-in has ended');
  });

  test('20 sign-ins with the old password that run while it is changed leave nobody signed in', async () => {
    const { email, browsers } = await inThreeBrowsers();
    const link = await resetLink(posted, email);
    const racing = await Promise.all(Array.from({ length: 20 }, () => visits(posted.server, {}, newBrowser())));
    const reset = newBrowser();
    await reset.open(link);
    const [, ...signedIn] = await Promise.all([
      reset.submit({ password: NEW_PASSWORD }, 'Set the new password'),
      ...racing.map(({ browser }) => browser.submit({ identifier: email, password: PASSWORD }, 'Sign in')),
    ]);
    expect(signedIn).toHaveLength(20);
    expect(reset.title).toBe('Your password is changed');
    for (const each of racing) expect(await isSignedIn(each)).toBe(false);
    for (const each of browsers) await expectOut(each);
  });

  /** All of a form but its end; gives the way to send that, and the answer to it. */
  async function dawdles(browser: Browser, path: string, fields: Record<string, string>, button: string) {
    const { issuer } = posted.server;
    await browser.open(`${issuer}${path}`);
    const { action, data } = browser.form(fields, button);
    const body = new URLSearchParams(data).toString();
    const sending = request(action, {
      method: 'POST',
      headers: {
        cookie: await browser.jar.getCookieString(action),
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.length),
      },
    });
    const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
    sending.write(body.slice(0, -1));
    // The server has read the cookie by now.
    await sleep(500);
    return async () => {
      sending.end(body.slice(-1));
      const [answer] = await answered;
      answer.resume();
      return { status: answer.statusCode, location: answer.headers.location ?? '' };
    };
  }

  test('a form that is begun before a reset and ended after it changes nothing: who sends it is out', async () => {
    const { email, id, browsers } = await inThreeBrowsers();
    const [visit] = browsers as [SignedIn['browsers'][0]];
    const wanted = { email: `mallory-${people}@example.test` };
    const ends = await dawdles(visit.browser, '/account/email', wanted, 'Send the link');
    await resets(newBrowser(), await resetLink(posted, email));
    const { status, location } = await ends();
    expect([status, location]).toEqual([303, expect.stringContaining('/auth?client_id=gatehouse-account')]);
    const links = await posted.server.database.db
      .selectFrom('mailed_tokens')
      .select('purpose')
      .where('account_id', '=', id)
      .execute();
    expect(links).toEqual([]);
  });

  test('sign-ins that have passed every page when all of it ends bring no session and no code', async () => {
    const { email, id } = await inThreeBrowsers();
    const passed = [];
    for (let count = 0; count < 8; count += 1) {
      // Stays on the last page of ours, as a browser that is slow.
      const browser = new Browser({ stopAt: (url) => /\/auth\/[^/?]+$/.test(url) });
      passed.push(await visitsAndSignsIn(posted.server, { identifier: email, browser }));
    }
    const resumes = passed.map(async ({ browser }, at) => {
      await sleep(at * 5);
      return browser.request(browser.page.url);
    });
    await sleep(25);
    await endEverythingOf(deps(), id);
    const answers = await Promise.all(resumes);
    for (const answer of answers) {
      expect([303, 400]).toContain(answer.status);
    }
    for (const { browser } of passed) {
      const visit = await visits(posted.server, { prompt: 'none' }, newBrowser({ jar: browser.jar }));
      expect(visit.browser.page.url).toContain('error=login_required');
    }
  });
});
