import type Koa from 'koa';
import { describe, expect, test } from 'vitest';
import { decideHost } from '../../../src/http/host.ts';
import { AT_ISSUER, type FrontOptions, serveBehindFront } from './support.ts';

const whatKoaSees: Koa.Middleware = async (ctx) => {
  const { host, protocol, secure, href, ip, originalUrl } = ctx;
  ctx.body = { host, protocol, secure, href, ip, originalUrl, client: ctx.state.clientAddress, headers: ctx.headers };
};

const server = (options: FrontOptions = {}) => serveBehindFront([whatKoaSees], options);

const foreign = [
  'evil.example',
  'op.example.evil.example',
  'op.example:444',
  'evil:x@op.example',
  'op.example@evil.example',
  'op.example.',
  'op.example/evil',
  'op.example, evil.example',
  'op.example evil.example',
  '127.0.0.1',
  'localhost',
  '',
];

describe('a foreign Host', () => {
  test.each(foreign)('«%s» gets 421 and no page', async (host) => {
    const app = await server();
    const answer = await app.ask('/sign-in', { headers: { host, accept: 'text/html' } });
    expect(answer.status).toBe(421);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.body).not.toContain('<');
    expect(answer.body).not.toContain('evil');
  });

  test('is no way to read the address, whatever the method', async () => {
    const app = await server();
    for (const method of ['POST', 'PUT', 'OPTIONS', 'TRACE', 'HEAD']) {
      expect((await app.ask('/token', { method, headers: { host: 'evil.example' } })).status).toBe(421);
    }
  });

  test('gets 421 before anything looks at the rest of the request line', async () => {
    const app = await server();
    const answer = await app.ask('/x%00', { headers: { host: 'evil.example', accept: 'text/html' } });
    expect(answer.status).toBe(421);
  });
});

describe('the issuer’s Host', () => {
  test.each(['op.example', 'OP.Example', 'op.example:443'])('is answered as «%s»', async (host) => {
    const app = await server();
    expect((await app.ask('/auth?x=1', { headers: { host } })).status).toBe(200);
  });

  test('is all that the engine can build URLs from, whatever headers came along', async () => {
    const app = await server();
    const spoofed = {
      ...AT_ISSUER,
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '81',
      'x-forwarded-prefix': '/evil',
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'host=evil.example;proto=http;for=203.0.113.9',
    };
    const answer = await app.ask('/auth?x=1', { headers: spoofed });
    const seen = JSON.parse(answer.body);
    expect(seen).toMatchObject({
      host: 'op.example',
      protocol: 'https',
      secure: true,
      href: 'https://op.example/auth?x=1',
      ip: '127.0.0.1',
      client: '127.0.0.1',
    });
    expect(answer.body).not.toContain('evil');
    expect(Object.keys(seen.headers).filter((name) => /forwarded/.test(name))).toEqual(['x-forwarded-proto']);
  });

  test('keeps its port when the issuer has one', async () => {
    const app = await server({ issuer: 'http://localhost:3000' });
    const seen = JSON.parse((await app.ask('/', { headers: { host: 'localhost:3000' } })).body);
    expect(seen).toMatchObject({ href: 'http://localhost:3000/', secure: false });
    expect((await app.ask('/', { headers: { host: 'localhost' } })).status).toBe(421);
    expect((await app.ask('/', { headers: { host: 'localhost:3001' } })).status).toBe(421);
  });
});

describe('behind a trusted proxy', () => {
  const trustedProxies = ['127.0.0.0/8'];
  const via = (forwarded: string | string[]) => ({ host: 'gatehouse:3000', 'x-forwarded-host': forwarded });

  test('X-Forwarded-Host is the name that counts', async () => {
    const app = await server({ trustedProxies });
    expect((await app.ask('/', { headers: via('op.example') })).status).toBe(200);
    expect((await app.ask('/', { headers: via('evil.example') })).status).toBe(421);
    expect((await app.ask('/', { headers: { ...AT_ISSUER, 'x-forwarded-host': 'evil.example' } })).status).toBe(421);
  });

  test('several forwarded hosts are refused, as a list and as several headers', async () => {
    const app = await server({ trustedProxies });
    expect((await app.ask('/', { headers: via('op.example, evil.example') })).status).toBe(421);
    expect((await app.ask('/', { headers: via('op.example,op.example') })).status).toBe(421);
    expect((await app.ask('/', { headers: via(['op.example', 'evil.example']) })).status).toBe(421);
  });

  test('the client’s address is kept for us and hidden from the engine', async () => {
    const app = await server({ trustedProxies });
    const headers = { ...AT_ISSUER, 'x-forwarded-for': '198.51.100.1, 203.0.113.9' };
    const seen = JSON.parse((await app.ask('/', { headers })).body);
    expect(seen).toMatchObject({ client: '203.0.113.9', ip: '203.0.113.9' });
    expect(seen.headers).not.toHaveProperty('x-forwarded-for');
  });

  test('an untrusted peer’s X-Forwarded-Host opens nothing', async () => {
    const app = await server({ trustedProxies: ['10.0.0.0/8'] });
    expect((await app.ask('/', { headers: via('op.example') })).status).toBe(421);
  });
});

describe('a request line with a whole URL in it', () => {
  const getting = (target: string, host = 'op.example') =>
    `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

  test('is refused when the URL names another host', async () => {
    const app = await server();
    expect(await app.raw(getting('https://evil.example/auth'))).toMatch(/^HTTP\/1\.1 421 /);
    expect(await app.raw(getting('https://op.example@evil.example/auth'))).toMatch(/^HTTP\/1\.1 421 /);
    expect(await app.raw(getting('https://op.example:444/auth'))).toMatch(/^HTTP\/1\.1 421 /);
    expect(await app.raw(getting('http://op.example/auth'))).toMatch(/^HTTP\/1\.1 421 /);
    expect(await app.raw(getting('ftp://op.example/auth'))).toMatch(/^HTTP\/1\.1 421 /);
  });

  test('is refused when the Host header is foreign, even if the URL is ours', async () => {
    const app = await server();
    expect(await app.raw(getting('https://op.example/auth', 'evil.example'))).toMatch(/^HTTP\/1\.1 421 /);
  });

  test('is read as its path when the URL is ours', async () => {
    const app = await server();
    const answer = await app.raw(getting('https://op.example/auth?x=1'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"originalUrl":"/auth?x=1"');
    expect(answer).toContain('"href":"https://op.example/auth?x=1"');
  });

  test('OPTIONS * and a missing Host are refused', async () => {
    const app = await server();
    expect(await app.raw('OPTIONS * HTTP/1.1\r\nHost: op.example\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 421 /,
    );
    expect(await app.raw('GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /);
  });
});

describe('health probes', () => {
  test('are answered under any name', async () => {
    const app = await server();
    for (const path of ['/livez', '/readyz', '/readyz?verbose=1']) {
      expect((await app.ask(path, { headers: { host: '10.1.2.3:3000' } })).status).toBe(200);
    }
  });

  test('under a foreign name still see only the issuer', async () => {
    const app = await server();
    const answer = await app.ask('/livez', { headers: { host: 'evil.example' } });
    expect(answer.body).not.toContain('evil');
  });
});

describe('an internal host', () => {
  const internalHosts = ['gatehouse:3000', 'gatehouse.svc'];
  const open = ['/.well-known/openid-configuration', '/jwks', '/token', '/me', '/token/introspection'];
  const closed = [
    '/',
    '/auth',
    '/interaction/x',
    '/token/revocation',
    '/request',
    '/session/end',
    '/assets/a.css',
    '/tokens',
  ];

  test.each(open)('reaches %s, and sees the issuer’s URLs', async (path) => {
    const app = await server({ internalHosts });
    const answer = await app.ask(path, { headers: { host: 'gatehouse:3000' } });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ href: `https://op.example${path}` });
  });

  test.each(closed)('does not reach %s', async (path) => {
    const app = await server({ internalHosts });
    expect((await app.ask(path, { headers: { host: 'gatehouse:3000' } })).status).toBe(421);
  });

  test('is judged by the path as the engine routes it: any case, one trailing slash', async () => {
    const app = await server({ internalHosts });
    const ask = async (path: string) => (await app.ask(path, { headers: { host: 'gatehouse:3000' } })).status;
    expect(await ask('/TOKEN')).toBe(200);
    expect(await ask('/token/')).toBe(200);
    expect(await ask('/token//')).toBe(421);
    expect(await ask('/token/../auth')).toBe(421);
    expect(await ask('/%74oken')).toBe(421);
    expect(await ask('//token')).toBe(421);
  });

  test('without a port stands for any port, with a port for that one', () => {
    const rules = {
      issuer: 'https://op.example',
      internalHosts: [...internalHosts, 'plain:80'],
      internalPaths: ['/token'],
      anyHostPaths: [],
      development: false,
    };
    const outcome = (host: string) => decideHost(rules, { method: 'POST', target: '/token', host }).outcome;
    expect(outcome('gatehouse.svc:8080')).toBe('accepted');
    expect(outcome('gatehouse.svc')).toBe('accepted');
    expect(outcome('gatehouse:3001')).toBe('misdirected');
    expect(outcome('gatehouse')).toBe('misdirected');
    expect(outcome('plain')).toBe('accepted');
  });
});

describe('in development, another loopback name', () => {
  const issuer = 'http://localhost:3000';

  test.each(['127.0.0.1:3000', '[::1]:3000', 'gatehouse.localhost:3000', '127.0.0.53:3000'])(
    '«%s» is sent on to the issuer',
    async (host) => {
      const app = await server({ issuer, development: true });
      const answer = await app.ask('/auth?client_id=a&state=b%20c', { headers: { host } });
      expect(answer.status).toBe(303);
      expect(answer.headers.location).toBe('http://localhost:3000/auth?client_id=a&state=b%20c');
    },
  );

  test('is sent on to the issuer even if the path looks like a host', async () => {
    const app = await server({ issuer, development: true });
    const answer = await app.ask('//evil.example/x', { headers: { host: '127.0.0.1:3000' } });
    expect(new URL(answer.headers.location ?? '').host).toBe('localhost:3000');
  });

  test('is refused for a POST, on another port, and for names that only look like loopback', async () => {
    const app = await server({ issuer, development: true });
    const status = async (host: string, method = 'GET') => (await app.ask('/', { method, headers: { host } })).status;
    expect(await status('127.0.0.1:3000', 'POST')).toBe(421);
    expect(await status('127.0.0.1:3001')).toBe(421);
    expect(await status('127.0.0.1.evil.example:3000')).toBe(421);
    expect(await status('localhost.evil.example:3000')).toBe(421);
    expect(await status('2130706433:3000')).toBe(421);
  });

  test('is refused in production', async () => {
    const app = await server({ issuer });
    expect((await app.ask('/', { headers: { host: '127.0.0.1:3000' } })).status).toBe(421);
  });
});
