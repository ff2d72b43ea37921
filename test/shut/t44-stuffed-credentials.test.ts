// T44: stolen passwords tried at many accounts, once each. One network is blocked; many networks raise an alarm, and while it
// stands a password is not enough in a new browser (t44-extra-step has the step itself).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { atSignIn, countOf, inLanes, numbers, triesPassword } from '../support/guessing.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser } from '../support/sign-in.ts';
import { codeIn } from '../support/sign-up.ts';
import { PASSWORD, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { isBackAtApp, visitsAndSignsIn } from '../support/visits.ts';

const ACCOUNTS = 500;
/** Each of these costs a hash, so the usual run has fewer: SHUT_ACCOUNTS=500 for all of them. */
const NETWORKS = Number(process.env['SHUT_ACCOUNTS'] ?? 250);
/** Milliseconds, on a machine that does much else. */
const PATIENCE = 300_000;
const SETTINGS = `server: { trusted_proxies: ["127.0.0.0/8", "::1/128"] }${RESOURCES}`;
const COOKIE = 'gatehouse_device';

describe('T44 stuffed credentials: Rauthy v0.34; ASVS 6.3.1; SP 800-63B-4 3.2.2', () => {
  let server: TestServer;

  let mailbox: Mailbox;

  beforeAll(async () => {
    mailbox = await startMailbox();
    server = await startTestServer({ settings: SETTINGS, mailbox });
    await server.person({ email: 'ann@example.test' });
    await server.person({ email: 'new@example.test' });
  });

  afterAll(async () => {
    await server?.stop();
    await mailbox?.close();
  });

  const from = (address: string) => newBrowser({ headers: { 'x-forwarded-for': address } });

  const linesOf = (event: string) => server.logLines.filter((line) => line['event'] === event);

  const eventsNamed = async (event: 'sign_in.blocked_network' | 'sign_in.many_failures') => {
    const { db } = server.database;
    return db.selectFrom('audit_events').select('details').where('event', '=', event).execute();
  };

  test(`of ${ACCOUNTS} accounts tried once each from one /24 twenty are looked at; then it is blocked, but not for who is known`, async () => {
    const visit = await visitsAndSignsIn(server, { identifier: 'ann@example.test', browser: from('203.0.113.200') });
    const { [COOKIE]: token } = await visit.browser.cookiesAt(`${server.issuer}/`);
    const bots = await inLanes(numbers(20), 4, (at) => atSignIn(server.issuer, { address: `203.0.113.${at + 1}` }));
    const statuses = await inLanes(numbers(ACCOUNTS), 20, (at) =>
      triesPassword(bots[at % bots.length]!, `victim-${at}@example.test`),
    );
    expect([countOf(statuses, 400), countOf(statuses, 429)]).toEqual([20, ACCOUNTS - 20]);
    expect(linesOf('sign_in.network_blocked')).toEqual([
      expect.objectContaining({ level: 'error', network: '203.0.113.0/24', accounts: 20, seconds: 3600 }),
    ]);
    expect(await eventsNamed('sign_in.blocked_network')).toHaveLength(1);

    const stranger = await visitsAndSignsIn(server, { identifier: 'new@example.test', browser: from('203.0.113.77') });
    expect(stranger.browser.page.status).toBe(429);
    expect(Number(stranger.browser.page.headers.get('retry-after'))).toBeGreaterThan(3500);
    const owner = from('203.0.113.77');
    await owner.jar.setCookie(`${COOKIE}=${token}; Path=/`, server.issuer);
    expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: 'ann@example.test', browser: owner }))).toBe(true);
    const neighbour = await visitsAndSignsIn(server, { identifier: 'new@example.test', browser: from('203.0.114.1') });
    expect(isBackAtApp(neighbour)).toBe(true);

    movingClock.advance({ seconds: 3601 });
    const later = await visitsAndSignsIn(server, { identifier: 'new@example.test', browser: from('203.0.113.77') });
    expect(isBackAtApp(later)).toBe(true);
  });

  test(`${NETWORKS} accounts from as many networks raise one alarm while it goes on, and an extra step at once, but for who is known (500 with SHUT_ACCOUNTS)`, {
    timeout: PATIENCE,
  }, async () => {
    const before = await visitsAndSignsIn(server, { identifier: 'ann@example.test', browser: from('192.0.2.100') });
    const { [COOKIE]: token } = await before.browser.cookiesAt(`${server.issuer}/`);
    const bot = await atSignIn(server.issuer);
    const { action, data } = bot.form({ identifier: 'x', password: 'x' }, 'Sign in');
    let alarmed: number | undefined;
    const statuses = await inLanes(numbers(NETWORKS), 20, async (at) => {
      const form = { ...data, identifier: `sprayed-${at}@example.test`, password: 'stolen somewhere else' };
      const headers = { 'x-forwarded-for': `100.${64 + (at >> 8)}.${at & 255}.1` };
      const answer = await bot.request(action, { method: 'POST', form, headers });
      await answer.arrayBuffer();
      if (linesOf('sign_in.many_failures').length > 0) alarmed ??= at;
      return answer.status;
    });
    expect(countOf(statuses, 400)).toBe(NETWORKS);
    // At its 200th failure, so at once: not some time later, by a timer.
    expect(alarmed).toBeLessThan(240);
    expect(linesOf('sign_in.many_failures')).toEqual([
      expect.objectContaining({ level: 'error', failures: 200, seconds: 300 }),
    ]);
    expect(await eventsNamed('sign_in.many_failures')).toEqual([{ details: { failures: 200, seconds: 300 } }]);
    const owner = from('192.0.2.100');
    await owner.jar.setCookie(`${COOKIE}=${token}; Path=/`, server.issuer);
    expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: 'ann@example.test', browser: owner }))).toBe(true);
    const browser = from('192.0.2.200');
    const visit = await visitsAndSignsIn(server, { identifier: 'new@example.test', password: PASSWORD, browser });
    expect([browser.title, isBackAtApp(visit)]).toEqual(['Check your mail', false]);
    const mail = await mailbox.waitFor('new@example.test', { subject: /code for signing in/ });
    await browser.submit({ code: codeIn(mail) }, 'Continue');
    expect(isBackAtApp(visit)).toBe(true);
    movingClock.advance({ seconds: 601 });
  });

  test('people who mistype and then get in do not block the network that they share', async () => {
    for (const at of numbers(25)) {
      const email = `pupil-${at}@example.test`;
      await server.person({ email });
      const browser = from('198.18.0.5');
      const visit = await visitsAndSignsIn(server, { identifier: email, password: 'mistyped', browser });
      expect(browser.page.status).toBe(400);
      await browser.submit({ identifier: email, password: PASSWORD }, 'Sign in');
      expect(isBackAtApp(visit)).toBe(true);
    }
    expect(linesOf('sign_in.network_blocked')).toHaveLength(1);
  });
});
