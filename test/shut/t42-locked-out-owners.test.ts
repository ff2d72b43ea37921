// T42: limits as a weapon. Whatever an attacker uses up, the owner gets in with a browser that they have signed in from.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueMailedToken } from '../../src/accounts/mailed-tokens.ts';
import type { Browser } from '../support/browser.ts';
import { atSignIn, countOf, inLanes, numbers, triesPassword } from '../support/guessing.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser } from '../support/sign-in.ts';
import { PASSWORD, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { isBackAtApp, visitsAndSignsIn } from '../support/visits.ts';

/** Without the alarm, which asks owners at browsers of theirs for nothing more, and others for their mailbox (T44). */
const SETTINGS = `server: { trusted_proxies: ["127.0.0.0/8", "::1/128"] }\nlimits: { alarm_failures: 1000000 }${RESOURCES}`;
const HOME = '198.51.100.20';
const COOKIE = 'gatehouse_device';

describe('T42 locked-out owners: ASVS 6.1.1; SP 800-63B-4 3.2.2', () => {
  let server: TestServer;
  /** What the cookie of bob's browser says. */
  let token: string;

  beforeAll(async () => {
    server = await startTestServer({ settings: SETTINGS });
    await server.person({ email: 'bob@example.test', username: 'bobby' });
    await server.person({ email: 'mallory@example.test' });
    const visit = await visitsAndSignsIn(server, { identifier: 'bobby', browser: at(HOME) });
    token = (await visit.browser.cookiesAt(`${server.issuer}/`))[COOKIE] ?? '';
    // An attacker with fifty networks takes every attempt there is.
    const statuses = await inLanes(numbers(50), 5, async (network) => {
      const browser = await atSignIn(server.issuer, { address: `203.0.${network}.7` });
      const answers = [];
      for (const _ of numbers(5)) answers.push(await triesPassword(browser, 'bob@example.test'));
      return answers;
    });
    expect(countOf(statuses.flat(), 400)).toBe(100);
  });

  afterAll(() => server.stop());

  const at = (address: string): Browser => newBrowser({ headers: { 'x-forwarded-for': address } });

  /** A browser without a session that has this cookie. */
  async function known(cookie: string, address = HOME): Promise<Browser> {
    const browser = at(address);
    await browser.jar.setCookie(`${COOKIE}=${cookie}; Path=/`, server.issuer);
    return browser;
  }

  test('elsewhere the account is held up, also for its owner', async () => {
    const { browser } = await visitsAndSignsIn(server, { identifier: 'bob@example.test', browser: at('192.0.2.1') });
    expect(browser.page.status).toBe(429);
  });

  test.each(['made up', 'of somebody else'])('a cookie that is %s does not help', async (kind) => {
    let cookie = 'A'.repeat(43);
    if (kind === 'of somebody else') {
      const own = await visitsAndSignsIn(server, { identifier: 'mallory@example.test', browser: at('192.0.2.9') });
      cookie = (await own.browser.cookiesAt(`${server.issuer}/`))[COOKIE] ?? '';
      expect(cookie).not.toBe('');
    }
    const visit = await visitsAndSignsIn(server, { identifier: 'bob@example.test', browser: await known(cookie) });
    expect(visit.browser.page.status).toBe(429);
  });

  test('a new password by mail ends the wait where the owner has set it', async () => {
    const { id, email } = await server.person({ email: 'cyd@example.test' });
    const attackers = numbers(10).map((network) => `10.77.${network}.7`);
    for (const address of [...attackers, HOME]) {
      const browser = await atSignIn(server.issuer, { address });
      for (const _ of numbers(10)) await triesPassword(browser, email);
    }
    const before = await visitsAndSignsIn(server, { identifier: email, browser: at(HOME) });
    expect(before.browser.page.status).toBe(429);
    const deps = { db: server.database.db, clock: movingClock };
    const token = await issueMailedToken(deps, { accountId: id, purpose: 'reset_password', boundTo: { email } });
    const browser = await at(HOME).open(`${server.issuer}/reset-password?token=${token}`);
    const password = 'a new password of some length';
    await browser.submit({ password });
    for (const address of [HOME, '192.0.2.200']) {
      const visit = await visitsAndSignsIn(server, { identifier: email, password, browser: at(address) });
      expect(isBackAtApp(visit)).toBe(true);
    }
  });

  test('in the browser that the owner knows they get in within two seconds, and that ends it everywhere', async () => {
    const browser = await known(token);
    const visit = await visitsAndSignsIn(server, {
      identifier: 'bob@example.test',
      password: 'mistyped once',
      browser,
    });
    expect(browser.page.status).toBe(400);
    const began = performance.now();
    await browser.submit({ identifier: 'bob@example.test', password: 'correct horse battery staple' }, 'Sign in');
    expect(performance.now() - began).toBeLessThan(2000);
    expect(isBackAtApp(visit)).toBe(true);
    const elsewhere = await visitsAndSignsIn(server, { identifier: 'bobby', browser: at('192.0.2.77') });
    expect(isBackAtApp(elsewhere)).toBe(true);
  });

  test.each([
    ['/account/password', 'Change the password', { current: PASSWORD, password: 'a new password of some length' }],
    ['/account/delete', 'Delete my account', { password: PASSWORD }],
  ] as const)('nor is an owner who is signed in kept from %s', async (path, button, fields) => {
    const { email } = await server.person({ email: `kept-from-${path.slice(9)}@example.test` });
    const { browser } = await visitsAndSignsIn(server, { identifier: email, browser: at(HOME) });
    await inLanes(numbers(10), 5, async (network) => {
      const guessing = await atSignIn(server.issuer, { address: `203.1.${network}.7` });
      for (const _ of numbers(10)) await triesPassword(guessing, email);
    });
    await browser.open(`${server.issuer}${path}`);
    await browser.submit(fields, button);
    expect([path, browser.page.status]).toEqual([path, 200]);
  });

  test('whoever guesses in that browser has as many tries as elsewhere, and holds up nobody', async () => {
    const browser = await known(token);
    await browser.open((await visitsAndSignsIn(server, { identifier: 'x', browser })).request.url);
    const statuses = [];
    for (const _ of numbers(12)) statuses.push(await triesPassword(browser, 'bob@example.test'));
    expect([countOf(statuses, 400), countOf(statuses, 429)]).toEqual([10, 2]);
    const elsewhere = await visitsAndSignsIn(server, { identifier: 'bobby', browser: at(HOME) });
    expect(isBackAtApp(elsewhere)).toBe(true);
  });
});
