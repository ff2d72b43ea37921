// `gatehouse explain` tells what went wrong, for every mistake that apps make, and nothing secret is kept to do so.

import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { noteClients } from '../../src/clients/live/known-clients.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { keepHouse } from '../../src/server/housekeeping.ts';
import { answerOf, failureOf, gatehouse, type Place } from '../cli/command-line.ts';
import { postgresAvailable } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { throughProxy } from '../support/proxy.ts';
import { basic, newBrowser, signsIn } from '../support/sign-in.ts';
import {
  API,
  CALLBACK,
  CLIENTS,
  RESOURCES,
  startTestServer,
  type TestServer,
  WEB_SECRET,
} from '../support/start-server.ts';
import { databaseAsText } from '../support/visits.ts';
import {
  answerAt,
  authorize,
  post,
  ROBOT,
  redeemFor,
  refresh,
  requestOf,
  SPA,
  signedIn,
  userinfo,
  WEB,
} from './apps.ts';
import { REFERENCE, referenceAtEnd, referencesKept } from './references.ts';

const OLD_SECRET = 'an-older-secret-of-the-web-app-with-enough-characters';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Whatever must not be kept has this in it. */
const MARK = 'Marten-Beryl-2236';

let server: TestServer;
let place: Place;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'signing', alg: 'ES256', use: 'sig' };
  server = await startTestServer({
    clients: {
      rotating: `client_id: rotating\npreset: service\nclient_secrets:\n  - { value: "${OLD_SECRET}", expires: 2026-01-02T00:00:00Z }\n  - { value: "${WEB_SECRET}" }\n`,
      poster: `client_id: poster\npreset: service\ntoken_endpoint_auth_method: client_secret_post\nclient_secrets: [{ value: "${WEB_SECRET}" }]\n`,
      signer: `client_id: signer\npreset: service\ntoken_endpoint_auth_method: private_key_jwt\njwks: { keys: [${JSON.stringify(jwk)}] }\n`,
      small: `client_id: small\npreset: spa\nredirect_uris:\n  - "${SPA.redirectUri}"\nscope: openid\nconsent: skip\n`,
      pushing: `client_id: pushing\npreset: web\nredirect_uris: ["${CALLBACK}"]\nrequire_pushed_authorization_requests: true\nclient_secrets: [{ value: "${WEB_SECRET}" }]\n`,
      staff: `client_id: staff\npreset: web\nredirect_uris: ["${CALLBACK}"]\nclient_secrets: [{ value: "${WEB_SECRET}" }]\naccess: { require_any_role: [staff] }\n`,
      bound: `client_id: bound\npreset: service\ndpop_bound_access_tokens: true\nclient_secrets: [{ value: "${WEB_SECRET}" }]\n`,
    },
  });
  place = {
    cwd: server.configDir,
    env: {
      GATEHOUSE_MODE: 'development',
      GATEHOUSE_CONFIG_DIR: server.configDir,
      GATEHOUSE_DATA_DIR: server.dataDir,
      GATEHOUSE_ISSUER: server.issuer,
    },
  };
  await server.person({ email: 'ada@example.test' });
});

beforeEach(() => movingClock.advance({ minutes: 1 }));

afterAll(() => server.stop());

const at = (address: string): string => `${server.issuer}${address}`;

async function explained(reference: string): Promise<Record<string, unknown>> {
  await server.recorder.idle();
  return answerOf(place, ['explain', reference]);
}

/** The reference at the end of a JSON answer's description. */
async function ofJson(response: Response | Promise<Response>): Promise<string> {
  const body = (await (await response).json()) as Record<string, unknown>;
  return referenceAtEnd(body['error_description']);
}

/** The reference of an error that went back to the app. */
async function ofRedirect(url: string): Promise<string> {
  const response = await newBrowser().request(url);
  return referenceAtEnd(answerAt(response.headers.get('location')).get('error_description'));
}

async function ofPage(url: string): Promise<string> {
  const browser = await newBrowser().open(url);
  const codes = browser.document.querySelectorAll('.reference code').map((code) => code.textContent);
  return codes.find((code) => REFERENCE.test(code)) ?? '';
}

const acrClaim = (value: string): string => JSON.stringify({ id_token: { acr: { essential: true, value } } });

const token = (form: Record<string, string>, client?: { clientId: string; secret?: string }): Promise<string> =>
  ofJson(post(at('/token'), form, client === undefined ? {} : { client }));

const ROBOTS = { grant_type: 'client_credentials' };

async function assertion(
  claims: JWTPayload = {},
  header: { alg?: string; kid?: string } = {},
  key = keys.privateKey,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: 'signer',
    sub: 'signer',
    aud: server.issuer,
    jti: `${Math.random()}`,
    exp: now + 60,
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'signing', ...header })
    .sign(key);
}

const signed = async (jwt: string | Promise<string>): Promise<string> =>
  token({ ...ROBOTS, client_assertion: await jwt, client_assertion_type: ASSERTION });

async function proof(claims: JWTPayload = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ htm: 'POST', htu: at('/token'), iat: now, jti: `${Math.random()}`, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(keys.publicKey) })
    .sign(keys.privateKey);
}

const proven = async (claims: JWTPayload): Promise<string> =>
  ofJson(
    post(at('/token'), ROBOTS, {
      client: { clientId: 'bound', secret: WEB_SECRET },
      headers: { dpop: await proof(claims) },
    }),
  );

const ada = { email: 'ada@example.test' };

type Mistake = readonly [name: string, make: () => Promise<string>, expected: Record<string, unknown>];

const mistakes: readonly Mistake[] = [
  [
    'a redirect_uri with a slash too many',
    () => ofPage(requestOf(server.issuer, WEB, { redirect_uri: `${CALLBACK}/` }).url),
    {
      case: 'redirect_uri.unregistered',
      received: `${CALLBACK}/`,
      expected: [CALLBACK],
      differences: ['trailing_slash'],
      file: 'clients/web.yaml',
      line: 5,
      key: 'redirect_uris',
      yaml: `redirect_uris:\n  - "${CALLBACK}"\n  - "${CALLBACK}/"`,
    },
  ],
  [
    'a redirect_uri with http, another port and other capitals',
    () => ofPage(requestOf(server.issuer, WEB, { redirect_uri: 'http://app.example.test:8443/Callback' }).url),
    { case: 'redirect_uri.unregistered', differences: ['scheme', 'port', 'case'] },
  ],
  [
    'a redirect_uri with something invisible at its end',
    () => ofPage(requestOf(server.issuer, WEB, { redirect_uri: `${CALLBACK}/\u200b` }).url),
    { case: 'redirect_uri.unregistered', differences: ['invisible', 'trailing_slash'], yaml: null },
  ],
  [
    'a redirect_uri of a pushed request',
    () =>
      ofJson(
        post(
          at('/request'),
          { client_id: 'web', response_type: 'code', redirect_uri: 'https://app.example.test/call%62ack' },
          { client: WEB },
        ),
      ),
    { case: 'redirect_uri.unregistered', differences: ['encoding'] },
  ],
  [
    'a redirect_uri of a client that has none',
    () => ofPage(requestOf(server.issuer, { ...WEB, clientId: 'robot' }).url),
    { case: 'redirect_uri.none_registered', client_id: 'robot' },
  ],
  [
    'another redirect_uri at the token endpoint',
    async () => {
      const authorized = await authorize(server.issuer, ada);
      const { body } = await redeemFor(server.issuer, WEB, authorized, { redirectUri: `${CALLBACK}?x=1` });
      return referenceAtEnd(body['error_description']);
    },
    { case: 'redirect_uri.at_token', received: `${CALLBACK}?x=***`, expected: [CALLBACK] },
  ],
  [
    'a post_logout_redirect_uri that is not registered',
    () => ofPage(at('/session/end?client_id=web&post_logout_redirect_uri=https%3A%2F%2Fapp.example.test')),
    {
      case: 'post_logout_redirect_uri.unregistered',
      received: 'https://app.example.test',
      expected: ['https://app.example.test/'],
      differences: ['trailing_slash'],
      line: 6,
    },
  ],
  [
    'an unknown client',
    () => ofPage(requestOf(server.issuer, WEB, { client_id: 'wep' }).url),
    { case: 'client.unknown', received: 'wep', expected: ['web'] },
  ],
  [
    'an unknown client at the token endpoint',
    () => token(ROBOTS, { clientId: 'robbot', secret: 'x' }),
    { case: 'client.unknown', expected: ['robot'] },
  ],
  [
    'a request without PKCE',
    () =>
      ofRedirect(requestOf(server.issuer, WEB, { code_challenge: undefined, code_challenge_method: undefined }).url),
    { case: 'pkce.missing', file: 'clients/web.yaml' },
  ],
  [
    'PKCE by plain',
    () => ofRedirect(requestOf(server.issuer, WEB, { code_challenge_method: 'plain' }).url),
    { case: 'pkce.method', received: 'plain', expected: ['S256'] },
  ],
  [
    'PKCE without a method',
    () => ofRedirect(requestOf(server.issuer, WEB, { code_challenge_method: undefined }).url),
    { case: 'pkce.method_missing' },
  ],
  [
    'PKCE without a challenge',
    () => ofRedirect(requestOf(server.issuer, WEB, { code_challenge: undefined }).url),
    { case: 'pkce.challenge_missing' },
  ],
  [
    'a challenge that is too short',
    () => ofRedirect(requestOf(server.issuer, WEB, { code_challenge: 'short' }).url),
    { case: 'pkce.format', wrong: expect.stringContaining('code_challenge is 5 characters') },
  ],
  [
    'a verifier that does not match',
    async () => {
      const { code, request } = await authorize(server.issuer, ada);
      const { body } = await redeemFor(server.issuer, WEB, { code, request: { ...request, verifier: 'x'.repeat(43) } });
      return referenceAtEnd(body['error_description']);
    },
    { case: 'pkce.verifier_mismatch', wrong: expect.stringContaining('43 characters') },
  ],
  [
    'a code without its verifier',
    async () => {
      const { code } = await authorize(server.issuer, ada);
      return token({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK }, WEB);
    },
    { case: 'pkce.verifier_missing' },
  ],
  [
    'a scope that the file does not allow',
    () => ofRedirect(requestOf(server.issuer, SPA, { client_id: 'small', scope: 'openid email roles' }).url),
    {
      case: 'scope.not_allowed',
      received: 'email roles',
      expected: ['openid'],
      file: 'clients/small.yaml',
      line: 5,
      yaml: 'scope: openid email roles',
    },
  ],
  [
    'a scope with a line break',
    () => ofRedirect(requestOf(server.issuer, WEB, { scope: 'openid\nemail' }).url),
    { case: 'scope.malformed' },
  ],
  [
    'a scope without end',
    () => ofRedirect(requestOf(server.issuer, WEB, { scope: `openid ${'email '.repeat(400)}` }).url),
    { case: 'scope.too_long' },
  ],
  [
    'an API that nobody described',
    () => token({ ...ROBOTS, resource: `${API}s` }, ROBOT),
    { case: 'resource.unknown', received: `${API}s`, expected: [API] },
  ],
  [
    'an API that the client may not use',
    () => ofRedirect(requestOf(server.issuer, SPA, { resource: API }).url),
    { case: 'resource.not_allowed', received: API, yaml: `resources:\n  "${API}": []` },
  ],
  [
    'the API of the server itself, which the file of a service does not name',
    () => token({ ...ROBOTS, resource: `${server.issuer}/api/v1` }, ROBOT),
    {
      case: 'resource.not_allowed',
      received: expect.stringMatching(/\/api\/v1$/),
      yaml: `resources:\n  "${API}": ["items:read"]\n  "gatehouse": []`,
    },
  ],
  [
    'another API than the refresh token is for',
    async () => {
      const { tokens } = await signedIn(server.issuer, {
        email: ada.email,
        params: { scope: 'openid offline_access', resource: server.issuer },
      });
      const answer = await refresh(server.issuer, WEB, tokens.refreshToken, { resource: API });
      return referenceAtEnd(answer.body['error_description']);
    },
    { case: 'resource.not_granted', received: API, yaml: null, since: null },
  ],
  ['an API by a word', () => token({ ...ROBOTS, resource: 'items' }, ROBOT), { case: 'resource.malformed' }],
  [
    'a wrong secret',
    () => token(ROBOTS, { ...ROBOT, secret: 'wrong'.repeat(8) }),
    { case: 'authentication.secret', file: 'clients/robot.yaml', line: 5, key: 'client_secrets' },
  ],
  [
    'a secret that has expired',
    () => token(ROBOTS, { clientId: 'rotating', secret: OLD_SECRET }),
    { case: 'authentication.secret_expired', wrong: expect.stringContaining('2026-01-02') },
  ],
  ['no credentials at all', () => token(ROBOTS), { case: 'authentication.missing' }],
  [
    'no credentials but a client_id',
    () => token({ ...ROBOTS, client_id: 'robot' }),
    { case: 'authentication.missing', expected: ['client_secret_basic'] },
  ],
  [
    'a secret of a public client',
    () => token(ROBOTS, { clientId: 'spa', secret: 'x'.repeat(40) }),
    { case: 'authentication.public', received: 'client_secret_basic', expected: ['none'] },
  ],
  [
    'a secret where keys are registered',
    () => token(ROBOTS, { clientId: 'signer', secret: 'x'.repeat(40) }),
    {
      case: 'authentication.method',
      expected: ['private_key_jwt'],
      yaml: 'token_endpoint_auth_method: client_secret_basic',
    },
  ],
  ['two ways at once', () => token({ ...ROBOTS, client_secret: 'x' }, ROBOT), { case: 'authentication.several' }],
  [
    'a broken Authorization header',
    () => ofJson(post(at('/token'), ROBOTS, { headers: { authorization: 'Basic !' } })),
    { case: 'authentication.malformed' },
  ],
  [
    'an assertion for somebody else',
    () => signed(assertion({ aud: 'https://other.example' })),
    {
      case: 'assertion.audience',
      received: 'https://other.example',
      expected: [expect.stringContaining('http://localhost')],
    },
  ],
  [
    'an assertion that has expired',
    () => signed(assertion({ exp: Math.floor(Date.now() / 1000) - 90 })),
    { case: 'assertion.expired', wrong: expect.stringMatching(/9\d seconds/) },
  ],
  [
    'an assertion that is good for a day',
    () => signed(assertion({ exp: Math.floor(Date.now() / 1000) + 86_400 })),
    { case: 'assertion.lifetime' },
  ],
  [
    'an assertion by somebody else',
    () => signed(assertion({ iss: 'somebody' })),
    { case: 'assertion.issuer', received: 'somebody', expected: ['signer'] },
  ],
  ['an assertion without jti', () => signed(assertion({ jti: '' })), { case: 'assertion.claims' }],
  [
    'an assertion by another key',
    async () => signed(assertion({}, { kid: 'other' }, (await generateKeyPair('ES256')).privateKey)),
    { case: 'assertion.signature', received: 'other', expected: ['signing'], key: 'jwks' },
  ],
  [
    'an assertion a second time',
    async () => {
      const once = await assertion();
      await post(at('/token'), { ...ROBOTS, client_assertion: once, client_assertion_type: ASSERTION });
      return signed(once);
    },
    { case: 'assertion.replayed' },
  ],
  [
    'a grant type that the file does not allow',
    () => token(ROBOTS, WEB),
    {
      case: 'grant_type.not_allowed',
      received: 'client_credentials',
      yaml: 'grant_types: [authorization_code, refresh_token, client_credentials]',
    },
  ],
  [
    'a grant type that there is not',
    () => token({ grant_type: 'password' }, WEB),
    { case: 'grant_type.unsupported', received: 'password' },
  ],
  [
    'a code that nobody issued',
    () =>
      token(
        { grant_type: 'authorization_code', code: 'x', redirect_uri: CALLBACK, code_verifier: 'x'.repeat(43) },
        WEB,
      ),
    { case: 'code.unknown' },
  ],
  [
    'a code that has expired',
    async () => {
      const authorized = await authorize(server.issuer, ada);
      movingClock.advance({ seconds: 72 });
      return referenceAtEnd((await redeemFor(server.issuer, WEB, authorized)).body['error_description']);
    },
    { case: 'code.expired', wrong: expect.stringMatching(/expired 1[0-9] seconds/) },
  ],
  [
    'a code a second time',
    async () => {
      const authorized = await authorize(server.issuer, ada);
      await redeemFor(server.issuer, WEB, authorized);
      return referenceAtEnd((await redeemFor(server.issuer, WEB, authorized)).body['error_description']);
    },
    { case: 'code.used' },
  ],
  [
    'a code of another client',
    async () => {
      const authorized = await authorize(server.issuer, ada);
      return referenceAtEnd(
        (await redeemFor(server.issuer, { ...WEB, clientId: 'ask' }, authorized)).body['error_description'],
      );
    },
    { case: 'code.other_client', received: 'ask', expected: ['web'] },
  ],
  [
    'a refresh token that nobody issued',
    () => token({ grant_type: 'refresh_token', refresh_token: 'x' }, WEB),
    { case: 'refresh_token.unknown' },
  ],
  [
    'a refresh token that was replaced',
    async () => {
      const { tokens } = await signedIn(server.issuer, {
        ...ada,
        app: SPA,
        params: { scope: 'openid offline_access' },
      });
      await refresh(server.issuer, SPA, tokens.refreshToken);
      return referenceAtEnd((await refresh(server.issuer, SPA, tokens.refreshToken)).body['error_description']);
    },
    { case: 'refresh_token.used' },
  ],
  [
    'a refresh that asks for more',
    async () => {
      const { tokens } = await signedIn(server.issuer, { ...ada, params: { scope: 'openid' } });
      const { body } = await refresh(server.issuer, WEB, tokens.refreshToken, { scope: 'openid email' });
      return referenceAtEnd(body['error_description']);
    },
    { case: 'scope.not_granted' },
  ],
  [
    'a token request without a DPoP proof',
    () => token(ROBOTS, { clientId: 'bound', secret: WEB_SECRET }),
    { case: 'dpop.missing', key: 'dpop_bound_access_tokens', line: 3 },
  ],
  [
    'a DPoP proof for another address',
    () => proven({ htu: 'https://other.example/token' }),
    { case: 'dpop.address', received: 'https://other.example/token', expected: [expect.stringMatching(/\/token$/)] },
  ],
  [
    'a DPoP proof for another method',
    () => proven({ htm: 'GET' }),
    { case: 'dpop.method', received: 'GET', expected: ['POST'] },
  ],
  ['an old DPoP proof', () => proven({ iat: 1 }), { case: 'dpop.nonce' }],
  [
    'a DPoP proof that is none',
    () =>
      ofJson(post(at('/token'), ROBOTS, { client: { clientId: 'bound', secret: WEB_SECRET }, headers: { dpop: 'x' } })),
    { case: 'dpop.proof' },
  ],
  [
    'a request_uri that is not known',
    () => ofPage(at('/auth?client_id=web&request_uri=urn:ietf:params:oauth:request_uri:gone')),
    { case: 'pushed_request.unknown' },
  ],
  [
    'a request that had to be pushed',
    () => ofRedirect(requestOf(server.issuer, { ...WEB, clientId: 'pushing' }).url),
    { case: 'pushed_request.required', line: 4 },
  ],
  [
    'a request without a response_type',
    () => ofRedirect(requestOf(server.issuer, WEB, { response_type: undefined }).url),
    { case: 'parameter.missing', wrong: expect.stringContaining('response_type') },
  ],
  [
    'a request without a client_id',
    () => ofPage(at('/auth?response_type=code')),
    { case: 'parameter.missing', wrong: expect.stringContaining('client_id') },
  ],
  [
    'a response_type that there is not',
    () => ofRedirect(requestOf(server.issuer, WEB, { response_type: 'token' }).url),
    { case: 'parameter.value', received: 'token', expected: ['code'] },
  ],
  [
    'a parameter that came twice',
    () => ofRedirect(`${requestOf(server.issuer, WEB).url}&scope=openid`),
    { case: 'parameter.repeated', wrong: expect.stringContaining('scope') },
  ],
  ['userinfo without a token', () => ofJson(fetch(at('/me'))), { case: 'access_token.missing' }],
  ['userinfo with a made-up token', () => ofJson(userinfo(server.issuer, 'made-up')), { case: 'access_token.unknown' }],
  [
    'prompt=none of somebody who is not signed in',
    () => ofRedirect(requestOf(server.issuer, WEB, { prompt: 'none' }).url),
    { case: 'normal.sign_in', wrong: expect.stringContaining('Nothing is wrong') },
  ],
  [
    'somebody else than the app named',
    async () => {
      const { browser } = await signedIn(server.issuer, { email: ada.email });
      const claims = '{"id_token":{"sub":{"value":"somebody"}}}';
      const answer = await browser.request(requestOf(server.issuer, WEB, { claims, prompt: 'none' }).url);
      return referenceAtEnd(answerAt(answer.headers.get('location')).get('error_description'));
    },
    { case: 'normal.somebody_else', wrong: expect.stringContaining('not the one whom the app named') },
  ],
  [
    'an essential acr that there is not',
    () => ofRedirect(requestOf(server.issuer, WEB, { claims: acrClaim('gold') }).url),
    { case: 'acr.not_offered', fix: expect.stringContaining('acr_values_supported') },
  ],
  [
    'an essential acr that the sign-in does not have',
    async () => {
      const { browser } = await signedIn(server.issuer, { email: ada.email });
      const { url } = requestOf(server.issuer, WEB, { claims: acrClaim('mfa'), prompt: 'none' });
      const answer = await browser.request(url);
      return referenceAtEnd(answerAt(answer.headers.get('location')).get('error_description'));
    },
    { case: 'normal.acr_unmet' },
  ],
  [
    'a person who pressed Cancel',
    async () => {
      const browser = await newBrowser().open(requestOf(server.issuer, WEB).url);
      await browser.submit({}, 'Cancel');
      return referenceAtEnd(new URL(browser.page.url).searchParams.get('error_description'));
    },
    { case: 'normal.denied', wrong: expect.stringContaining('Nothing is wrong') },
  ],
  ['a sign-in that is over', () => ofPage(at('/auth/gone')), { case: 'sign_in.over' }],
  [
    'a person without the role that the app requires',
    async () => {
      const browser = await newBrowser().open(requestOf(server.issuer, { ...WEB, clientId: 'staff' }).url);
      await signsIn(browser, { identifier: ada.email });
      return browser.document.querySelector('.reference code')?.textContent ?? '';
    },
    { case: 'access.role_missing', client_id: 'staff', expected: ['staff'], file: 'clients/staff.yaml', line: 5 },
  ],
  [
    'a host that a proxy has changed',
    async () => {
      const { port } = new URL(server.issuer);
      const text = await new Promise<string>((resolve, reject) => {
        const headers = { host: 'user:word@inside.example.test' };
        request({ host: '127.0.0.1', port, path: '/token', method: 'POST', headers }, async (answer) => {
          resolve((await answer.toArray()).join(''));
        })
          .on('error', reject)
          .end();
      });
      return /Reference: (\S+)/.exec(text)?.[1] ?? text;
    },
    { case: 'host.foreign', received: 'inside.example.test', expected: [expect.stringMatching(/^localhost:\d+$/)] },
  ],
  [
    'a page that there is not',
    () => ofPage(at('/nowhere')),
    { case: 'page.refused', wrong: expect.stringContaining('404 not_found') },
  ],
];

test.each(mistakes)('%s is explained', async (_, make, expected) => {
  const reference = await make();
  expect(reference).toMatch(REFERENCE);
  const answer = await explained(reference);
  expect(answer).toMatchObject({ reference, ...expected });
  expect(answer['fix']).not.toBe('');
  for (const sentence of [answer['wrong'], answer['fix']]) expect(sentence).not.toMatch(/undefined|\{\w+\}/);
});

describe('what is printed', () => {
  test('marks the characters that differ, and says where and what to write', async () => {
    const reference = await ofPage(
      requestOf(server.issuer, WEB, { redirect_uri: 'http://app.example.test/callback/' }).url,
    );
    await server.recorder.idle();
    const { stdout, exitCode } = await gatehouse(place, ['explain', reference.toLowerCase().replace('-', '')]);
    expect(exitCode).toBe(0);
    const lines = stdout.split('\n');
    const received = lines.findIndex((line) => line.startsWith('received'));
    expect(lines[received]).toBe('received  http://app.example.test/callback/');
    expect(lines[received + 1]).toBe(`${' '.repeat(42)}^`);
    expect(lines[received + 2]).toBe('expected  https://app.example.test/callback');
    expect(lines[received + 3]).toBe(`${' '.repeat(14)}^`);
    expect(stdout).toMatch(/^file\s+clients\/web\.yaml:5 \(redirect_uris\)$/m);
    expect(stdout).toContain('  - "http://app.example.test/callback/"');
    expect(stdout).toContain('only if it is the app’s own');
  });

  test('shows what cannot be seen, and lets nothing move the cursor', async () => {
    const redirect = `https://app.example.test/\u202e\u001b[2J\u200bcallback`;
    const reference = await ofPage(requestOf(server.issuer, WEB, { redirect_uri: redirect }).url);
    await server.recorder.idle();
    const { stdout } = await gatehouse(place, ['explain', reference]);
    expect(stdout).toContain('\\u{202e}\\u{001b}[2J\\u{200b}');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u200b\u202e]/);
  });

  test('what is no reference is a mistake in the command line', async () => {
    expect(await failureOf(place, ['explain', 'nonsense'])).toMatchObject({ exitCode: 2, code: 'usage' });
  });

  test('what nobody knows, and what is older than a week, is not found', async () => {
    expect(await failureOf(place, ['explain', '00000-00000'])).toMatchObject({ exitCode: 1, code: 'not_found' });
    const reference = await ofPage(requestOf(server.issuer, WEB, { client_id: 'wep' }).url);
    await explained(reference);
    // The command asks by the machine's clock, as it does in a process of its own.
    await server.database.db
      .updateTable('error_references')
      .set({ expires_at: new Date(0) })
      .where('reference', '=', reference)
      .execute();
    expect(await failureOf(place, ['explain', reference])).toMatchObject({ exitCode: 1, code: 'not_found' });
  });
});

describe('a client file that has changed since', () => {
  test('is told to have been there, when an app comes whose file is gone', async () => {
    const deps = { db: server.database.db, clock: movingClock };
    const here = [...server.clients.current().keys()];
    await noteClients(deps, [...here, 'old-app']);
    await noteClients(deps, here);
    const reference = await ofPage(requestOf(server.issuer, { ...WEB, clientId: 'old-app' }).url);
    expect(await explained(reference)).toMatchObject({
      case: 'client.unknown',
      since: expect.stringContaining('missing since 20'),
    });
  });

  const file = () => path.join(server.configDir, 'clients', 'small.yaml');

  test('is told as it is now: mended, changed otherwise, broken, gone', async () => {
    const before = readFileSync(file(), 'utf8');
    const sent = 'https://spa.example.test/back';
    const reference = await ofPage(requestOf(server.issuer, SPA, { client_id: 'small', redirect_uri: sent }).url);
    expect(await explained(reference)).toMatchObject({ since: null, line: 3 });

    writeFileSync(file(), `# one line more\n${before.replace('redirect_uris:', `redirect_uris:\n  - "${sent}"`)}`);
    expect(await explained(reference)).toMatchObject({ since: expect.stringContaining('allows it by now'), line: 4 });

    writeFileSync(file(), before.replace(SPA.redirectUri, 'https://spa.example.test/other'));
    expect(await explained(reference)).toMatchObject({ since: expect.stringContaining('/other') });

    writeFileSync(file(), `${before}nonsense: true\n`);
    expect(await explained(reference)).toMatchObject({ since: expect.stringContaining('small.yaml has problems') });

    rmSync(file());
    expect(await explained(reference)).toMatchObject({ since: expect.stringContaining('gone by now') });
    writeFileSync(file(), before);
  });
});

test('nothing secret is kept, whatever went wrong', async () => {
  const mark = (what: string) => `${MARK}-${what}-0123456789-0123456789-0123456789`;
  const challenge = createHash('sha256').update(mark('verifier')).digest('base64url');
  const all = {
    state: mark('state'),
    nonce: mark('nonce'),
    login_hint: mark('hint'),
    id_token_hint: mark('id-token'),
    request: mark('request'),
    password: mark('password'),
  };
  const urls = [
    requestOf(server.issuer, WEB, {
      ...all,
      redirect_uri: `https://user:${mark('user')}@app.example.test/callback?code=${mark('query')}&x=${mark('x')}#${mark('fragment')}`,
    }),
    requestOf(server.issuer, WEB, { ...all, redirect_uri: `not an address?token=${mark('query')}` }),
    requestOf(server.issuer, WEB, { ...all, client_id: 'wep' }),
    requestOf(server.issuer, WEB, { ...all, code_challenge: undefined }),
    requestOf(server.issuer, WEB, { ...all, request: undefined, id_token_hint: mark('id-token') }),
    requestOf(server.issuer, WEB, { ...all, request: undefined, prompt: 'none', id_token_hint: undefined }),
  ];
  for (const { url } of urls) await newBrowser().open(url);
  const secrets = {
    code: mark('code'),
    refresh_token: mark('refresh'),
    code_verifier: mark('verifier'),
    redirect_uri: CALLBACK,
  };
  const forms = ['authorization_code', 'refresh_token', 'client_credentials', 'password'].map((grant_type) => ({
    ...secrets,
    ...all,
    grant_type,
  }));
  for (const form of forms) {
    await post(at('/token'), form, { client: WEB });
    await post(at('/token'), form, { client: { ...WEB, secret: mark('basic') } });
    await post(at('/token'), { ...form, client_id: 'web', client_secret: mark('secret') });
    await post(at('/token'), { ...form, client_assertion: mark('assertion'), client_assertion_type: ASSERTION });
    await post(at('/token'), {
      ...form,
      client_assertion: await assertion({ jti: mark('jti') }),
      client_assertion_type: ASSERTION,
    });
    await post(at('/token'), form, { client: ROBOT, headers: { dpop: await proof({ jti: mark('proof') }) } });
    await post(at('/request'), { ...form, response_type: 'code' }, { client: WEB });
  }
  await post(at('/token/introspection'), { token: mark('token') }, { client: { ...WEB, secret: mark('basic') } });
  await userinfo(server.issuer, mark('bearer'));
  await fetch(at(`/${mark('path')}?token=${mark('query')}`));
  await fetch(
    at(
      `/session/end?client_id=web&id_token_hint=${mark('hint')}&post_logout_redirect_uri=https://x.example/?t=${mark('q')}`,
    ),
  );

  const kept = await referencesKept(server);
  expect(kept.length).toBeGreaterThan(30);
  const text = JSON.stringify(kept);
  expect(text).not.toContain(MARK);
  for (const secret of [WEB_SECRET, OLD_SECRET, challenge, basic('web', WEB_SECRET).slice(6), 'eyJ']) {
    expect(text).not.toContain(secret);
  }
  expect(await databaseAsText(server)).toContain('redirect_uri.unregistered');
});

test.each([
  ['https:user:MARK@app.example.test/callback', 'https:***@app.example.test/callback'],
  ['https:\\\\user:MARK@app.example.test/callback', 'https:\\\\***@app.example.test/callback'],
  ['user:MARK@app.example.test/callback', 'user:***@app.example.test/callback'],
  [`${CALLBACK}?MARK`, `${CALLBACK}?***`],
  [`${CALLBACK}&code=MARK`, `${CALLBACK}&code=***`],
  [`${CALLBACK}%3Fcode=MARK%26state=MARK`, `${CALLBACK}%3Fcode=***`],
  [`${CALLBACK};jsessionid=MARK`, `${CALLBACK};jsessionid=***`],
])('nothing secret is kept of an address like %s', async (address, received) => {
  const sent = address.replaceAll('MARK', MARK);
  const reference = await ofPage(requestOf(server.issuer, WEB, { redirect_uri: sent }).url);
  expect(await explained(reference)).toMatchObject({ received });
  for (const resource of [sent, `https://user:${MARK}@api.example.test/`, `${API}/?api_key=${MARK}`]) {
    await newBrowser().request(requestOf(server.issuer, WEB, { resource }).url);
  }
  expect(JSON.stringify(await referencesKept(server))).not.toContain(MARK);
  expect(JSON.stringify(server.logLines)).not.toContain(MARK);
});

test('a client_id and a secret that were exchanged leave no secret', async () => {
  const form = { ...ROBOTS, client_id: WEB_SECRET, client_secret: 'robot' };
  expect(await explained(await token(form))).toMatchObject({ case: 'client.unknown', received: '***' });
  const headers = { authorization: basic(WEB_SECRET, 'robot') };
  await ofJson(post(at('/token'), ROBOTS, { headers }));
  expect(JSON.stringify(await referencesKept(server))).not.toContain(WEB_SECRET);
});

test('what the database would not take is explained all the same', async () => {
  const long = `${'a'.repeat(299)}😀 and more`;
  const cut = await ofPage(requestOf(server.issuer, WEB, { client_id: long }).url);
  expect(await explained(cut)).toMatchObject({ case: 'client.unknown', received: `${'a'.repeat(299)}\ufffd…` });
  const strange = await signed(assertion({ aud: 'a\u0000\ud800' }));
  expect(await explained(strange)).toMatchObject({ case: 'assertion.audience', received: 'a\ufffd\ufffd' });
});

test('a mistake that no file decides is not said to be allowed or changed by now', async () => {
  const claims = '{"id_token":{"acr":null}}';
  const requests = [
    { scope: 'profile', claims },
    { scope: undefined, claims },
    { resource: 'not-absolute' },
    { client_id: 'small', redirect_uri: SPA.redirectUri, resource: 'https://apo.example.test' },
  ];
  for (const request of requests) {
    const reference = await ofRedirect(requestOf(server.issuer, WEB, request).url);
    expect(await explained(reference)).toMatchObject({ since: null, expected: expect.any(Array) });
  }
});

test('what is over is swept with the rest of the house', async () => {
  const { db } = server.database;
  const before = (await referencesKept(server)).length;
  await db
    .updateTable('error_references')
    .set({ expires_at: new Date(0) })
    .where('kind', '=', 'client.unknown')
    .execute();
  const log = createLogger({ level: 'silent', format: 'json' });
  await keepHouse({ ...server.deps, log, clients: server.clients.current, keptSeconds: 86_400 });
  const left = await referencesKept(server);
  expect(left.length).toBeGreaterThan(0);
  expect(left.length).toBeLessThan(before);
  expect(left.filter((row) => row.kind === 'client.unknown')).toEqual([]);
});

describe('the error page', () => {
  const wrong = (issuer: string, params: Record<string, string> = {}) =>
    requestOf(issuer, WEB, { redirect_uri: `${CALLBACK}/`, ...params }).url;

  test('shows the explanation in development, with the differing characters marked', async () => {
    const browser = await newBrowser().open(wrong(server.issuer));
    expect(browser.text).toContain('For developers');
    expect(browser.document.querySelectorAll('mark').map((mark) => mark.textContent)).toEqual(['/']);
    expect(browser.text).toContain('clients/web.yaml:5');
    const german = await newBrowser().open(wrong(server.issuer, { ui_locales: 'de' }));
    expect(german.text).toContain('Der Schrägstrich am Ende unterscheidet sich.');
  });

  test('shows nothing of it in production', async () => {
    const issuer = 'https://id.example.test';
    const production = await startTestServer({
      database: postgresAvailable() ? 'postgres' : 'pglite',
      settings: `server: { trusted_proxies: ["127.0.0.1/32"] }\n${RESOURCES}`,
      env: {
        GATEHOUSE_MODE: 'production',
        GATEHOUSE_ISSUER: issuer,
        GATEHOUSE_SECRET: 'Qm9zc2FOb3ZhLTk0MjctS2llc2Vsd2VnLTE3LVRhbmdv',
        SECRET_OF_APPS: WEB_SECRET,
      },
      clients: Object.fromEntries(
        Object.entries(CLIENTS).map(([name, yaml]) => [
          name,
          yaml.replace(`value: "${WEB_SECRET}"`, 'env: SECRET_OF_APPS'),
        ]),
      ),
    });
    const browser = await newBrowser({ send: throughProxy(production.port) }).open(wrong(issuer));
    const { text } = browser.page;
    await production.stop();
    expect(browser.page.status).toBe(400);
    expect(browser.text).toMatch(/Reference ?[0-9A-Z]{5}-[0-9A-Z]{5}/);
    for (const told of ['For developers', '<mark', 'web.yaml', CALLBACK]) expect(text).not.toContain(told);
  });
});
