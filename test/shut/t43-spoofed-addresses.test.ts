// T43: limits count where a request really came from, whatever headers say.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { networkOf } from '../../src/http/client-address.ts';
import type { Send } from '../support/browser.ts';
import { atSignIn, countOf, inLanes, numbers, triesPassword, WRONG } from '../support/guessing.ts';
import { throughProxy } from '../support/proxy.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

const LIMIT = 10;
const TRIES = 100;

/** An address that nobody has used yet. */
const random = (at: number): string => `${11 + (at % 200)}.${(at * 7) % 256}.${(at * 13) % 256}.9`;

/** Every way to claim an address that some server has believed. */
const claims = (address: string): Record<string, string> => ({
  'x-forwarded-for': address,
  x_forwarded_for: address,
  'X-Forwarded_For': address,
  forwarded: `for=${address}`,
  'x-real-ip': address,
  'true-client-ip': address,
  'cf-connecting-ip': address,
  'x-client-ip': address,
  'x-cluster-client-ip': address,
});

describe('T43 spoofed addresses: authentik CVE-2024-47070; oauth2-proxy CVE-2026-40575, CVE-2025-64484; Oathkeeper CVE-2026-33495', () => {
  describe('without a proxy', () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startTestServer();
    });
    afterAll(() => server.stop());

    test(`${TRIES} tries that each claim another address trip the limit at ${LIMIT}`, async () => {
      const browser = await atSignIn(server.issuer);
      const { action, data } = browser.form({ identifier: 'bob@example.test', password: WRONG }, 'Sign in');
      const statuses = await inLanes(numbers(TRIES), 10, async (at) => {
        const answer = await browser.request(action, { method: 'POST', form: data, headers: claims(random(at)) });
        await answer.arrayBuffer();
        return answer.status;
      });
      expect([countOf(statuses, 400), countOf(statuses, 429)]).toEqual([LIMIT, TRIES - LIMIT]);
    });
  });

  describe('behind a proxy that appends whom it saw', () => {
    let server: TestServer;
    beforeAll(async () => {
      const settings = `server: { trusted_proxies: ["127.0.0.0/8", "::1/128"] }${RESOURCES}`;
      server = await startTestServer({ settings });
    });
    afterAll(() => server.stop());

    /** As nginx does it: what the caller wrote stays, at the left. Other headers go through as they are. */
    const proxied =
      (seen: string): Send =>
      (url, init) => {
        const spoofed = init.headers['x-forwarded-for'];
        const hops = spoofed === undefined ? seen : `${spoofed}, ${seen}`;
        return throughProxy(server.port)(url, { ...init, headers: { ...init.headers, 'x-forwarded-for': hops } });
      };

    test.each([
      ['left entries', (at: number) => ({ 'x-forwarded-for': random(at) })],
      ['left entries that look like proxies', (at: number) => ({ 'x-forwarded-for': `${random(at)}, 127.0.0.1` })],
      ['broken entries', (at: number) => ({ 'x-forwarded-for': `${random(at)}, unknown, _hidden, "${random(at)}"` })],
      [
        'headers with underscores and of other products',
        (at: number) => {
          const { 'x-forwarded-for': _, ...others } = claims(random(at));
          return others;
        },
      ],
    ])('%s change nothing', async (name, headersOf) => {
      const identifier = `${name.length}@example.test`;
      const browser = await atSignIn(server.issuer, { send: proxied('203.0.113.5') });
      const { action, data } = browser.form({ identifier, password: WRONG }, 'Sign in');
      const statuses = await inLanes(numbers(30), 10, async (at) => {
        const answer = await browser.request(action, { method: 'POST', form: data, headers: headersOf(at) });
        await answer.arrayBuffer();
        return answer.status;
      });
      expect([countOf(statuses, 400), countOf(statuses, 429)]).toEqual([LIMIT, 30 - LIMIT]);
    });

    test('an IPv4 address in IPv6 clothes is the address, in every spelling, and a /64 is one caller', async () => {
      const clothes = ['::ffff:192.0.2.44', '::FFFF:192.0.2.44', '0:0:0:0:0:ffff:c000:22c', '::ffff:c000:022c'];
      for (const [person, addresses] of [
        ['mapped@example.test', ['192.0.2.44', ...clothes]],
        ['six@example.test', ['2001:db8:0:9::1', '2001:0DB8::9:0:0:0:2', '2001:db8:0:9:ffff:ffff:ffff:ffff']],
      ] as const) {
        const statuses = [];
        for (const at of numbers(12)) {
          const browser = await atSignIn(server.issuer, { send: proxied(addresses[at % addresses.length]!) });
          statuses.push(await triesPassword(browser, person));
        }
        expect([person, countOf(statuses, 400), countOf(statuses, 429)]).toEqual([person, LIMIT, 2]);
      }
      expect(new Set(clothes.map(networkOf))).toEqual(new Set(['192.0.2.0/24']));
      expect(networkOf('2001:db8:0:9::1')).not.toBe(networkOf('2001:db8:0:a::1'));
    });
  });
});
