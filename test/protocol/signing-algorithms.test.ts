// ES256, PS256 and EdDSA where a client or an API asks for them; RS256 everywhere else (RFC 7518, RFC 8037, OpenID Connect Core).
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SigningAlgorithm } from '../../src/config/keys/algorithms.ts';
import type { Notice } from '../../src/logout-notices/logout-notices.ts';
import { logoutTokens } from '../../src/provider/sign-out/back-channel-logout.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

const apiOf = (algorithm: SigningAlgorithm) => `https://${algorithm.toLowerCase()}.example.test`;
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;

const clientOf = (algorithm: SigningAlgorithm) => `
client_id: ${algorithm.toLowerCase()}
preset: web
redirect_uris: ["${CALLBACK}"]
post_logout_redirect_uris: ["https://app.example.test/"]
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: skip
id_token_signed_response_alg: ${algorithm}
resources: { "${apiOf(algorithm)}": ["read"] }
`;

let server: TestServer;
beforeAll(async () => {
  const apis = ALGORITHMS.map(
    (alg) => `  ${apiOf(alg)}: { name: ${alg}, scopes: { read: Read }, signing_alg: ${alg} }`,
  );
  server = await startTestServer({
    settings: `mfa: optional\nresources:\n${apis.join('\n')}\n`,
    clients: Object.fromEntries([
      ...['PS256', 'RS256'].map((alg) => [alg.toLowerCase(), clientOf(alg as SigningAlgorithm)]),
      ...['web', 'ask', 'robot'].map((id) => [
        id,
        `client_id: ${id}\npreset: spa\nredirect_uris: ["https://a.example.test/cb"]`,
      ]),
    ]),
  });
  await server.person({ email: 'jane@example.test' });
});
afterAll(() => server.stop());

async function discovers(clientId: string, algorithm: SigningAlgorithm) {
  const options = { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] };
  const metadata = { id_token_signed_response_alg: algorithm };
  return oidc.discovery(new URL(server.issuer), clientId, metadata, oidc.ClientSecretBasic(WEB_SECRET), options);
}

async function signsInWith(algorithm: SigningAlgorithm) {
  const config = await discovers(algorithm.toLowerCase(), algorithm);
  const [verifier, nonce, state] = [oidc.randomPKCECodeVerifier(), oidc.randomNonce(), oidc.randomState()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid profile read',
    resource: apiOf(algorithm),
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    nonce,
    state,
  });
  const browser = await newBrowser().open(url.href);
  await signsIn(browser, { identifier: 'jane@example.test' });
  const checks = { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state };
  const tokens = await oidc.authorizationCodeGrant(config, new URL(browser.page.url), checks);
  return { config, browser, tokens };
}

test('a client that comes while the server runs has its key before it is in force', { timeout: 30_000 }, async () => {
  for (const algorithm of ['ES256', 'EdDSA'] as const) {
    writeFileSync(path.join(server.configDir, 'clients', `${algorithm.toLowerCase()}.yaml`), clientOf(algorithm));
  }
  await server.reload();
  expect(server.clients.current().has('eddsa')).toBe(true);
  expect(server.clients.status().clients).toBe('current');
});

describe.each(ALGORITHMS)('with %s', { timeout: 30_000 }, (algorithm) => {
  test('a library signs somebody in, and verifies every token; ours take them too', async () => {
    const { config, browser, tokens } = await signsInWith(algorithm);
    const keys = createRemoteJWKSet(new URL(`${server.issuer}/jwks`));
    const options = { issuer: server.issuer, currentDate: movingClock.now(), algorithms: [algorithm] };
    await jwtVerify(String(tokens.id_token), keys, { ...options, audience: algorithm.toLowerCase() });
    await jwtVerify(tokens.access_token, keys, { ...options, audience: apiOf(algorithm), typ: 'at+jwt' });
    const notice = {
      id: 'n-1',
      clientId: algorithm.toLowerCase(),
      accountId: 'jane',
      sid: 's-1',
      endedAt: movingClock.now(),
    };
    const logoutToken = await logoutTokens(server.engine.provider)(notice as Notice);
    await jwtVerify(logoutToken, keys, { ...options, audience: notice.clientId, typ: 'logout+jwt' });
    const me = await oidc.fetchUserInfo(config, tokens.access_token, String(tokens.claims()?.sub));
    expect(me.sub).toBe(tokens.claims()?.sub);
    expect(await oidc.tokenIntrospection(config, tokens.access_token)).toMatchObject({ active: true });
    await oidc.tokenRevocation(config, tokens.access_token);
    expect(await oidc.tokenIntrospection(config, tokens.access_token)).toMatchObject({ active: false });
    const out = oidc.buildEndSessionUrl(config, {
      id_token_hint: String(tokens.id_token),
      post_logout_redirect_uri: 'https://app.example.test/',
    });
    await browser.open(out.href);
    expect(browser.page.url).toContain('https://app.example.test/');
  });
});

test('discovery names what there is a key for', async () => {
  const metadata = (await discovers('ps256', 'PS256')).serverMetadata();
  expect([...(metadata.id_token_signing_alg_values_supported as string[])].sort()).toEqual([...ALGORITHMS].sort());
});

test('a token that claims another algorithm than its key has is refused', async () => {
  const { tokens } = await signsInWith('PS256');
  const [, payload, signature] = tokens.access_token.split('.');
  const header = { ...decodeProtectedHeader(tokens.access_token), alg: 'RS256' };
  const forged = [Buffer.from(JSON.stringify(header)).toString('base64url'), payload, signature].join('.');
  const answer = await fetch(`${server.issuer}/me`, { headers: { authorization: `Bearer ${forged}` } });
  expect(answer.status).toBe(401);
});
