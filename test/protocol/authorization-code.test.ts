// RFC 6749 section 5.1, OpenID Connect Core section 2: what an app gets for its code. How codes are kept from others:
// test/shut/t04 to t06.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { claimsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { type App, authorize, post, redeemFor, tokensOf, WEB } from './apps.ts';

let server: TestServer;
let person: Browser;

beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'jane@example.test', roles: ['vendor'] });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

const newCode = (app: App = WEB) => authorize(server.issuer, { app, browser: person });

test('the answer with tokens is a bearer answer that nobody may keep (RFC 6749 section 5.1)', async () => {
  const { code, request } = await newCode();
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: WEB.redirectUri,
    code_verifier: request.verifier,
  };
  const response = await post(`${server.issuer}/token`, form, { client: WEB });
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
