// What every answer has in common: its headers, and what it says when something is wrong; and the few pages for everybody.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendBytes, throughProxy } from '../support/proxy.ts';
import { authorizationRequest, newBrowser } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import { tokensOf, visits, visitsAndSignsIn } from '../support/visits.ts';

const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4"/></svg>';
const DEMO = 'http://localhost:4999/';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    demoUrl: DEMO,
    clients: { logo: `client_id: logo\npreset: spa\nredirect_uris: ["${CALLBACK}"]\nlogo: logo.svg\n` },
    files: { 'clients/logo.svg': LOGO },
  });
  await server.person({ email: 'ada@example.test' });
});

afterAll(() => server.stop());

const HTML = { accept: 'text/html,application/xhtml+xml' };

function ask(target: string, { method = 'GET', ...headers }: Record<string, string> = {}): Promise<Response> {
  return throughProxy(server.port)(`${server.issuer}${target}`, { method, headers: { ...HTML, ...headers } });
}

/** One address for every kind of answer. */
async function everyKindOfAnswer(): Promise<[string, Response][]> {
  const browser = newBrowser();
  const visit = await visitsAndSignsIn(server, { identifier: 'ada@example.test', browser });
  const { accessToken } = await tokensOf(server, visit);
  const page = await visits(server, { prompt: 'login' }, browser.newTab());
  const style = page.browser.document.querySelector('link[rel=stylesheet]')?.getAttribute('href') ?? '';
  const { action, data } = page.browser.form({ password: 'wrong' }, 'Confirm');
  const post = (target: string) => ask(target, { method: 'POST' });
  return [
    ['landing page', await ask('/')],
    ['sign-in page', await browser.request(page.browser.page.url)],
    ['wrong password', await browser.request(action, { method: 'POST', form: data })],
    ['forged form', await browser.request(action, { method: 'POST', form: { ...data, csrf: '' } })],
    ['redirect to a page', await browser.request(authorizationRequest(server.issuer, { prompt: 'login' }).url)],
    ['redirect to the app', await browser.request(authorizationRequest(server.issuer).url)],
    ['protocol error page', await ask('/auth?client_id=nobody')],
    ['expired sign-in', await ask('/interaction/x?client=web')],
    ['expired resumption', await ask('/auth/x')],
    ['sign-out page', await browser.request(`${server.issuer}/session/end`)],
    ['signed-out page', await ask('/session/end/success')],
    ['not found', await ask('/nothing-here')],
    ['not found as JSON', await ask('/nothing-here', { accept: 'application/json' })],
    ['method not allowed', await post('/')],
    ['foreign name', await ask('/', { host: 'evil.example' })],
    ['discovery', await ask('/.well-known/openid-configuration')],
    ['keys', await ask('/jwks')],
    ['userinfo', await ask('/me', { authorization: `Bearer ${accessToken}` })],
    ['userinfo refused', await ask('/me')],
    ['token error', await post('/token')],
    ['introspection error', await post('/token/introspection')],
    ['revocation error', await post('/token/revocation')],
    ['pushed request error', await post('/request')],
    ['preflight', await ask('/token', { method: 'OPTIONS', origin: 'https://spa.example.test' })],
    ['style sheet', await ask(style)],
    ['no such asset', await ask('/assets/none.css')],
    ['logo', await ask('/client-logo/logo')],
    ['no logo', await ask('/client-logo/web')],
    ['health', await ask('/livez')],
    ['malformed path', await ask('/%')],
    ['head', await ask('/', { method: 'HEAD' })],
  ];
}

test('every answer carries the security headers, errors included, and none tells what we are made of', async () => {
  const cacheable = new Set(['style sheet', 'discovery', 'keys']);
  for (const [what, { headers, status }] of await everyKindOfAnswer()) {
    const policy = headers.get('content-security-policy') ?? '';
    expect(status, what).toBeLessThan(500);
    expect(policy, what).toContain("default-src 'none'");
    expect(policy, what).toContain("frame-ancestors 'none'");
    expect(policy, what).toContain("base-uri 'none'");
    expect(policy, what).not.toMatch(/unsafe|\*|data:|https?:/);
    expect(headers.get('x-frame-options'), what).toBe('DENY');
    expect(headers.get('x-content-type-options'), what).toBe('nosniff');
    expect(headers.get('referrer-policy'), what).toBe('same-origin');
    expect(headers.get('cache-control') ?? '', what).toMatch(cacheable.has(what) ? /^public, max-age=/ : /^no-store/);
    for (const name of ['x-powered-by', 'server']) expect(headers.get(name), what).toBeNull();
  }
});

test('no page can be read by the scripts of another origin; discovery and keys can', async () => {
  const readers = [];
  for (const target of ['/', '/auth?client_id=web', '/interaction/x', '/session/end', '/nothing', '/jwks']) {
    for (const origin of ['https://evil.example', 'https://app.example.test', 'null']) {
      const answer = await ask(target, { origin });
      if (answer.headers.has('access-control-allow-origin')) readers.push(target);
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  }
  expect(new Set(readers)).toEqual(new Set(['/jwks']));
});

test('an unknown address and a wrong method are explained to people and to programs', async () => {
  const page = await ask('/nothing-here');
  expect(page.status).toBe(404);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await page.text()).toContain('There is no page here');
  const problem = await ask('/nothing-here', { accept: 'application/json' });
  expect(problem.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(await problem.json()).toMatchObject({ status: 404, code: 'not_found', title: 'Not Found' });
  const method = await ask('/', { method: 'DELETE' });
  expect(method.status).toBe(405);
  expect(method.headers.get('allow')).toBe('GET, HEAD');
  expect((await ask('/interaction/x/consent', { method: 'PUT' })).headers.get('allow')).toBe('GET, HEAD, POST');
  for (const near of ['//', '/Livez', '/livez/', '/interaction/', '/INTERACTION/x', '/interaction/x/unknown']) {
    expect((await ask(near)).status, near).toBe(404);
  }
});

test('nothing that is sent makes the server explain its insides', async () => {
  const targets = [
    '/%',
    '/%00',
    '/%ff',
    '/..%2f..%2fetc/passwd',
    '/client-logo/..%2f..%2fgatehouse.yaml',
    '/client-logo/%00',
    '/assets/..%2f..%2fpackage.json',
    '/interaction/%00?client=%00',
    '/interaction/x?client[a]=b&client=c',
    '/auth?client_id=web&client_id=spa',
    '/auth?client_id=%00',
    '/auth?client_id=web&redirect_uri=javascript:alert(1)',
    `/auth?client_id=${'x'.repeat(8000)}`,
    '/auth/%00',
    '/session/end?id_token_hint=x&post_logout_redirect_uri=https://evil.example',
    '/?__proto__[x]=1&constructor=1',
  ];
  for (const target of targets) {
    for (const accept of ['text/html', 'application/json']) {
      const answer = await ask(target, { accept });
      expect(answer.status, target).toBeLessThan(500);
      const text = await answer.text();
      expect(text, target).not.toMatch(/\bat (?:async )?[\w.<>]+ \(|node_modules|\/src\/|\.ts:\d|root:x/);
    }
  }
  expect(await sendBytes(server.port, 'GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 400 /,
  );
  const endless = await ask('/', { cookie: 'x'.repeat(20_000) });
  expect(endless.status).toBe(431);
  expect(server.logLines.filter(({ level }) => level === 'error')).toEqual([]);
});

test('parameters are no options of the templates', async () => {
  const page = async (target: string) => (await (await ask(target)).text()).replaceAll(/href="\?[^"]*"/g, 'href');
  const plain = await page('/');
  const names = ['pretty', 'self', 'globals', 'filename', 'compileDebug', 'block', '__proto__', 'constructor', 'cache'];
  const query = names.map((name) => `${name}=1`).join('&');
  expect(await page(`/?${query}`)).toBe(plain);
});

test('the landing page says what runs here, and in development leads to the demo', async () => {
  const browser = await newBrowser().open(`${server.issuer}/`);
  expect(browser.title).toBe('Gatehouse');
  expect(browser.text).toContain(server.issuer);
  expect(browser.text).toContain('Running in development');
  const links = browser.document.querySelectorAll('a').map((link) => link.getAttribute('href'));
  expect(links).toContain(DEMO);
  expect(links.some((href) => href?.endsWith('/.well-known/openid-configuration'))).toBe(true);
});

test('in production the landing page shows neither demo nor commands', async () => {
  const configDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-config-'));
  mkdirSync(path.join(configDir, 'clients'));
  writeFileSync(path.join(configDir, 'gatehouse.yaml'), 'database: { embedded_in_production: true }\n');
  const issuer = 'https://auth.example.org';
  const production = await startTestServer({
    configDir,
    env: {
      GATEHOUSE_MODE: 'production',
      GATEHOUSE_ISSUER: issuer,
      GATEHOUSE_SECRET: 'Qm9zc2FOb3ZhLTk0MjctS2llc2Vsd2VnLTE3',
    },
  });
  try {
    const browser = await newBrowser({ send: throughProxy(production.port) }).open(`${issuer}/`);
    expect(browser.page.status).toBe(200);
    expect(browser.text).toContain(issuer);
    expect(browser.text).not.toMatch(/development|demo|user create/i);
    const loopback = await throughProxy(production.port)(`${issuer}/`, {
      method: 'GET',
      headers: { host: 'localhost' },
    });
    expect(loopback.status).toBe(421);
  } finally {
    await production.stop();
    rmSync(configDir, { recursive: true });
  }
});

test('a client’s logo is served as the image it is, and nothing else of its folder', async () => {
  const logo = await ask('/client-logo/logo');
  expect([logo.status, logo.headers.get('content-type'), await logo.text()]).toEqual([200, 'image/svg+xml', LOGO]);
  for (const name of ['web', 'nobody', 'logo.svg', '%2e%2e%2flogo.svg', '__proto__', '']) {
    expect((await ask(`/client-logo/${name}`)).status, name).toBe(404);
  }
});

test('static files have names that change with their content, and are kept for ever', async () => {
  const { browser } = await visits(server);
  const addresses = browser.document
    .querySelectorAll('link[href],script[src]')
    .map((element) => element.getAttribute('href') ?? element.getAttribute('src') ?? '');
  expect(addresses.length).toBeGreaterThanOrEqual(3);
  for (const address of addresses) {
    expect(address).toMatch(/^\/assets\/[\w-]+\.[0-9a-f]{8,}\.(?:css|js|svg)$/);
    const file = await ask(address);
    expect(file.status).toBe(200);
    expect(file.headers.get('cache-control')).toMatch(/max-age=31536000.*immutable/);
    const again = await ask(address, { 'if-none-match': file.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
  }
});
