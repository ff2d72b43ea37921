// T07: Keycloak CVE-2026-9802 (replay after a restart). What a server has issued and what was spent is in the database alone.
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import {
  answerAt,
  authorize,
  post,
  redeemFor,
  refresh,
  requestOf,
  SPA,
  signedIn,
  tokensOf,
  userinfo,
  WEB,
} from './apps.ts';

let server: TestServer;
let clients: Record<string, string>;
let assertion: string;

beforeAll(async () => {
  const keys = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
  clients = {
    signer: `client_id: signer\npreset: service\ntoken_endpoint_auth_method: private_key_jwt\njwks: { keys: [${JSON.stringify(jwk)}] }\n`,
  };
  server = await startTestServer({ clients });
  await server.person({ email: 'jane@example.test' });
  const exp = Math.floor(Date.now() / 1000) + 300;
  assertion = await new SignJWT({ iss: 'signer', sub: 'signer', aud: server.issuer, jti: 'once', exp })
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .sign(keys.privateKey);
});

afterAll(() => server.stop());

const asSigner = () =>
  post(`${server.issuer}/token`, {
    grant_type: 'client_credentials',
    client_assertion: assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  });

test('T07 CVE-2026-9802: after a restart everything goes on, and everything spent stays spent', async () => {
  const { issuer } = server;
  const { browser, tokens } = await signedIn(issuer, { email: 'jane@example.test' });
  const open = await authorize(issuer, { browser });
  const spa = await signedIn(issuer, { app: SPA, browser });
  const other = await signedIn(issuer, { app: SPA, email: 'jane@example.test' });
  const rotated = tokensOf((await refresh(issuer, SPA, other.tokens.refreshToken)).body);
  const spent = await authorize(issuer, { email: 'jane@example.test' });
  const spentFor = tokensOf((await redeemFor(issuer, WEB, spent)).body);
  const pushed = await post(`${issuer}/request`, new URL(requestOf(issuer, WEB).url).searchParams, { client: WEB });
  const { request_uri } = (await pushed.json()) as { request_uri: string };
  expect((await asSigner()).status).toBe(200);

  server = await server.restart({ clients });

  expect((await userinfo(issuer, tokens.accessToken)).status).toBe(200);
  expect((await redeemFor(issuer, WEB, open)).status).toBe(200);
  expect((await refresh(issuer, SPA, spa.tokens.refreshToken)).status).toBe(200);
  const front = `${issuer}/auth?${new URLSearchParams({ client_id: 'web', request_uri })}`;
  expect(answerAt((await browser.request(front)).headers.get('location')).has('code')).toBe(true);

  expect((await asSigner()).status).toBe(401);
  expect((await redeemFor(issuer, WEB, spent)).status).toBe(400);
  expect((await refresh(issuer, WEB, spentFor.refreshToken)).status).toBe(400);
  expect((await userinfo(issuer, spentFor.accessToken)).status).toBe(401);
  expect((await refresh(issuer, SPA, other.tokens.refreshToken)).status).toBe(400);
  expect((await refresh(issuer, SPA, rotated.refreshToken)).status).toBe(400);
  expect((await userinfo(issuer, rotated.accessToken)).status).toBe(401);
});
