// RFC 6749 section 4.1.3, RFC 7636 (PKCE), RFC 9700 sections 2.1.1, 4.2.4 and 4.8: a code is worth one redemption, by the
// client that asked for it and can prove it.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { problemsOf } from '../support/config-files.ts';
import { movingClock } from '../support/moving-clock.ts';
import { claimsIn, redeemCode } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import {
  type App,
  ASK,
  answerAt,
  authorize,
  NATIVE,
  type Params,
  post,
  redeemFor,
  refresh,
  requestOf,
  SPA,
  tokensOf,
  userinfo,
  WEB,
} from './apps.ts';

const LENIENT: App = { ...WEB, clientId: 'lenient' };

let server: TestServer;
let person: Browser;

beforeAll(async () => {
  const lenient = `
client_id: lenient
preset: web
redirect_uris: ["${CALLBACK}", "https://app.example.test/other"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
require_pkce: false
`;
  server = await startTestServer({ clients: { lenient } });
  await server.person({ email: 'jane@example.test', roles: ['vendor'] });
  await server.person({ email: 'joe@example.test' });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

const newCode = (app: App = WEB, params: Params = {}) => authorize(server.issuer, { app, params, browser: person });

const withVerifier = (app: App, code: string, verifier: string | undefined, redirectUri = app.redirectUri) =>
  post(
    `${server.issuer}/token`,
    {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      ...(verifier === undefined ? {} : { code_verifier: verifier }),
      ...(app.secret === undefined ? { client_id: app.clientId } : {}),
    },
    { client: app },
  );

const refusal = async (response: Response) => {
  const { error, ...rest } = (await response.json()) as Record<string, unknown>;
  expect(rest).not.toHaveProperty('access_token');
  return [response.status, error];
};

const NATIVE_APP = { ...NATIVE, redirectUri: 'com.example.app:/callback' };

test.each([
  ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }],
  ['a method without a challenge', { code_challenge: undefined }],
  ['a challenge without a method, which would be plain', { code_challenge_method: undefined }],
  ['the method plain', { code_challenge_method: 'plain' }],
  ['the method s256', { code_challenge_method: 's256' }],
  ['the method none', { code_challenge_method: 'none' }],
  ['an empty challenge', { code_challenge: '' }],
  ['a challenge of 42 characters', { code_challenge: 'a'.repeat(42) }],
  ['a challenge of 129 characters', { code_challenge: 'a'.repeat(129) }],
  ['a challenge with characters that are not base64url', { code_challenge: `${'a'.repeat(42)}+` }],
])('a request with %s is sent back as invalid, whatever the client (T04)', async (_what, params) => {
  for (const app of [WEB, SPA, NATIVE_APP]) {
    const response = await person.request(requestOf(server.issuer, app, params).url);
    const answer = answerAt(response.headers.get('location'));
    expect(answer.get('error')).toBe('invalid_request');
    expect(answer.has('code')).toBe(false);
  }
});

test('a code is refused without the verifier, with a wrong one, and with one of a wrong length, and is not burnt', async () => {
  const { code, request } = await newCode(SPA);
  const wrong = [undefined, 'a'.repeat(43), request.verifier.slice(0, 42), `${request.verifier}${'a'.repeat(90)}`, ''];
  wrong.push(createHash('sha256').update(request.verifier).digest('base64url'), `${request.verifier} `);
  for (const verifier of wrong) {
    expect(await refusal(await withVerifier(SPA, code, verifier))).toEqual([
      400,
      expect.stringMatching(/^invalid_(grant|request)$/),
    ]);
  }
  expect((await redeemFor(server.issuer, SPA, { code, request })).status).toBe(200);
});

test.each([43, 128])('a verifier of %d characters, of every kind that is allowed, is accepted', async (length) => {
  const verifier = 'aZ09-._~'.repeat(16).slice(0, length);
  const { code } = await newCode(WEB, { code_challenge: createHash('sha256').update(verifier).digest('base64url') });
  expect((await withVerifier(WEB, code, verifier)).status).toBe(200);
});

test.each([42, 129])('a verifier of %d characters is refused even if the challenge was made of it', async (length) => {
  const verifier = 'a'.repeat(length);
  const { code } = await newCode(WEB, { code_challenge: createHash('sha256').update(verifier).digest('base64url') });
  expect((await refusal(await withVerifier(WEB, code, verifier)))[0]).toBe(400);
});

test('a confidential client whose file says so may do without PKCE, but not half of it', async () => {
  const none: Params = { code_challenge: undefined, code_challenge_method: undefined };
  const plain = await newCode(LENIENT, none);
  expect((await withVerifier(LENIENT, plain.code, undefined)).status).toBe(200);

  const injected = await newCode(LENIENT, none);
  expect(await refusal(await withVerifier(LENIENT, injected.code, 'a'.repeat(43)))).toEqual([400, 'invalid_grant']);

  const bound = await newCode(LENIENT);
  expect(await refusal(await withVerifier(LENIENT, bound.code, undefined))).toEqual([400, 'invalid_grant']);
  expect(await refusal(await withVerifier(LENIENT, bound.code, 'a'.repeat(43)))).toEqual([400, 'invalid_grant']);
  expect((await withVerifier(LENIENT, bound.code, bound.request.verifier)).status).toBe(200);

  const downgraded = await person.request(requestOf(server.issuer, LENIENT, { code_challenge_method: 'plain' }).url);
  expect(answerAt(downgraded.headers.get('location')).get('error')).toBe('invalid_request');
});

test.each([
  ['spa', 'https://spa.example.test/callback'],
  ['native', 'com.example.app:/callback'],
])('no file can free a public client (%s) of PKCE', (preset, uri) => {
  const file = (requirePkce: boolean) =>
    `client_id: app\npreset: ${preset}\nredirect_uris: ["${uri}"]\nrequire_pkce: ${requirePkce}\n`;
  const files = (requirePkce: boolean) => ({
    'config/gatehouse.yaml': 'mfa: optional\n',
    'config/clients/app.yaml': file(requirePkce),
  });
  expect(problemsOf(files(false)).map(({ path }) => path)).toEqual(['require_pkce']);
  expect(problemsOf(files(true))).toEqual([]);
});

test('a code that comes a second time is refused, and everything it was exchanged for is dead (T05)', async () => {
  for (const app of [WEB, SPA]) {
    const authorized = await newCode(app);
    const first = await redeemFor(server.issuer, app, authorized);
    expect(first.status).toBe(200);
    const { accessToken, refreshToken } = tokensOf(first.body);
    expect((await userinfo(server.issuer, accessToken)).status).toBe(200);

    const second = await redeemFor(server.issuer, app, authorized);
    expect([second.status, second.body['error']]).toEqual([400, 'invalid_grant']);
    const after = await refresh(server.issuer, app, refreshToken);
    expect([after.status, after.body['error']]).toEqual([400, 'invalid_grant']);
    expect((await userinfo(server.issuer, accessToken)).status).toBe(401);
    expect((await redeemFor(server.issuer, app, authorized)).status).toBe(400);
  }
});

test('a code redeemed twice by spelling the endpoint differently is replayed all the same', async () => {
  const authorized = await newCode();
  const form = {
    grant_type: 'authorization_code',
    code: authorized.code,
    redirect_uri: WEB.redirectUri,
    code_verifier: authorized.request.verifier,
  };
  const spellings = ['/token', '/TOKEN', '/token/', '/Token/', '/token?x=1'];
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => post(`${server.issuer}${spellings[i % 5]}`, form, { client: WEB })),
  );
  const accepted = answers.filter((answer) => answer.status === 200);
  expect(accepted).toHaveLength(1);
  expect(answers.filter((answer) => answer.status === 400)).toHaveLength(19);
  const tokens = tokensOf((await accepted[0]?.json()) as Record<string, unknown>);
  expect((await refresh(server.issuer, WEB, tokens.refreshToken)).status).toBe(400);
  expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(401);
});

test('another client’s code is refused though its verifier is known, and its own client can still redeem it (T06)', async () => {
  const authorized = await newCode(SPA);
  for (const thief of [WEB, ASK, LENIENT, NATIVE_APP]) {
    for (const redirectUri of [SPA.redirectUri, thief.redirectUri]) {
      const stolen = await withVerifier(thief, authorized.code, authorized.request.verifier, redirectUri);
      expect(await refusal(stolen)).toEqual([400, 'invalid_grant']);
    }
  }
  const own = await redeemFor(server.issuer, SPA, authorized);
  expect(own.status).toBe(200);
  expect((await userinfo(server.issuer, tokensOf(own.body).accessToken)).status).toBe(200);
});

test('a code is bound to the address it was sent to: another one, none, or a second spelling is refused', async () => {
  const { code, request } = await newCode(LENIENT);
  for (const redirectUri of ['https://app.example.test/other', `${CALLBACK}/`, `${CALLBACK}?x`, 'https://evil.test/']) {
    const answer = await redeemCode(server.issuer, { code, verifier: request.verifier, redirectUri }, LENIENT);
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant']);
  }
  const without = await post(
    `${server.issuer}/token`,
    { grant_type: 'authorization_code', code, code_verifier: request.verifier },
    { client: LENIENT },
  );
  expect((await refusal(without))[0]).toBe(400);
  expect((await redeemFor(server.issuer, LENIENT, { code, request })).status).toBe(200);
});

test('a code with anything left out, added or changed is no code (T10)', async () => {
  const { code, request } = await newCode();
  const flipped = (index: number) => code.slice(0, index) + (code[index] === 'A' ? 'B' : 'A') + code.slice(index + 1);
  const near = [
    ...Array.from({ length: code.length }, (_, length) => code.slice(0, length)),
    ...Array.from({ length: code.length }, (_, index) => flipped(index)),
    code.toUpperCase(),
    code.toLowerCase(),
    ` ${code}`,
    `${code} `,
    `${code}\n`,
    `${code}.`,
    `${code}${code}`,
  ].filter((candidate) => candidate !== code);
  expect(near.length).toBeGreaterThan(80);
  for (const candidate of near) {
    expect((await refusal(await withVerifier(WEB, candidate, request.verifier)))[0], candidate).toBe(400);
  }
  expect((await redeemFor(server.issuer, WEB, { code, request })).status).toBe(200);
});

test('a code lives for a minute, whoever’s clock is a little off', async () => {
  const [early, late] = [await newCode(), await newCode()];
  movingClock.advance({ seconds: 55 });
  expect((await redeemFor(server.issuer, WEB, early)).status).toBe(200);
  movingClock.advance({ seconds: 21 });
  const expired = await redeemFor(server.issuer, WEB, late);
  expect([expired.status, expired.body['error']]).toEqual([400, 'invalid_grant']);
});

test('the answer with tokens is a bearer answer that nobody may keep (RFC 6749 section 5.1)', async () => {
  const { code, request } = await newCode();
  const response = await withVerifier(WEB, code, request.verifier);
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toContain('no-store');
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(response.headers.get('set-cookie')).toBeNull();
  const body = (await response.json()) as Record<string, unknown>;
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'openid profile email roles' });
  for (const name of ['access_token', 'id_token', 'refresh_token']) expect(body[name]).toEqual(expect.any(String));
});

test('the ID token names issuer, client, person and times, and is for this client only (OpenID Connect Core section 2)', async () => {
  const authorized = await newCode();
  const { idToken } = tokensOf((await redeemFor(server.issuer, WEB, authorized)).body);
  const claims = claimsIn(idToken);
  expect(claims).toMatchObject({
    iss: server.issuer,
    aud: 'web',
    acr: 'pwd',
    amr: ['pwd'],
    nonce: authorized.request.nonce,
  });
  expect(Number(claims['exp']) - Number(claims['iat'])).toBe(600);
  expect(Number(claims['auth_time'])).toBeLessThanOrEqual(Number(claims['iat']));
});

test('a code injected into another person’s sign-in is refused, since that sign-in has another verifier', async () => {
  const mine = await newCode();
  const theirs = await authorize(server.issuer, { email: 'joe@example.test' });
  const injected = await redeemCode(
    server.issuer,
    { code: mine.code, verifier: theirs.request.verifier, redirectUri: CALLBACK },
    WEB,
  );
  expect([injected.status, injected.body['error']]).toEqual([400, 'invalid_grant']);
});
