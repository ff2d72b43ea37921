// The same server behind a proxy that it trusts: failures are counted where they really come from.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

const LIMIT = 2;
const SETTINGS = `
server: { trusted_proxies: ["127.0.0.0/8", "::1/128", "10.0.0.0/8"] }
limits: { sign_in_failures: ${LIMIT} }
${RESOURCES}`;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ settings: SETTINGS });
});

afterAll(() => server.stop());

const from = (forwardedFor: string): Browser => newBrowser({ headers: { 'x-forwarded-for': forwardedFor } });

/** The statuses that wrong passwords get, one from each of these addresses. */
async function failsFrom(identifier: string, ...addresses: string[]): Promise<number[]> {
  const statuses = [];
  for (const address of addresses) {
    const { browser } = await visits(server, {}, from(address));
    await signsIn(browser, { identifier, password: 'a wrong password of some length' });
    statuses.push(browser.page.status);
  }
  return statuses;
}

test('whoever guesses from one network does not hold up the owner in another', async () => {
  await server.person({ email: 'ida@example.test' });
  expect(await failsFrom('ida@example.test', '203.0.113.7', '203.0.113.8', '203.0.113.9')).toEqual([400, 400, 429]);
  const { browser } = await visits(server, {}, from('198.51.100.4'));
  await signsIn(browser, { identifier: 'ida@example.test' });
  expect(browser.page.url).toContain('code=');
});

test('what the caller writes in front of the proxy’s own entry changes nothing', async () => {
  await server.person({ email: 'jon@example.test' });
  const hops = ['1.1.1.1, 203.0.113.20', '2.2.2.2, 203.0.113.20', '3.3.3.3,4.4.4.4, 203.0.113.20, 10.1.2.3'];
  expect(await failsFrom('jon@example.test', ...hops)).toEqual([400, 400, 429]);
});

test('an IPv4 address in its IPv6 form is the same address, and an IPv6 network is one caller', async () => {
  await server.person({ email: 'kim@example.test' });
  await server.person({ email: 'lou@example.test' });
  expect(await failsFrom('kim@example.test', '203.0.113.30', '::ffff:203.0.113.30', '203.0.113.30')).toEqual([
    400, 400, 429,
  ]);
  expect(await failsFrom('lou@example.test', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:db8:1:2::3')).toEqual([
    400, 400, 429,
  ]);
});

test('guessing at many accounts from one network ends too, and other networks go on', async () => {
  await server.person({ email: 'ned@example.test' });
  const victims = Array.from({ length: 24 }, (_, at) => `victim${at}@example.test`);
  const statuses = [];
  for (const victim of victims) statuses.push(...(await failsFrom(victim, '192.0.2.66')));
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
  const { browser } = await visits(server, {}, from('198.51.100.77'));
  await signsIn(browser, { identifier: 'ned@example.test' });
  expect(browser.page.url).toContain('code=');
});

test('a proxy may name the host only as the issuer’s', async () => {
  const spoofed = newBrowser({ headers: { 'x-forwarded-host': 'evil.example' } });
  const { browser } = await visits(server, {}, spoofed);
  expect(browser.page.status).toBe(421);
  const own = newBrowser({ headers: { 'x-forwarded-host': new URL(server.issuer).host } });
  expect((await visits(server, {}, own)).browser.page.status).toBe(200);
});
