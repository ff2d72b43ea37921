// What Prometheus reads: who may, what it says of what people and apps do, and that nobody can make it grow.
import { randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepHouseInTurn } from '../../src/server/housekeeping.ts';
import { type Exposition, parseExposition } from '../support/exposition.ts';
import { authorizationRequest, callbackOf, newBrowser, redeem, redeemCode, signsIn } from '../support/sign-in.ts';
import {
  CALLBACK,
  freePort,
  RESOURCES,
  startTestServer,
  type TestServer,
  WEB_SECRET,
} from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

const TOKEN = randomBytes(32).toString('base64url');

let port: number;
let server: TestServer;
let plain: TestServer;
beforeAll(async () => {
  port = await freePort();
  server = await startTestServer({
    settings: `metrics: { port: ${port}, token: "${TOKEN}", allowed_hosts: [Figures.internal.example] }\nlogging: { level: error }${RESOURCES}`,
  });
  plain = await startTestServer({ settings: RESOURCES });
});
afterAll(() => Promise.all([server.stop(), plain.stop()]));

const ask = (address: string, authorization?: string) =>
  fetch(address, { headers: authorization === undefined ? {} : { authorization } });

async function scrape(): Promise<Exposition & { text: string }> {
  const answer = await ask(`http://127.0.0.1:${port}/metrics`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  const text = await answer.text();
  return { ...parseExposition(text), text };
}

/** Sent as it stands; the status. */
const statusOf = (requestLine: string) =>
  new Promise<string | undefined>((resolve, reject) => {
    const { hostname, port: at, host } = new URL(server.issuer);
    const socket = connect(Number(at), hostname, () =>
      socket.write(`${requestLine}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    socket.once('error', reject).once('close', () => resolve(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1]));
  });

test('a request line whose URL has no path, or is none, is refused and counted, and the server goes on', async () => {
  const others = async () => (await scrape()).sum('gatehouse_http_requests_total', { route: 'other', status: '4xx' });
  const before = await others();
  const lines = ['GET foo://x HTTP/1.1', 'GET http://[/ HTTP/1.1', 'GET ftp://[ HTTP/1.1', 'POST foo://token HTTP/1.1'];
  for (const line of lines) expect([line, await statusOf(line)]).toEqual([line, '421']);
  expect((await fetch(`${server.issuer}/livez`)).status).toBe(200);
  expect((await others()) - before).toBe(lines.length);
});

test('a server nobody has told to has no figures, at no address', async () => {
  for (const authorization of [undefined, `Bearer ${TOKEN}`, 'Bearer ']) {
    expect((await ask(`${plain.issuer}/metrics`, authorization)).status).toBe(404);
  }
});

test('at the server’s own port, they are there for whoever has the token, and not there for anybody else', async () => {
  const others = [
    undefined,
    'Bearer',
    'Bearer ',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Basic ${TOKEN}`,
    TOKEN,
  ];
  for (const authorization of others) {
    const answer = await ask(`${server.issuer}/metrics`, authorization);
    expect([authorization, answer.status]).toEqual([authorization, 404]);
    expect(await answer.text()).not.toContain('gatehouse_');
  }
  const answer = await ask(`${server.issuer}/metrics`, `Bearer ${TOKEN}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(parseExposition(await answer.text()).sum('gatehouse_info')).toBe(1);
});

test('the port of their own serves nothing else', async () => {
  for (const path of ['/', '/metrics/', '/livez', '/metrics%2f', '/.well-known/openid-configuration']) {
    expect((await ask(`http://127.0.0.1:${port}${path}`)).status).toBe(404);
  }
  expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status).toBe(404);
});

/** At the port of their own, as somebody who writes this Host. */
const asksAs = (host: string, path = '/metrics') =>
  new Promise<{ status: number | undefined; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path, headers: { host, origin: `http://${host}` } },
      async (answer) => {
        const text = (await answer.toArray()).join('');
        resolve({ status: answer.statusCode, headers: answer.headers, text });
      },
    );
    asked.on('error', reject).end();
  });

test('the port of their own is asked by an address, by a name without a dot, or by one that is configured', async () => {
  const named = [
    'figures.internal.example',
    'FIGURES.internal.example:9464',
    'localhost',
    'server:9464',
    'gate_house-1',
  ];
  for (const host of [...named, `127.0.0.1:${port}`, '10.1.2.3', '[::1]:9464', '[fd00::7]']) {
    const { status, headers } = await asksAs(host);
    expect([host, status, headers['access-control-allow-origin']]).toEqual([host, 200, undefined]);
  }
});

test('a page whose own name leads to that port reads nothing (DNS rebinding)', async () => {
  const names = ['evil.example', `127.0.0.1.evil.example:${port}`, 'internal.example', 'x.figures.internal.example'];
  const spelt = [
    'localhost.evil.example',
    'localhost.',
    'server.',
    '0x7f.1',
    '2130706433',
    '127.0.0.256',
    '[::1].evil.example',
  ];
  for (const host of [...names, ...spelt, 'evil.example:1:2', 'user@localhost', 'localhost, evil.example']) {
    for (const path of ['/metrics', '/other']) {
      const { status, text } = await asksAs(host, path);
      expect([host, status]).toEqual([host, 421]);
      expect(text).not.toContain('gatehouse_');
      expect(text).toContain('metrics.allowed_hosts');
    }
  }
});

test('they count sign-ins by outcome, tokens by grant, requests by pattern, and statements', async () => {
  await server.person({ email: 'counted@example.test' });
  const before = await scrape();
  const wrong = await visits(server);
  await signsIn(wrong.browser, { identifier: 'counted@example.test', password: 'not the password at all' });
  const { url, verifier } = authorizationRequest(server.issuer, { client_id: 'web', redirect_uri: CALLBACK });
  const browser = await newBrowser().open(url);
  await signsIn(browser, { identifier: 'counted@example.test' });
  const code = callbackOf(browser).get('code') ?? '';
  const app = { clientId: 'web', secret: WEB_SECRET };
  expect((await redeemCode(server.issuer, { code, verifier, redirectUri: CALLBACK }, app)).status).toBe(200);
  expect((await redeem(server.issuer, { grant_type: 'refresh_token', refresh_token: 'none' }, app)).status).toBe(400);
  const after = await scrape();
  const more = (name: string, labels: Record<string, string> = {}) =>
    after.sum(name, labels) - before.sum(name, labels);
  expect(more('gatehouse_sign_ins_total', { outcome: 'failed' })).toBe(1);
  expect(more('gatehouse_sign_ins_total', { outcome: 'succeeded' })).toBe(1);
  expect(more('gatehouse_token_answers_total', { grant_type: 'authorization_code' })).toBe(1);
  expect(more('gatehouse_token_answers_total')).toBe(1);
  expect(more('gatehouse_http_requests_total', { method: 'POST', route: '/token', status: '2xx' })).toBe(1);
  expect(more('gatehouse_http_requests_total', { method: 'POST', route: '/token', status: '4xx' })).toBe(1);
  expect(more('gatehouse_http_requests_total', { route: '/interaction/:uid' })).toBeGreaterThan(1);
  expect(more('gatehouse_http_requests_total', { route: '/token' })).toBe(2);
  expect(more('gatehouse_database_round_trip_seconds_count')).toBeGreaterThan(20);
});

test('they say how the server is: pool, hashes, outboxes, sweep, keys, configuration, process', async () => {
  await keepHouseInTurn({
    ...server.deps,
    log: pino({ level: 'silent' }),
    clients: server.clients.current,
    keptSeconds: 86_400,
  });
  const { sum, types, samples } = await scrape();
  expect(sum('gatehouse_database_connections')).toBeGreaterThan(0);
  expect(sum('gatehouse_argon2_waiting')).toBe(0);
  expect(sum('gatehouse_outbox_given_up')).toBe(0);
  expect(
    samples.filter(({ name }) => name === 'gatehouse_outbox_oldest_seconds').map(({ labels }) => labels['outbox']),
  ).toEqual(['mail', 'logout_notice']);
  expect(Math.abs(sum('gatehouse_sweep_last_success_timestamp_seconds') - Date.now() / 1000)).toBeLessThan(60);
  expect(sum('gatehouse_signing_key_rotation_days', { algorithm: 'RS256' })).toBeCloseTo(90, 0);
  expect(sum('gatehouse_signing_key_age_seconds', { algorithm: 'RS256' })).toBeLessThan(600);
  for (const files of ['clients', 'server', 'roles'])
    expect(sum('gatehouse_configuration_reload_success', { files })).toBe(1);
  expect(samples.filter(({ name }) => name === 'gatehouse_configuration_info')).toEqual([
    { name: 'gatehouse_configuration_info', labels: { hash: expect.stringMatching(/^[\w-]{43}$/) }, value: 1 },
  ]);
  for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds'])
    expect(types.has(name)).toBe(true);
});

test('odd addresses, methods, clients and people by the thousand leave as many series as there were', async () => {
  const odd = (index: number) => randomBytes(9).toString('base64url') + index;
  const round = async (from: number, count: number) => {
    for (let index = from; index < from + count; index += 1) {
      const name = odd(index);
      const paths = [
        `/${name}`,
        `/interaction/${name}`,
        `/auth?client_id=${name}`,
        `/auth/${name}`,
        `/client-logo/${name}`,
      ];
      const asked = [
        ...paths,
        `/api/v1/accounts/${name}`,
        `/assets/${name}.css`,
        `/session/end/${name}`,
        `/admin/${name}`,
      ];
      await Promise.all(
        asked.map((path) => fetch(`${server.issuer}${path}`, { redirect: 'manual' }).then((a) => a.arrayBuffer())),
      );
      await redeem(server.issuer, { grant_type: `urn:${name}` }, { clientId: name, secret: name });
    }
  };
  await round(0, 10);
  const before = await scrape();
  await round(10, 300);
  const visit = await visits(server);
  for (let index = 0; index < 5; index += 1) {
    await signsIn(visit.browser, { identifier: `${odd(index)}@example.test`, password: 'wrong, and long enough' });
  }
  const after = await scrape();
  // Sign-ins may have an outcome now that they had not before.
  expect(after.samples.length).toBeLessThanOrEqual(before.samples.length + 30);
  const routes = new Set(after.samples.flatMap(({ labels }) => labels['route'] ?? []));
  const patterns = new Set([...server.routes.map(({ path }) => path)]);
  const engine = [...routes].filter((route) => !patterns.has(route)).sort();
  for (const route of engine)
    expect(route).toMatch(/^(other|\/auth|\/auth\/:uid|\/token|\/session\/end\/:step|\/assets\/:file|\/[a-z./_-]+)$/);
  expect(after.samples.length).toBeLessThan(2_000);
});

test('they name nobody and give nothing away', async () => {
  const { text } = await scrape();
  const rows = await server.deps.db.selectFrom('accounts').select(['id', 'email']).execute();
  expect(rows.length).toBeGreaterThan(0);
  for (const { id, email } of rows) expect([text.includes(id), text.includes(email)]).toEqual([false, false]);
  for (const secret of [TOKEN, WEB_SECRET, server.config.masterSecret, '@', '127.0.0.1'])
    expect(text).not.toContain(secret);
  for (const clientId of server.clients.current().keys()) expect(text).not.toContain(`"${clientId}"`);
});
