// T57: what is far too long or broken costs a client error and next to no time of the server.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUTHORIZATION, authorize } from '../protocol/apps.ts';
import { type MeasuredServer, type Sent, startMeasuredServer } from '../support/measured-server.ts';
import { basic } from '../support/sign-in.ts';
import { WEB_SECRET } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

let server: MeasuredServer;

beforeAll(async () => {
  server = await startMeasuredServer(['jane@example.test']);
  // What is loaded and compiled once is no cost of the first long text.
  await authorize(server.issuer, { email: 'jane@example.test' });
  for (const path of ENDPOINTS) await server.sends(path, { method: 'POST', headers: FORM, body: 'a=1' });
});

afterAll(async () => {
  expect(
    server
      .output()
      .split('\n')
      .filter((line) => /server_error|http\.defect/.test(line)),
  ).toEqual([]);
  await server.stop();
});

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Milliseconds of CPU of the server's process, database and all, for one request: a busy machine makes that no more. */
const MOST_CPU_MS = 100;

async function isRefused(path: string, sent: Sent, what = path): Promise<void> {
  const { status, cpuMs } = await server.costs(path, sent, (cost) => cost.cpuMs < MOST_CPU_MS);
  expect(status, what).toBeGreaterThanOrEqual(400);
  expect(status, what).toBeLessThan(500);
  expect(cpuMs, what).toBeLessThan(MOST_CPU_MS);
}

const posted = (body: string | Buffer, headers: Record<string, string> = {}): Sent => ({
  method: 'POST',
  body,
  headers: { ...FORM, ...headers },
});

const MEGABYTE = 'a'.repeat(1024 * 1024);
const ENDPOINTS = [
  '/token',
  '/request',
  '/token/introspection',
  '/token/revocation',
  '/me',
  '/api/v1/accounts',
  '/verify-email',
  '/reset-password/request',
];

const T57 = 'Keycloak CVE-2026-4634, CVE-2026-9803, CVE-2014-3651, Auth.js GHSA-xmf8-cvqr-rfgj';

describe(`T57 oversize input (${T57})`, () => {
  test('a body of ten megabytes is refused everywhere, without being read to its end', async () => {
    for (const path of ENDPOINTS) {
      await isRefused(path, posted(`a=${MEGABYTE.repeat(10)}`));
    }
  });

  test('a password of a megabyte is refused before it is hashed', async () => {
    const { browser } = await visits(server);
    const { action, data } = browser.form({ identifier: 'jane@example.test', password: 'x' }, 'Sign in');
    const cookie = await browser.jar.getCookieString(action);
    const { pathname, search } = new URL(action);
    for (const password of [MEGABYTE, 'a'.repeat(12_000)]) {
      const body = new URLSearchParams({ ...data, password }).toString();
      const sent = posted(body, { cookie, origin: server.issuer });
      await isRefused(pathname + search, sent, `${password.length} characters`);
    }
  });

  test('fifty thousand scopes, resources or fields are refused', async () => {
    const many = Array.from({ length: 50_000 }, (_, at) => `s${at}`);
    const authorization = { authorization: basic('robot', WEB_SECRET) };
    for (const body of [
      `grant_type=client_credentials&scope=${many.join('+')}`,
      `grant_type=client_credentials&${many.map((each) => `resource=https://${each}.test`).join('&')}`,
      `grant_type=client_credentials&${many.join('=1&')}`,
    ]) {
      await isRefused('/token', posted(body, authorization), body.slice(0, 60));
    }
  });

  test('a scope of more than 2 kB is refused as such, at every endpoint that takes one, before anything is done', async () => {
    const { issuer } = server;
    const asRobot = { authorization: basic('robot', WEB_SECRET), ...FORM };
    const asWeb = { authorization: basic('web', WEB_SECRET), ...FORM };
    const token = (scope: string, headers: Record<string, string>, more = 'grant_type=client_credentials') =>
      fetch(`${issuer}/token`, { method: 'POST', headers, body: `${more}&scope=${scope}` });
    const invalidScope = {
      error: 'invalid_scope',
      error_description: expect.stringContaining('scope is longer than 2048 characters'),
    };
    const long = `${'s+'.repeat(1_024)}s`;
    const { scope: _, ...others } = AUTHORIZATION;
    for (const scope of [long, 's'.repeat(50_000)]) {
      const pushed = `${new URLSearchParams({ ...others })}&scope=${scope}`;
      for (const answer of [
        await token(scope, asRobot),
        await token(scope, asWeb, 'grant_type=refresh_token&refresh_token=x'),
        await fetch(`${issuer}/request`, { method: 'POST', headers: asWeb, body: pushed }),
      ]) {
        expect(answer.status).toBe(400);
        expect(await answer.json()).toMatchObject(invalidScope);
      }
      const asked = await fetch(`${issuer}/auth?${pushed.slice(0, 10_000)}`, { redirect: 'manual' });
      const told = new URL(asked.headers.get('location') ?? '').searchParams;
      expect([told.get('error'), told.get('state')]).toEqual(['invalid_scope', AUTHORIZATION['state']]);
    }
    // What fits: scopes that a client may not have are left out (RFC 6749 section 3.3).
    expect((await token(long.slice(0, 2_047), asRobot)).status).toBe(200);
  });

  test('five hundred cookies, or two thousand headers, are refused or passed over', async () => {
    const cookies = (count: number) => Array.from({ length: count }, (_, at) => `c${at}=${'v'.repeat(20)}`).join('; ');
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`x-${at}`, '1']));
    for (const path of ['/account', '/auth', '/admin', '/']) {
      for (const headers of [{ cookie: cookies(300) }, { cookie: cookies(500) }, many]) {
        const { status, cpuMs } = await server.costs(path, { headers }, (cost) => cost.cpuMs < MOST_CPU_MS);
        expect([200, 303, 400, 404, 431], path).toContain(status);
        expect(cpuMs, path).toBeLessThan(MOST_CPU_MS);
      }
    }
    await isRefused('/account', { headers: { cookie: cookies(1_000) } });
  });

  test.each([
    'Basic',
    'Basic ',
    'Basic =',
    'Basic !!!!',
    'Basic Og==',
    `Basic ${'A'.repeat(9_000)}`,
    `Basic ${Buffer.from('%zz:%').toString('base64')}`,
    `Basic ${Buffer.from([0xff, 0xfe, 0x3a, 0xff]).toString('base64')}`,
    'Bearer',
    'Bearer ',
    `Bearer ${'.'.repeat(9_000)}`,
    'Bearer e30.e30.',
    `Bearer ${'e30.'.repeat(2_000)}`,
    'Bearer a b c',
    'DPoP',
    'Digest username="x"',
    'Negotiate x',
    ',',
    '\u00ff\u00fe',
  ])('the broken credentials "%.40s" are refused', async (authorization) => {
    for (const path of ['/token', '/token/introspection', '/token/revocation', '/request']) {
      await isRefused(path, posted('grant_type=client_credentials&token=x', { authorization }));
    }
    for (const path of ['/me', '/api/v1/accounts']) await isRefused(path, { headers: { authorization } });
  });

  test('a form that is compressed, bytes that are no UTF-8, and percent signs without end are client errors', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    for (const path of ENDPOINTS) {
      await isRefused(path, posted(bomb.subarray(0, 50_000), { 'content-encoding': 'gzip' }), `gzip ${path}`);
      await isRefused(path, posted(Buffer.from([0x61, 0x3d, 0xff, 0xfe, 0xc0, 0x80])), `bytes ${path}`);
      await isRefused(path, posted(`a=${'%'.repeat(10_000)}`), `percent ${path}`);
    }
  });

  test('many at once keep nobody waiting, and what they sent is not kept', async () => {
    const cookie = Array.from({ length: 500 }, (_, at) => `c${at}=${'v'.repeat(20)}`).join('; ');
    const all: readonly (readonly [path: string, sent: Sent])[] = ENDPOINTS.flatMap((path) => [
      [path, posted(`a=${MEGABYTE.repeat(5)}`)] as const,
      [path, posted(`a=${'%'.repeat(50_000)}`)] as const,
      [path, posted(`scope=${'s+'.repeat(20_000)}`, { authorization: `Basic ${'A'.repeat(9_000)}` })] as const,
      [path, posted('token=x', { authorization: `Bearer ${'e30.'.repeat(2_000)}` })] as const,
      [path, { headers: { cookie } }] as const,
    ]);
    const onslaught = async () => {
      const waiting = [...all];
      const sending = async () => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
          expect(await server.sends(...next), next[0]).toBeLessThan(500);
        }
      };
      await Promise.all(Array.from({ length: 4 }, sending));
    };
    // The first rounds are for what the process keeps for whatever comes: its heap, its buffers.
    for (let round = 0; round < 3; round += 1) await onslaught();
    const before = await server.figures();
    for (let round = 0; round < 5; round += 1) await onslaught();
    const { delayP99Ms, rssMib } = await server.figures();
    expect(delayP99Ms).toBeLessThan(50);
    expect(rssMib - before.rssMib).toBeLessThan(50);
    expect((await fetch(`${server.issuer}/livez`)).status).toBe(200);
  });
});
