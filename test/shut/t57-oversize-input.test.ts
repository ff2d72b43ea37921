// T57 and T59: what is far too long or broken costs a client error and next to no time of the machine.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUTHORIZATION, authorize } from '../protocol/apps.ts';
import { basic, newBrowser } from '../support/sign-in.ts';
import { startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'jane@example.test' });
  // What is loaded and compiled once is no cost of the first long text.
  await authorize(server.issuer, { email: 'jane@example.test' });
});

afterAll(async () => {
  expect(server.logLines.filter(({ event }) => event === 'server_error' || event === 'http.defect')).toEqual([]);
  await server.stop();
});

interface Cost {
  readonly status: number;
  /** Of the whole process, which is server and test: milliseconds of CPU, so that a busy machine changes nothing. */
  readonly cpuMs: number;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** By hand: whoever sends these does not stop when the server has said enough. */
async function sends(path: string, { method = 'GET', headers = {}, body = '' }: Sent = {}): Promise<Cost> {
  const { port } = new URL(server.issuer);
  const before = process.cpuUsage();
  const all = {
    host: `localhost:${port}`,
    connection: 'close',
    ...(method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const socket = connect(Number(port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1');
  socket.write(body);
  const over = new Promise((resolve) => socket.once('close', resolve));
  await Promise.race([over, sleep(5_000)]);
  socket.destroy();
  const { user, system } = process.cpuUsage(before);
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0), cpuMs: (user + system) / 1000 };
}

function isRefused({ status }: Cost, what: string): void {
  expect(status, what).toBeGreaterThanOrEqual(400);
  expect(status, what).toBeLessThan(500);
}

const posted = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  sends(path, { method: 'POST', body, headers: { ...FORM, ...headers } });

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
      const cost = await posted(path, `a=${MEGABYTE.repeat(10)}`);
      isRefused(cost, path);
      expect(cost.cpuMs, path).toBeLessThan(1_500);
    }
  });

  test('a password of a megabyte is refused before it is hashed', async () => {
    const { browser } = await visits(server);
    const { action, data } = browser.form({ identifier: 'jane@example.test', password: 'x' }, 'Sign in');
    const cookie = await browser.jar.getCookieString(action);
    const { pathname, search } = new URL(action);
    for (const password of [MEGABYTE, 'a'.repeat(12_000)]) {
      const body = new URLSearchParams({ ...data, password }).toString();
      const cost = await posted(pathname + search, body, { cookie, origin: server.issuer });
      isRefused(cost, `${password.length} characters`);
      expect(cost.cpuMs).toBeLessThan(1_000);
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
      isRefused(await posted('/token', body, authorization), body.slice(0, 60));
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
      const before = server.logLines.length;
      const asked = await fetch(`${issuer}/auth?${pushed.slice(0, 10_000)}`, { redirect: 'manual' });
      const told = new URL(asked.headers.get('location') ?? '').searchParams;
      expect([told.get('error'), told.get('state')]).toEqual(['invalid_scope', AUTHORIZATION['state']]);
      expect(server.logLines.slice(before).filter(({ level }) => level === 'error')).toEqual([]);
    }
    // What fits: scopes that a client may not have are left out (RFC 6749 section 3.3).
    expect((await token(long.slice(0, 2_047), asRobot)).status).toBe(200);
  });

  test('five hundred cookies, or two thousand headers, are refused or passed over', async () => {
    const cookies = Array.from({ length: 500 }, (_, at) => `c${at}=${'v'.repeat(20)}`).join('; ');
    const few = Array.from({ length: 300 }, (_, at) => `c${at}=${'v'.repeat(20)}`).join('; ');
    for (const path of ['/account', '/auth', '/admin', '/']) {
      const { status } = await sends(path, { headers: { cookie: few } });
      expect(status, path).toBeGreaterThan(0);
      expect(status, path).toBeLessThan(500);
      expect([200, 303, 400, 431]).toContain((await sends(path, { headers: { cookie: cookies } })).status);
      const headers = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`x-${at}`, '1']));
      expect((await sends(path, { headers })).status).toBeLessThan(500);
    }
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
  ])('the broken credentials "%s" are refused', async (authorization) => {
    for (const path of ['/token', '/token/introspection', '/token/revocation', '/request']) {
      isRefused(await posted(path, 'grant_type=client_credentials&token=x', { authorization }), path);
    }
    for (const path of ['/me', '/api/v1/accounts']) isRefused(await sends(path, { headers: { authorization } }), path);
  });

  test('a form that is compressed, bytes that are no UTF-8, and percent signs without end are client errors', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    for (const path of ENDPOINTS) {
      isRefused(await posted(path, bomb.subarray(0, 50_000), { 'content-encoding': 'gzip' }), `gzip ${path}`);
      isRefused(await posted(path, Buffer.from([0x61, 0x3d, 0xff, 0xfe, 0xc0, 0x80])), `bytes ${path}`);
      isRefused(await posted(path, `a=${'%'.repeat(10_000)}`), `percent ${path}`);
    }
  });

  test('what was sent is not kept', async () => {
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 20; round += 1) await posted('/token', `a=${MEGABYTE.repeat(5)}`);
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(300);
    expect((await fetch(`${server.issuer}/livez`)).status).toBe(200);
  });
});

/** What patterns that try every way to match are slow with: much of the same, and an end that does not fit. */
const REPEATED = ['a', '@', ',', ' ', '%41', '.', '-', '\t', 'a.', 'a@', '=', ';q=', '"', '\\', '(', '1', 'é'];

const longText = (piece: string, bytes: number) => `${piece.repeat(Math.floor(bytes / piece.length))}!`;

const T59 = 'Koa CVE-2025-25200; ASVS 1.3.12';

describe(`T59 patterns that never end (${T59})`, () => {
  /** A pattern that is quadratic in what is sent takes seconds, one that is worse minutes; this is for all of it. */
  const MOST_CPU_MS = 1_000;

  test.each(REPEATED)('nothing but "%s" in any parameter of a sign-in, as long as an address may be', async (piece) => {
    const text = longText(piece, 5_000);
    for (const name of Object.keys(AUTHORIZATION)) {
      const { status, cpuMs } = await sends(`/auth?${new URLSearchParams({ ...AUTHORIZATION, [name]: text })}`);
      expect(status, name).toBeLessThan(500);
      expect(cpuMs, name).toBeLessThan(MOST_CPU_MS);
    }
  });

  test('nothing but blanks in any parameter of a sign-in that is pushed, as long as a body may be', async () => {
    const authorization = { authorization: basic('web', WEB_SECRET) };
    for (const text of [' '.repeat(50_000), '\t'.repeat(17_000)]) {
      for (const name of Object.keys(AUTHORIZATION)) {
        const body = new URLSearchParams({ ...AUTHORIZATION, [name]: text }).toString();
        const { status, cpuMs } = await posted('/request', body, authorization);
        expect(status, name).toBeLessThan(500);
        expect(cpuMs, name).toBeLessThan(MOST_CPU_MS / 2);
      }
    }
  });

  test.each(REPEATED)('nothing but "%s" in any header, as long as they may be', async (piece) => {
    const text = longText(piece, 12_000).replaceAll('é', 'e');
    const names = [
      'accept',
      'accept-language',
      'accept-encoding',
      'authorization',
      'cookie',
      'content-type',
      'dpop',
      'forwarded',
      'if-match',
      'if-none-match',
      'origin',
      'referer',
      'user-agent',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
    ];
    for (const name of names) {
      for (const path of ['/auth', '/me', '/account', '/api/v1/accounts', '/assets/style.css']) {
        const { status, cpuMs } = await sends(path, { headers: { [name]: text } });
        expect(status, `${name} ${path}`).toBeLessThan(500);
        expect(cpuMs, `${name} ${path}`).toBeLessThan(MOST_CPU_MS);
      }
    }
  });

  test.each(REPEATED)('nothing but "%s" in any field of a form, as long as a form may be', async (piece) => {
    const text = longText(piece, 4_000);
    const { browser } = await visits(server);
    const { action, data } = browser.form({ identifier: text, password: text }, 'Sign in');
    const page = newBrowser();
    await page.open(`${server.issuer}/reset-password`);
    const forgot = page.form({ identifier: text });
    for (const [who, form] of [
      [browser, { action, data }],
      [page, forgot],
    ] as const) {
      for (const name of Object.keys(form.data)) {
        const before = process.cpuUsage();
        const answer = await who.request(form.action, { method: 'POST', form: { ...form.data, [name]: text } });
        expect(answer.status, name).toBeLessThan(500);
        const { user, system } = process.cpuUsage(before);
        expect((user + system) / 1000, name).toBeLessThan(MOST_CPU_MS);
      }
    }
    const token = longText(piece, 50_000);
    for (const path of ['/token/introspection', '/token/revocation', '/token']) {
      const form = { grant_type: 'refresh_token', refresh_token: token, token };
      const cost = await posted(path, new URLSearchParams(form).toString(), {
        authorization: basic('web', WEB_SECRET),
      });
      expect(cost.status, path).toBeLessThan(500);
      expect(cost.cpuMs, path).toBeLessThan(MOST_CPU_MS);
    }
  });
});
