import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeAccount } from '../../src/leaving/delete-account.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { MASTER_SECRET, ourKey } from '../support/our-keys.ts';
import { claimsIn, newBrowser, redeem } from '../support/sign-in.ts';
import { API, CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import {
  ASK,
  answerAt,
  authorize,
  headerOf,
  type Params,
  post,
  ROBOT,
  redeemFor,
  refresh,
  requestOf,
  SPA,
  signedIn,
  tokensOf,
  userinfo,
  WEB,
} from './apps.ts';

const STOCK = 'urn:example:stock';
const SETTINGS = `
mfa: optional
resources:
  ${API}:
    name: Example API
    scopes: { items:read: See your items, items:write: Change your items }
  ${STOCK}:
    name: Stock
    access_token_seconds: 120
    scopes: { stock:count: Count }
`;
const STOCK_APP = { ...WEB, clientId: 'stock' };

let server: TestServer;
let person: Browser;
let userinfoUrl: string;

beforeAll(async () => {
  const stock = `
client_id: stock
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
resources: { "${STOCK}": ["stock:count"], "${API}": ["items:read"] }
`;
  server = await startTestServer({ settings: SETTINGS, clients: { stock }, env: { GATEHOUSE_SECRET: MASTER_SECRET } });
  userinfoUrl = `${server.issuer}/me`;
  await server.person({ email: 'jane@example.test', name: 'Jane Doe', roles: ['vendor'] });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

const newTokens = async (params: Params = {}, app = WEB) =>
  (await signedIn(server.issuer, { app, params, browser: person })).tokens;

const infoOf = async (response: Response) => {
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
};

/** 401 and a challenge, nothing else (RFC 6750 section 3). */
async function isRefused(response: Response, what = ''): Promise<void> {
  const text = await response.text();
  expect(`${what} ${response.status}`).toBe(`${what} 401`);
  expect(response.headers.get('www-authenticate'), what).toMatch(/^(Bearer|DPoP) .*error="invalid_token"/);
  expect(text).not.toContain('jane@example.test');
}

test('an access token is an RFC 9068 JWT of five minutes, for the issuer and userinfo when the app names no resource', async () => {
  const { accessToken, body } = await newTokens();
  const { payload, protectedHeader } = await jwtVerify(
    accessToken,
    createRemoteJWKSet(new URL(`${server.issuer}/jwks`)),
    { issuer: server.issuer, audience: server.issuer, typ: 'at+jwt', algorithms: ['RS256'] },
  );
  expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: expect.any(String) });
  expect(payload).toMatchObject({
    iss: server.issuer,
    sub: claimsIn(body['id_token'])['sub'],
    client_id: 'web',
    aud: [server.issuer, userinfoUrl],
    scope: 'openid profile email roles',
    roles: ['vendor'],
    auth_time: expect.any(Number),
    acr: 'pwd',
    amr: ['pwd'],
    jti: expect.any(String),
  });
  expect(Number(payload.exp) - Number(payload.iat)).toBe(300);
  expect(body['expires_in']).toBe(300);
});

test('two access tokens never have the same identifier, and neither holds an address or a name', async () => {
  const [first, second] = [await newTokens(), await newTokens()];
  expect(claimsIn(first.accessToken)['jti']).not.toBe(claimsIn(second.accessToken)['jti']);
  for (const name of ['email', 'name', 'nonce', 'sid']) expect(claimsIn(first.accessToken)).not.toHaveProperty(name);
});

test('a token for an API names it as audience, with the scopes the client’s file allows there', async () => {
  const { accessToken, scope } = await newTokens({ scope: 'openid items:read items:write', resource: API });
  expect(claimsIn(accessToken)).toMatchObject({ aud: [API, userinfoUrl], client_id: 'web', roles: ['vendor'] });
  expect(scope.split(' ').sort()).toEqual(['items:read', 'items:write', 'openid']);
  expect(String(claimsIn(accessToken)['scope']).split(' ').sort()).toEqual(['items:read', 'items:write', 'openid']);
});

test('scopes of an API are limited per client, and only those of the resource named are granted (T18)', async () => {
  const read = await newTokens({ scope: 'openid items:read', resource: API });
  expect(read.scope.split(' ').sort()).toEqual(['items:read', 'openid']);
  const stock = await newTokens({ scope: 'openid stock:count items:read', resource: STOCK }, STOCK_APP);
  expect(stock.scope.split(' ').sort()).toEqual(['openid', 'stock:count']);
  // The file of this client allows items:read only.
  const more = requestOf(server.issuer, STOCK_APP, { scope: 'openid items:read items:write', resource: API });
  const answer = answerAt((await person.request(more.url)).headers.get('location'));
  if (answer.get('error') === null) {
    const tokens = tokensOf(
      (await redeemFor(server.issuer, STOCK_APP, { code: answer.get('code') ?? '', request: more })).body,
    );
    expect(claimsIn(tokens.accessToken)['scope']).not.toContain('items:write');
    expect(tokens.scope).not.toContain('items:write');
  }
});

test('an API may have tokens of a shorter life', async () => {
  const { accessToken, body } = await newTokens({ scope: 'openid stock:count', resource: STOCK }, STOCK_APP);
  const claims = claimsIn(accessToken);
  expect(Number(claims['exp']) - Number(claims['iat'])).toBe(120);
  expect(body['expires_in']).toBe(120);
});

test('a token for an API without openid is for the API alone: userinfo refuses it', async () => {
  const { accessToken, body } = await newTokens({ scope: 'items:read', resource: API, nonce: undefined });
  expect(claimsIn(accessToken)).toMatchObject({ aud: API, scope: 'items:read' });
  expect(body).not.toHaveProperty('id_token');
  const response = await userinfo(server.issuer, accessToken);
  expect([401, 403]).toContain(response.status);
});

test('a resource that does not exist, or that the client may not use, is an invalid target (RFC 8707 section 2)', async () => {
  const wrong: [typeof WEB, string][] = [
    [WEB, 'https://unknown.example.test'],
    [WEB, STOCK],
    [WEB, `${API}/`],
    [WEB, `${API}#fragment`],
    [WEB, API.toUpperCase()],
    [WEB, 'not-a-uri'],
    [SPA as typeof WEB, API],
  ];
  for (const [app, resource] of wrong) {
    const response = await person.request(requestOf(server.issuer, app, { resource }).url);
    expect(answerAt(response.headers.get('location')).get('error'), resource).toBe('invalid_target');
  }
  const service = await post(
    `${server.issuer}/token`,
    { grant_type: 'client_credentials', resource: STOCK },
    { client: ROBOT },
  );
  expect([service.status, ((await service.json()) as { error: string }).error]).toEqual([400, 'invalid_target']);
});

test('a resource that was not asked for at the start cannot be had with the code or at a refresh', async () => {
  const authorized = await authorize(server.issuer, { browser: person });
  const form = {
    grant_type: 'authorization_code',
    code: authorized.code,
    code_verifier: authorized.request.verifier,
    redirect_uri: CALLBACK,
  };
  const early = await redeem(server.issuer, { ...form, resource: API });
  expect([early.status, early.body['error']]).toEqual([400, 'invalid_target']);
  const { refreshToken } = await newTokens();
  const late = await refresh(server.issuer, WEB, refreshToken, { resource: API });
  expect([late.status, late.body['error']]).toEqual([400, 'invalid_target']);
});

test('with two APIs asked for, each token is for the one that the app names when it redeems or refreshes', async () => {
  const request = requestOf(server.issuer, STOCK_APP, { scope: 'openid items:read stock:count', resource: API });
  const response = await person.request(`${request.url}&resource=${encodeURIComponent(STOCK)}`);
  const form = {
    grant_type: 'authorization_code',
    code: answerAt(response.headers.get('location')).get('code') ?? '',
    code_verifier: request.verifier,
    redirect_uri: CALLBACK,
  };
  const first = await redeem(server.issuer, { ...form, resource: STOCK }, STOCK_APP);
  expect(claimsIn(first.body['access_token'])).toMatchObject({
    aud: [STOCK, userinfoUrl],
    scope: 'openid stock:count',
  });
  const refreshToken = String(first.body['refresh_token']);
  const second = await refresh(server.issuer, STOCK_APP, refreshToken, { resource: API });
  expect(claimsIn(second.body['access_token'])).toMatchObject({ aud: [API, userinfoUrl], scope: 'openid items:read' });

  // Whatever else is asked for, one token never opens two APIs (RFC 9700 section 2.3).
  for (const resource of [[], [STOCK, API], [API, STOCK]]) {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
    for (const each of resource) body.append('resource', each);
    const response = await post(`${server.issuer}/token`, body, { client: STOCK_APP });
    const answer = (await response.json()) as Record<string, unknown>;
    if (answer['error'] === 'invalid_target') continue;
    const each = [API, STOCK].map((api) => [api, userinfoUrl]);
    expect(each).toContainEqual(claimsIn(answer['access_token'])['aud']);
  }
});

test('a refreshed token is for the same API as the first', async () => {
  const { refreshToken } = await newTokens({ scope: 'openid items:read', resource: API });
  const next = tokensOf((await refresh(server.issuer, WEB, refreshToken)).body);
  expect(claimsIn(next.accessToken)).toMatchObject({ aud: [API, userinfoUrl] });
  expect((await userinfo(server.issuer, next.accessToken)).status).toBe(200);
});

test('userinfo answers the token by GET and by POST, in the header or in the form, with the claims of its scopes', async () => {
  const { accessToken, idToken } = await newTokens();
  const expected = {
    sub: claimsIn(idToken)['sub'],
    name: 'Jane Doe',
    email: 'jane@example.test',
    email_verified: true,
    roles: ['vendor'],
  };
  const answers = [
    await userinfo(server.issuer, accessToken),
    await userinfo(server.issuer, accessToken, { method: 'POST' }),
    await post(userinfoUrl, {}, { headers: { authorization: `bearer ${accessToken}` } }),
    await post(userinfoUrl, { access_token: accessToken }),
  ];
  for (const answer of answers) {
    expect(answer.headers.get('cache-control')).toContain('no-store');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await infoOf(answer)).toMatchObject(expected);
  }
  const little = await newTokens({ scope: 'openid' });
  expect(Object.keys(await infoOf(await userinfo(server.issuer, little.accessToken))).sort()).toEqual([
    'groups',
    'roles',
    'sub',
  ]);
});

test('userinfo takes no token from the address, no two at once, and asks for one where there is none', async () => {
  const { accessToken } = await newTokens();
  const inQuery = await fetch(`${userinfoUrl}?access_token=${accessToken}`);
  const twice = await post(
    userinfoUrl,
    { access_token: accessToken },
    { headers: { authorization: `Bearer ${accessToken}` } },
  );
  const none = await fetch(userinfoUrl);
  for (const response of [inQuery, twice, none]) {
    expect([400, 401]).toContain(response.status);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
  }
});

test('userinfo refuses everything that is not an access token for it (T09)', async () => {
  const { accessToken, idToken, refreshToken } = await newTokens();
  const { code } = await authorize(server.issuer, { browser: person });
  const machine = await redeem(server.issuer, { grant_type: 'client_credentials' }, ROBOT);
  const api = await redeem(
    server.issuer,
    { grant_type: 'client_credentials', resource: API, scope: 'items:read' },
    ROBOT,
  );
  const wrong = {
    'an ID token': idToken,
    'a refresh token': refreshToken,
    'a code': code,
    'a service’s token': String(machine.body['access_token']),
    'a service’s token for an API': String(api.body['access_token']),
    'an empty JWT': 'e30.e30.e30',
    'two dots': '..',
    'a word': 'nonsense',
    'a token with a tail': `${accessToken}.x`,
    'a token without its end': accessToken.slice(0, -1),
    'a token without signature': `${accessToken.slice(0, accessToken.lastIndexOf('.'))}.`,
    'a token in capitals': accessToken.toUpperCase(),
    'the name of an object’s member': '__proto__',
  };
  for (const [what, token] of Object.entries(wrong)) await isRefused(await userinfo(server.issuer, token), what);
  expect((await userinfo(server.issuer, accessToken)).status).toBe(200);
});

test('userinfo refuses a token of which one claim was changed, whichever', async () => {
  const { accessToken } = await newTokens({ scope: 'openid' });
  const [header, , signature] = accessToken.split('.');
  const changes: Record<string, unknown> = {
    sub: 'somebody-else',
    scope: 'openid email',
    exp: 4_102_444_800,
    roles: ['gatehouse:admin'],
    client_id: 'ask',
    aud: userinfoUrl,
  };
  for (const [name, value] of Object.entries(changes)) {
    const payload = Buffer.from(JSON.stringify({ ...claimsIn(accessToken), [name]: value })).toString('base64url');
    await isRefused(await userinfo(server.issuer, `${header}.${payload}.${signature}`), name);
  }
});

test('a token is good for five minutes, at userinfo too', async () => {
  const { accessToken } = await newTokens();
  movingClock.advance({ seconds: 290 });
  expect((await userinfo(server.issuer, accessToken)).status).toBe(200);
  movingClock.advance({ seconds: 26 });
  await isRefused(await userinfo(server.issuer, accessToken));
});

test('what our own key has signed for another purpose is no access token either (RFC 8725 section 3.11)', async () => {
  const { accessToken } = await newTokens();
  const key = await ourKey(server);
  const claims = claimsIn(accessToken);
  const header = headerOf(accessToken);
  const sign = (changes: Record<string, unknown>, otherHeader: Record<string, unknown> = {}) =>
    key.sign({ ...header, ...otherHeader }, { ...claims, ...changes });
  // The control: signed again without a change it is as good as the one we were given.
  expect((await userinfo(server.issuer, sign({}))).status).toBe(200);
  const past = Math.floor(movingClock.now().getTime() / 1000) - 60;
  const wrong: Record<string, string> = {
    'type JWT': sign({}, { typ: 'JWT' }),
    'no type': sign({}, { typ: undefined }),
    'type of a logout token': sign({}, { typ: 'logout+jwt' }),
    'PS256 by the same key': sign({}, { alg: 'PS256' }),
    'RS512 by the same key': sign({}, { alg: 'RS512' }),
    'another issuer': sign({ iss: 'https://evil.test' }),
    'no issuer': sign({ iss: undefined }),
    'for the issuer only': sign({ aud: server.issuer }),
    'for an API only': sign({ aud: [API] }),
    'no audience': sign({ aud: undefined }),
    'expired a minute ago': sign({ exp: past }),
    'no end': sign({ exp: undefined }),
    'no identifier': sign({ jti: undefined }),
    'no client': sign({ client_id: undefined }),
    'another client than the grant’s': sign({ client_id: 'ask' }),
    'no grant': sign({ gh_grant: undefined }),
    'a grant that does not exist': sign({ gh_grant: 'x'.repeat(43) }),
    'a grant that is no text': sign({ gh_grant: { $ne: '' } }),
    'a session that does not exist': sign({ gh_session: 'x'.repeat(21) }),
  };
  for (const [what, token] of Object.entries(wrong)) await isRefused(await userinfo(server.issuer, token), what);
});

test('sign-out ends tokens bound to the session at once, and leaves offline ones alone', async () => {
  await server.person({ email: 'leaving@example.test' });
  const bound = await signedIn(server.issuer, { email: 'leaving@example.test' });
  const offline = await signedIn(server.issuer, {
    app: SPA,
    browser: bound.browser,
    params: { scope: 'openid offline_access' },
  });
  await bound.browser.open(`${server.issuer}/session/end?id_token_hint=${bound.tokens.idToken}`);
  await isRefused(await userinfo(server.issuer, bound.tokens.accessToken));
  expect((await userinfo(server.issuer, offline.tokens.accessToken)).status).toBe(200);
});

test('a token of a person whose account was deleted is refused, without a server error', async () => {
  const account = await server.person({ email: 'gone@example.test' });
  const { tokens } = await signedIn(server.issuer, {
    email: 'gone@example.test',
    params: { scope: 'openid offline_access' },
  });
  await removeAccount(server.deps, { accountId: account.id });
  await isRefused(await userinfo(server.issuer, tokens.accessToken));
  expect((await refresh(server.issuer, WEB, tokens.refreshToken)).status).toBe(400);
});

test('no scope is needed for a JWT: an app that asks consent gets the same kind of token', async () => {
  await server.person({ email: 'asked@example.test', roles: ['vendor'] });
  const { tokens } = await signedIn(server.issuer, {
    app: ASK,
    email: 'asked@example.test',
    browser: newBrowser(),
    params: { scope: 'openid' },
  });
  expect(headerOf(tokens.accessToken)).toMatchObject({ typ: 'at+jwt', alg: 'RS256' });
  expect(claimsIn(tokens.accessToken)).toMatchObject({ aud: [server.issuer, userinfoUrl], scope: 'openid' });
});
