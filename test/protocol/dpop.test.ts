// RFC 9449 (DPoP): tokens that only the holder of a key can use.
import { createHash, randomUUID } from 'node:crypto';
import {
  calculateJwkThumbprint,
  exportJWK,
  type GenerateKeyPairResult,
  generateKeyPair,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { claimsIn } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import { type App, authorize, type Params, post, ROBOT, SPA, signedIn, tokensOf, userinfo, WEB } from './apps.ts';

const BOUND: App = { ...WEB, clientId: 'bound' };

interface Holder {
  readonly keys: GenerateKeyPairResult;
  readonly thumbprint: string;
}

let server: TestServer;
let person: Browser;
let mine: Holder;
let theirs: Holder;

beforeAll(async () => {
  const bound = `
client_id: bound
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
dpop_bound_access_tokens: true
`;
  server = await startTestServer({ clients: { bound } });
  await server.person({ email: 'jane@example.test', roles: ['vendor'] });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
  [mine, theirs] = await Promise.all([newHolder(), newHolder()]);
});

afterAll(() => server.stop());

async function newHolder(): Promise<Holder> {
  const keys = await generateKeyPair('ES256');
  return { keys, thumbprint: await calculateJwkThumbprint(await exportJWK(keys.publicKey)) };
}

interface Proof {
  readonly claims?: Record<string, unknown>;
  readonly header?: Partial<JWTHeaderParameters>;
  /** The token that the proof goes with (section 4.2, ath). */
  readonly token?: string;
}

async function proof({ keys }: Holder, method: string, path: string, { claims = {}, header = {}, token }: Proof = {}) {
  const now = Math.floor(movingClock.now().getTime() / 1000);
  const ath = token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') };
  return new SignJWT({ htm: method, htu: `${server.issuer}${path}`, iat: now, jti: randomUUID(), ...ath, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(keys.publicKey), ...header })
    .sign(keys.privateKey);
}

/** A code redeemed with this proof, or none. */
async function redeemed(app: App, dpop: string | undefined, params: Params = {}): Promise<Response> {
  const { code, request } = await authorize(server.issuer, { app, browser: person, params });
  return post(
    `${server.issuer}/token`,
    {
      grant_type: 'authorization_code',
      code,
      code_verifier: request.verifier,
      redirect_uri: app.redirectUri,
      ...(app.secret === undefined ? { client_id: app.clientId } : {}),
    },
    { client: app, headers: dpop === undefined ? {} : { dpop } },
  );
}

async function boundTokens(app: App = WEB, holder = mine) {
  const response = await redeemed(app, await proof(holder, 'POST', '/token'));
  expect(response.status).toBe(200);
  const body = (await response.json()) as Record<string, unknown>;
  expect(body['token_type']).toBe('DPoP');
  return tokensOf(body);
}

const asksUserinfo = (token: string, dpop?: string, scheme = 'DPoP') =>
  fetch(`${server.issuer}/me`, {
    headers: { authorization: `${scheme} ${token}`, ...(dpop === undefined ? {} : { dpop }) },
  });

test('the metadata says which algorithms proofs may have', async () => {
  const metadata = (await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()) as Record<
    string,
    unknown
  >;
  expect(metadata['dpop_signing_alg_values_supported']).toContain('ES256');
});

test('a token asked for with a proof names the key, and works at userinfo with a proof of it', async () => {
  for (const app of [WEB, SPA]) {
    const { accessToken } = await boundTokens(app);
    expect(claimsIn(accessToken)).toMatchObject({ cnf: { jkt: mine.thumbprint }, roles: ['vendor'] });
    const answer = await asksUserinfo(accessToken, await proof(mine, 'GET', '/me', { token: accessToken }));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ email: 'jane@example.test', roles: ['vendor'] });
  }
});

test('a token asked for without a proof is an ordinary one, and stays one', async () => {
  const { tokens } = await signedIn(server.issuer, { browser: person });
  expect(claimsIn(tokens.accessToken)).not.toHaveProperty('cnf');
  expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(200);
});

test('whoever has the token but not the key gets nothing: no proof, another key, a proof for something else', async () => {
  const { accessToken: token } = await boundTokens();
  const other = (await boundTokens()).accessToken;
  const now = Math.floor(movingClock.now().getTime() / 1000);
  const wrong: Record<string, Promise<Response>> = {
    'as a bearer': asksUserinfo(token, undefined, 'Bearer'),
    'as a bearer, with a proof': asksUserinfo(token, await proof(mine, 'GET', '/me', { token }), 'Bearer'),
    'without a proof': asksUserinfo(token),
    'another key': asksUserinfo(token, await proof(theirs, 'GET', '/me', { token })),
    'the right key named, another one used': asksUserinfo(
      token,
      await proof(theirs, 'GET', '/me', { token, header: { jwk: await exportJWK(mine.keys.publicKey) } }),
    ),
    'a proof for another token': asksUserinfo(token, await proof(mine, 'GET', '/me', { token: other })),
    'a proof for no token': asksUserinfo(token, await proof(mine, 'GET', '/me')),
    'a proof for another method': asksUserinfo(token, await proof(mine, 'POST', '/me', { token })),
    'a proof for another address': asksUserinfo(token, await proof(mine, 'GET', '/token', { token })),
    'a proof for another host': asksUserinfo(
      token,
      await proof(mine, 'GET', '/me', { token, claims: { htu: 'http://evil.test/me' } }),
    ),
    'an old proof': asksUserinfo(token, await proof(mine, 'GET', '/me', { token, claims: { iat: now - 3600 } })),
    'a proof of tomorrow': asksUserinfo(token, await proof(mine, 'GET', '/me', { token, claims: { iat: now + 3600 } })),
    'a proof without identifier': asksUserinfo(
      token,
      await proof(mine, 'GET', '/me', { token, claims: { jti: undefined } }),
    ),
    'a JWT of another type': asksUserinfo(token, await proof(mine, 'GET', '/me', { token, header: { typ: 'JWT' } })),
    'no JWT': asksUserinfo(token, 'nonsense'),
  };
  for (const [what, answer] of Object.entries(wrong)) {
    const response = await answer;
    expect([400, 401], what).toContain(response.status);
    expect(response.headers.get('www-authenticate'), what).toContain('DPoP');
    expect(await response.text(), what).not.toContain('jane@example.test');
  }
});

test('a proof works once, at userinfo and at the token endpoint', async () => {
  const { accessToken: token } = await boundTokens();
  const used = await proof(mine, 'GET', '/me', { token });
  expect((await asksUserinfo(token, used)).status).toBe(200);
  expect((await asksUserinfo(token, used)).status).toBe(401);

  const usedAtToken = await proof(mine, 'POST', '/token');
  expect((await redeemed(WEB, usedAtToken)).status).toBe(200);
  expect((await redeemed(WEB, usedAtToken)).status).toBe(400);
});

test('of 20 requests at once with one proof exactly one is answered', async () => {
  const { accessToken: token } = await boundTokens();
  const once = await proof(mine, 'GET', '/me', { token });
  const answers = await Promise.all(Array.from({ length: 20 }, () => asksUserinfo(token, once)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
});

test('a wrong proof at the token endpoint is refused, and is not taken for none', async () => {
  const now = Math.floor(movingClock.now().getTime() / 1000);
  const wrong = {
    'for another method': await proof(mine, 'GET', '/token'),
    'for another address': await proof(mine, 'POST', '/me'),
    'for another host': await proof(mine, 'POST', '/token', { claims: { htu: 'https://evil.test/token' } }),
    'of an hour ago': await proof(mine, 'POST', '/token', { claims: { iat: now - 3600 } }),
    'signed by another key': await proof(theirs, 'POST', '/token', {
      header: { jwk: await exportJWK(mine.keys.publicKey) },
    }),
    'without a key': await proof(mine, 'POST', '/token', { header: { jwk: undefined as never } }),
    'of another type': await proof(mine, 'POST', '/token', { header: { typ: 'JWT' } }),
    'no JWT': 'nonsense',
  };
  for (const [what, dpop] of Object.entries(wrong)) {
    const response = await redeemed(WEB, dpop);
    expect(response.status, what).toBe(400);
    expect(await response.json(), what).not.toHaveProperty('access_token');
  }
});

test('a refresh token of a public client is bound to the key too', async () => {
  const tokens = await boundTokens(SPA);
  const refreshes = async (dpop: string | undefined) =>
    post(
      `${server.issuer}/token`,
      { grant_type: 'refresh_token', refresh_token: tokens.refreshToken, client_id: 'spa' },
      { headers: dpop === undefined ? {} : { dpop } },
    );
  expect((await refreshes(undefined)).status).toBe(400);
  expect((await refreshes(await proof(theirs, 'POST', '/token'))).status).toBe(400);
  const own = await refreshes(await proof(mine, 'POST', '/token'));
  expect(own.status).toBe(200);
  const next = tokensOf((await own.json()) as Record<string, unknown>);
  expect(claimsIn(next.accessToken)).toMatchObject({ cnf: { jkt: mine.thumbprint } });
});

test('a service gets a bound token by a proof as well', async () => {
  const response = await post(
    `${server.issuer}/token`,
    { grant_type: 'client_credentials' },
    { client: ROBOT, headers: { dpop: await proof(mine, 'POST', '/token') } },
  );
  const body = (await response.json()) as Record<string, unknown>;
  expect(body['token_type']).toBe('DPoP');
  expect(claimsIn(body['access_token'])).toMatchObject({ cnf: { jkt: mine.thumbprint } });
});

test('a client whose file demands bound tokens gets none without a proof, at redemption and at refresh', async () => {
  const without = await redeemed(BOUND, undefined);
  expect(without.status).toBe(400);
  const tokens = await boundTokens(BOUND);
  const refreshes = async (headers: Record<string, string>) =>
    post(
      `${server.issuer}/token`,
      { grant_type: 'refresh_token', refresh_token: tokens.refreshToken },
      { client: BOUND, headers },
    );
  expect((await refreshes({})).status).toBe(400);
  const next = await refreshes({ dpop: await proof(mine, 'POST', '/token') });
  expect(next.status).toBe(200);
  expect(((await next.json()) as Record<string, unknown>)['token_type']).toBe('DPoP');
});

test('a request can be bound to a key from the start: a code asked for with dpop_jkt needs that key (section 10)', async () => {
  const bound = { dpop_jkt: mine.thumbprint };
  expect((await redeemed(WEB, undefined, bound)).status).toBe(400);
  expect((await redeemed(WEB, await proof(theirs, 'POST', '/token'), bound)).status).toBe(400);
  expect((await redeemed(WEB, await proof(mine, 'POST', '/token'), bound)).status).toBe(200);
});
