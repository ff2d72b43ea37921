// RFC 6749 section 3.1 and 3.2 (empty parameters as if they were not there, unknown ones ignored; twice: test/shut/t03), and
// requests no honest program sends: NUL bytes, broken encodings, too long, spelt differently. Never a server error.
import { Agent, request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { basic, newBrowser } from '../support/sign-in.ts';
import { API, CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { AUTHORIZATION, answerAt, authorize, post, ROBOT, requestOf, SPA, signedIn, userinfo, WEB } from './apps.ts';

let server: TestServer;
let person: Browser;

beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'jane@example.test' });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

afterEach(() => {
  const defects = server.logLines.filter(({ event }) => event === 'server_error' || event === 'http.defect');
  expect(defects).toEqual([]);
});

const authUrl = (params: Record<string, string>, tail = ''): string =>
  `${server.issuer}/auth?${new URLSearchParams(params)}${tail}`;

/* NUL bytes */

test('a NUL byte in any parameter of an authorization request is a bad request', async () => {
  const all = {
    ...AUTHORIZATION,
    id_token_hint: 'x',
    resource: API,
    request_uri: 'x',
    request: 'x',
    registration: 'x',
    claims: 'x',
  };
  for (const name of [...Object.keys(all), 'unknown']) {
    for (const value of ['\0', 'a\0b', `${AUTHORIZATION[name] ?? 'x'}\0`]) {
      for (const browser of [person, newBrowser()]) {
        const response = await browser.request(authUrl({ ...AUTHORIZATION, [name]: value }));
        expect(response.status, name).toBe(400);
        expect(response.headers.get('location'), name).toBeNull();
      }
    }
  }
  expect((await person.request(`${authUrl(AUTHORIZATION)}&a%00b=c`)).status).toBe(400);
  expect((await person.request(`${server.issuer}/auth%00?${new URLSearchParams(AUTHORIZATION)}`)).status).toBe(400);
});

const TOKEN_FORMS: Readonly<Record<string, Record<string, string>>> = {
  authorization_code: { code: 'x'.repeat(43), redirect_uri: CALLBACK, code_verifier: 'x'.repeat(43), resource: API },
  refresh_token: { refresh_token: 'x'.repeat(43), scope: 'openid', resource: API },
  client_credentials: { scope: 'items:read', resource: API },
};

test('a NUL byte in any parameter of a token request is a bad request', async () => {
  for (const [grantType, form] of Object.entries(TOKEN_FORMS)) {
    const client = grantType === 'client_credentials' ? ROBOT : WEB;
    for (const name of Object.keys({ grant_type: '', ...form })) {
      for (const value of ['\0', `${form[name] ?? grantType}\0`, `\0${form[name] ?? grantType}`]) {
        const response = await post(
          `${server.issuer}/token`,
          { grant_type: grantType, ...form, [name]: value },
          { client },
        );
        expect(response.status, `${grantType} ${name}`).toBe(400);
        expect(await response.json()).toHaveProperty('error');
      }
    }
  }
});

test('a NUL byte in what a client proves itself with is a bad request or a failed proof', async () => {
  const grant = { grant_type: 'client_credentials' };
  const assertion = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' };
  const token = `${server.issuer}/token`;
  for (const response of [
    await post(token, { ...grant, client_id: 'robot\0', client_secret: WEB_SECRET }),
    await post(token, { ...grant, client_id: '\0', client_secret: WEB_SECRET }),
    await post(token, { ...grant, client_id: 'robot', client_secret: `${WEB_SECRET}\0` }),
    await post(token, { ...grant, ...assertion, client_assertion: 'x\0.y.z' }),
    await post(token, { ...grant, ...assertion, client_assertion: 'x.y.z', client_assertion_type: '\0' }),
    await post(token, grant, { headers: { authorization: basic('robot\0', WEB_SECRET) } }),
    await post(token, grant, { headers: { authorization: basic('robot', `${WEB_SECRET}\0`) } }),
    await post(token, grant, {
      headers: { authorization: `Basic ${Buffer.from(`robot\0:${WEB_SECRET}`).toString('base64')}` },
    }),
    await post(token, { ...grant, client_id: 'spa\0' }),
  ]) {
    expect([400, 401]).toContain(response.status);
    expect(await response.json()).toHaveProperty('error');
  }
});

test('a NUL byte in any parameter of a pushed request is a bad request', async () => {
  for (const name of Object.keys(AUTHORIZATION)) {
    if (name === 'client_id') continue;
    for (const value of ['\0', 'a\0b', `${AUTHORIZATION[name]}\0`]) {
      const form = { ...AUTHORIZATION, dpop_jkt: 'a'.repeat(43), [name]: value };
      const response = await post(`${server.issuer}/request`, form, { client: WEB });
      expect(response.status, `${name} ${JSON.stringify(value)}`).toBe(400);
      expect(await response.json()).toHaveProperty('error');
    }
  }
});

test('a NUL byte anywhere else makes no server error: introspection, revocation, userinfo, sign-out, pages', async () => {
  for (const path of ['/token/introspection', '/token/revocation']) {
    for (const form of [{ token: 'a\0b' }, { token: 'x', token_type_hint: '\0' }]) {
      expect(
        (await post(`${server.issuer}${path}`, form as Record<string, string>, { client: WEB })).status,
      ).toBeLessThan(500);
    }
  }
  expect((await post(`${server.issuer}/me`, { access_token: 'a\0b' })).status).toBeLessThan(500);
  expect((await post(`${server.issuer}/me`, { access_token: 'e30.\0.e30' })).status).toBeLessThan(500);
  for (const query of [
    'state=%00',
    'post_logout_redirect_uri=%00',
    'client_id=%00',
    'id_token_hint=%00',
    'logout_hint=%00',
  ]) {
    expect((await person.request(`${server.issuer}/session/end?${query}`)).status).toBe(400);
  }
  for (const path of [
    '/%00',
    '/interaction/%00',
    '/interaction/a%00b/sign-in',
    '/client-logo/%00',
    '/auth/%00',
    '/session/end/success?client_id=%00',
  ]) {
    expect((await person.request(`${server.issuer}${path}`)).status, path).toBe(400);
  }
  const page = await newBrowser().open(requestOf(server.issuer, WEB).url);
  for (const fields of [
    { identifier: 'jane\0@example.test', password: 'x' },
    { identifier: 'jane@example.test', password: 'correct horse\0' },
  ]) {
    const { action, data } = page.form(fields, 'Sign in');
    const response = await page.request(action, { method: 'POST', form: data });
    expect(response.status).toBeLessThan(500);
    expect(response.status).toBeGreaterThanOrEqual(400);
  }
});

/* Empty, unknown */

/** An error page of ours, or an error at the app; never a code or a sign-in. */
async function isAnError(response: Response, what: string): Promise<void> {
  const location = response.headers.get('location');
  if (location === null) return expect(response.status, what).toBe(400);
  expect(location, what).toMatch(/^https:\/\/app\.example\.test\/callback[?#]/);
  expect(answerAt(location).has('code'), what).toBe(false);
  expect(answerAt(location).get('error'), what).toBe('invalid_request');
}

test('a parameter without a value is as if it were not there, and one we do not know is ignored (RFC 6749 section 3.1)', async () => {
  const { client_id, redirect_uri, response_type, scope, code_challenge, code_challenge_method } = AUTHORIZATION;
  const needed = { client_id, redirect_uri, response_type, scope, code_challenge, code_challenge_method } as Record<
    string,
    string
  >;
  const optional = [
    'state',
    'nonce',
    'prompt',
    'max_age',
    'login_hint',
    'acr_values',
    'ui_locales',
    'id_token_hint',
    'resource',
    'response_mode',
    'display',
    'dpop_jkt',
    'request',
    'request_uri',
    'registration',
  ];
  for (const name of optional) {
    const location = (await person.request(authUrl({ ...needed, [name]: '' }))).headers.get('location');
    expect([...answerAt(location).keys()], name).toEqual(['code', 'iss']);
  }
  const unknown = '&foo=1&foo=2&__proto__=x&constructor=y&toString=z&%5B%5D=1&a%5Bb%5D=c&=';
  expect((await person.request(authUrl(needed, unknown))).headers.get('location')).toContain('code=');
  for (const name of Object.keys(needed)) {
    if (name === 'scope') continue;
    await isAnError(await person.request(authUrl({ ...needed, [name]: '' })), name);
  }
});

/* Encodings and lengths */

test('broken encodings, strange values and hostile names make no server error', async () => {
  const strange = ['%', '%ff%fe', '%ed%a0%80', '%2500', '{"a":1}', '9'.repeat(400), "'%3B--", '%0d%0aX: y'];
  for (const name of [...Object.keys(AUTHORIZATION), 'id_token_hint', 'resource', 'claims']) {
    const { [name]: _replaced, prompt: _prompt, ...rest } = AUTHORIZATION;
    for (const value of strange) {
      const response = await person.request(authUrl(rest, `&${name}=${value}`));
      expect(response.status, `${name}=${value}`).toBeLessThan(500);
      expect(response.headers.get('x'), `${name}=${value}`).toBeNull();
    }
  }
  for (const [grantType, form] of Object.entries(TOKEN_FORMS)) {
    for (const name of Object.keys(form)) {
      const { [name]: _replaced, ...rest } = form;
      for (const value of strange) {
        const body = `${new URLSearchParams({ grant_type: grantType, ...rest })}&${name}=${value}`;
        const client = grantType === 'client_credentials' ? ROBOT : WEB;
        const response = await post(`${server.issuer}/token`, body, { client });
        expect(response.status, `${grantType} ${name}=${value}`).toBeLessThan(500);
      }
    }
  }
});

/** Answers with the status, or 0 where the server hung up; the body is sent as it is. */
function sends(options: {
  path: string;
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string;
  agent?: Agent;
}): Promise<number> {
  const { hostname, port } = new URL(server.issuer);
  const { path, method = 'POST', headers = {}, body = '', agent } = options;
  return new Promise((resolve) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, agent, headers: { host: `${hostname}:${port}`, ...headers } },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    request.on('error', () => resolve(0));
    request.end(body);
  });
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

test('a body that is too long is refused at every endpoint, whether it says its length or not', async () => {
  const page = await newBrowser().open(requestOf(server.issuer, WEB).url);
  const { pathname, search } = new URL(page.form({}, 'Sign in').action);
  const body = `grant_type=client_credentials&token=x&x=${'a'.repeat(200_000)}`;
  const paths = [
    '/token',
    '/TOKEN/',
    '/request',
    '/token/introspection',
    '/token/revocation',
    '/me',
    '/session/end/confirm',
    pathname + search,
  ];
  for (const path of paths) {
    const headers = {
      ...FORM,
      authorization: basic('robot', WEB_SECRET),
      cookie: await page.jar.getCookieString(page.page.url),
    };
    const declared = await sends({ path, body, headers: { ...headers, 'content-length': String(body.length) } });
    const chunked = await sends({ path, body, headers: { ...headers, 'transfer-encoding': 'chunked' } });
    for (const status of [declared, chunked]) {
      expect(status, path).toBeGreaterThanOrEqual(400);
      expect(status, path).toBeLessThan(500);
    }
  }
  expect((await fetch(`${server.issuer}/livez`)).status).toBe(200);
});

test('a body that turns out too long does not stand in the way of the next request on its connection', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const path of ['/token', '/request', '/me']) {
    const headers = { ...FORM, 'transfer-encoding': 'chunked' };
    expect(await sends({ path, headers, body: `x=${'a'.repeat(200_000)}`, agent })).toBe(400);
    expect(await sends({ path: '/livez', method: 'GET', agent })).toBe(200);
  }
  agent.destroy();
});

test('an address or a header that is too long is refused, and the server stays up', async () => {
  expect(await sends({ path: `/auth?state=${'a'.repeat(40_000)}`, method: 'GET' })).toBe(431);
  expect(await sends({ path: '/auth', method: 'GET', headers: { cookie: 'a'.repeat(40_000) } })).toBe(431);
  const long = await person.request(authUrl({ ...AUTHORIZATION, state: 'a'.repeat(8000) }));
  expect(long.status).toBeLessThan(500);
  expect((await fetch(`${server.issuer}/livez`)).status).toBe(200);
});

test('only forms are read: bodies of other types are client errors', async () => {
  const form = new URLSearchParams({ grant_type: 'client_credentials' }).toString();
  const authorization = basic('robot', WEB_SECRET);
  const types: Record<string, string> = {
    'application/json': '{"grant_type":"client_credentials"}',
    'text/plain': form,
    'multipart/form-data; boundary=x':
      '--x\r\ncontent-disposition: form-data; name="grant_type"\r\n\r\nclient_credentials\r\n--x--',
    nonsense: form,
  };
  for (const [type, body] of Object.entries(types)) {
    for (const path of ['/token', '/request', '/token/revocation', '/token/introspection', '/session/end/confirm']) {
      const status = await sends({ path, body, headers: { 'content-type': type, authorization } });
      expect(status, `${type} at ${path}`).toBeGreaterThanOrEqual(400);
      expect(status, `${type} at ${path}`).toBeLessThan(500);
    }
  }
  expect(
    (
      await post(`${server.issuer}/token`, form, {
        client: ROBOT,
        headers: { 'content-type': `${FORM['content-type']}; charset=UTF-8` },
      })
    ).status,
  ).toBe(200);
  const gzip = await sends({
    path: '/token',
    body: form,
    headers: { ...FORM, authorization, 'content-encoding': 'gzip' },
  });
  expect(gzip).toBeLessThan(500);
  const charset = { ...FORM, 'content-type': `${FORM['content-type']}; charset=nonsense`, authorization };
  expect(await sends({ path: '/token', body: form, headers: charset })).toBeLessThan(500);
});

test('endpoints answer their own methods only', async () => {
  const wrong = {
    GET: ['/token', '/request', '/token/introspection', '/token/revocation', '/session/end/confirm'],
    POST: ['/jwks', '/.well-known/openid-configuration', '/session/end/success'],
    PUT: ['/token', '/auth', '/me', '/session/end', '/jwks'],
    DELETE: ['/token', '/auth', '/me', '/session/end', '/jwks'],
    PATCH: ['/token', '/me'],
    TRACE: ['/token', '/auth', '/'],
    CONNECTED: ['/token'],
  };
  for (const [method, paths] of Object.entries(wrong)) {
    for (const path of paths) {
      expect([400, 404, 405, 501], `${method} ${path}`).toContain(await sends({ path, method }));
    }
  }
});

/* Spellings */

test('an endpoint spelt in other letters or with a slash at its end is the same endpoint in every respect', async () => {
  const { tokens } = await signedIn(server.issuer, { browser: person });
  const spellings = (path: string) => [
    path,
    path.toUpperCase(),
    `${path}/`,
    path[0] + (path[1] ?? '').toUpperCase() + path.slice(2),
  ];
  const alike = async (path: string, ask: (path: string) => Promise<Response>) => {
    const seen = [];
    for (const spelling of spellings(path)) {
      const response = await ask(spelling);
      const { headers, status } = response;
      const names = [
        'content-type',
        'cache-control',
        'content-security-policy',
        'access-control-allow-origin',
        'x-frame-options',
        'vary',
      ];
      seen.push({ status, ...Object.fromEntries(names.map((name) => [name, headers.get(name)])) });
      await response.text();
    }
    for (const each of seen) expect(each, path).toEqual(seen[0]);
    expect(seen[0]?.status, path).toBeLessThan(400);
  };
  const origin = { origin: 'https://app.example.test' };
  const auth = requestOf(server.issuer, WEB).url.split('?')[1] ?? '';
  await alike('/auth', (path) => person.request(`${server.issuer}${path}?${auth}`));
  await alike('/jwks', (path) => fetch(`${server.issuer}${path}`, { headers: origin }));
  await alike('/.well-known/openid-configuration', (path) => fetch(`${server.issuer}${path}`, { headers: origin }));
  await alike('/me', (path) =>
    fetch(`${server.issuer}${path}`, { headers: { authorization: `Bearer ${tokens.accessToken}` } }),
  );
  await alike('/token', (path) =>
    post(`${server.issuer}${path}`, { grant_type: 'client_credentials' }, { client: ROBOT }),
  );
  await alike('/token/introspection', (path) => post(`${server.issuer}${path}`, { token: 'x' }, { client: WEB }));
  await alike('/token/revocation', (path) => post(`${server.issuer}${path}`, { token: 'x' }, { client: WEB }));
  await alike('/request', (path) => post(`${server.issuer}${path}`, new URLSearchParams(auth), { client: WEB }));
  await alike('/session/end', (path) => newBrowser().request(`${server.issuer}${path}`));
});

test('an address that is only nearly an endpoint is none', async () => {
  const { tokens } = await signedIn(server.issuer, { app: SPA, browser: person });
  for (const path of [
    '/token//',
    '//token',
    '/token/x',
    '/token;x',
    '/tokens',
    '/%2e/token',
    '/token%2f',
    '/x/../token%20',
  ]) {
    expect(await sends({ path, headers: FORM, body: 'grant_type=client_credentials' }), path).toBe(404);
  }
  expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(200);
});
