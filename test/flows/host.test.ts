// Whose name an answer comes under: the issuer's, and no other.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendBytes, throughProxy } from '../support/proxy.ts';
import { authorizationRequest } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    settings: `server: { internal_hosts: ["gatehouse.internal:8080"] }${RESOURCES}`,
  });
});

afterAll(() => server.stop());

const HTML = { accept: 'text/html,application/xhtml+xml' };

function ask(target: string, { method = 'GET', ...headers }: Record<string, string> = {}): Promise<Response> {
  return throughProxy(server.port)(`${server.issuer}${target}`, { method, headers: { ...HTML, ...headers } });
}

test('under another name nobody gets a page, whatever is asked', async () => {
  const { pathname, search } = new URL(authorizationRequest(server.issuer).url);
  for (const target of [
    '/',
    `${pathname}${search}`,
    '/interaction/x',
    '/session/end',
    '/token',
    '/assets/x.css',
    '/x',
  ]) {
    for (const host of ['evil.example', `localhost.evil.example`, 'localhost:1', 'localhost@evil.example']) {
      const answer = await ask(target, { host });
      expect(answer.status, `${target} ${host}`).toBe(421);
      expect(answer.headers.getSetCookie()).toEqual([]);
      const text = await answer.text();
      expect(text).not.toContain('<');
      expect(text).not.toContain('evil');
    }
    expect((await ask(target, { host: 'evil.example', method: 'POST' })).status).toBe(421);
  }
});

test('forwarded names from nobody we trust are no names', async () => {
  const spoofed = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '444',
    forwarded: 'host=evil.example;proto=https',
    'x-original-host': 'evil.example',
  };
  for (const target of [
    '/',
    '/.well-known/openid-configuration',
    new URL(authorizationRequest(server.issuer).url).search,
  ]) {
    const answer = await ask(target.startsWith('?') ? `/auth${target}` : target, spoofed);
    expect(answer.status).toBeLessThan(400);
    expect(answer.headers.get('location') ?? '').not.toMatch(/evil|https:/);
    const text = await answer.text();
    expect(text).not.toContain('evil');
    expect(text).not.toContain(':444');
  }
});

test('the address in the request line has to be the issuer’s too', async () => {
  const { host } = new URL(server.issuer);
  const get = (target: string, name: string) =>
    sendBytes(server.port, `GET ${target} HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
  expect(await get('http://evil.example/', host)).toMatch(/^HTTP\/1\.1 421 /);
  expect(await get(`${server.issuer}/livez`, host)).toMatch(/^HTTP\/1\.1 200 /);
  expect(await get('/', 'evil.example')).toMatch(/^HTTP\/1\.1 421 /);
  expect(await sendBytes(server.port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /);
});

test('in development another loopback name leads to the issuer, for reading only', async () => {
  const { port } = new URL(server.issuer);
  for (const host of [`127.0.0.1:${port}`, `[::1]:${port}`, `shop.localhost:${port}`]) {
    const answer = await ask('/auth?client_id=web', { host });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`${server.issuer}/auth?client_id=web`);
    expect((await ask('/token', { host, method: 'POST' })).status).toBe(421);
  }
});

test('an internal name reaches what apps need, and the addresses in it stay the issuer’s', async () => {
  const host = 'gatehouse.internal:8080';
  const discovery = await ask('/.well-known/openid-configuration', { host });
  expect(discovery.status).toBe(200);
  expect(await discovery.json()).toMatchObject({
    issuer: server.issuer,
    token_endpoint: `${server.issuer}/token`,
    jwks_uri: `${server.issuer}/jwks`,
  });
  expect((await ask('/jwks', { host })).status).toBe(200);
  expect((await ask('/me', { host })).status).toBe(401);
  expect((await ask('/token', { host, method: 'POST' })).status).toBe(400);
  for (const page of ['/', '/auth', '/interaction/x', '/session/end', '/assets/style.css', '/request']) {
    expect((await ask(page, { host })).status, page).toBe(421);
  }
});

test('health answers under any name, and says no more than it should', async () => {
  for (const host of [new URL(server.issuer).host, 'evil.example', '10.1.2.3:3000']) {
    const alive = await ask('/livez', { host });
    expect([alive.status, await alive.json()]).toEqual([200, { alive: true }]);
    const ready = await ask('/readyz', { host });
    expect([ready.status, await ready.json()]).toEqual([
      200,
      {
        ready: true,
        state: 'ready',
        checks: { database: 'ok', schema: 'ok' },
        configuration: { clients: 'current', roles: 'current', server: 'current' },
      },
    ]);
  }
});
