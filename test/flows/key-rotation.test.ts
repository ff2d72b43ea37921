// Keys are replaced while people sign in: apps that have cached the old ones notice nothing.
import { createRemoteJWKSet, decodeProtectedHeader, type JWTVerifyGetKey, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { revokeKey } from '../../src/keys/revoke-key.ts';
import { describeKeys, type KeyDeps } from '../../src/keys/signing-keys.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { turningKeys } from '../../src/server/keys/turning-keys.ts';
import { base, PROGRAMS, program } from '../support/api.ts';
import { movingClock } from '../support/moving-clock.ts';
import { basic, newBrowser, signsIn } from '../support/sign-in.ts';
import { API, CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

const HOUR = 3600;
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ clients: PROGRAMS });
  await server.person({ email: 'jane@example.test', roles: ['vendor'] });
});
afterAll(() => server.stop());

/** What a process does every minute, and what each does every ten seconds. */
const minutePasses = () => {
  const log = createLogger({ level: 'silent', format: 'json' });
  const { engine, clients, config } = server;
  return turningKeys({ ...server.deps, config, log }, { engine, clients: clients.current })();
};

/** Takes the keys for as good as this; a key it does not know is an error meanwhile. */
const cachedFor = (hours: number): JWTVerifyGetKey =>
  createRemoteJWKSet(new URL(`${server.issuer}/jwks`), {
    cacheMaxAge: hours * HOUR * 1000,
    cooldownDuration: hours * HOUR * 1000,
  });

async function signsInAtApp(): Promise<{ idToken: string; accessToken: string }> {
  const config = await oidc.discovery(new URL(server.issuer), 'web', undefined, oidc.ClientSecretBasic(WEB_SECRET), {
    execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
  });
  const [verifier, nonce, state] = [oidc.randomPKCECodeVerifier(), oidc.randomNonce(), oidc.randomState()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid profile roles',
    resource: API,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    nonce,
    state,
  });
  const browser = await newBrowser().open(url.href);
  await signsIn(browser, { identifier: 'jane@example.test' });
  const checks = { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state };
  const tokens = await oidc.authorizationCodeGrant(config, new URL(browser.page.url), checks, { resource: API });
  return { idToken: String(tokens.id_token), accessToken: tokens.access_token };
}

test('an app that caches the keys for 23 hours never sees one that it does not know', {
  timeout: 300_000,
}, async () => {
  const [apps, api] = [cachedFor(23), cachedFor(23)];
  const signers: string[] = [];
  const checks = async () => {
    const { idToken, accessToken } = await signsInAtApp();
    const options = { issuer: server.issuer, currentDate: movingClock.now() };
    const { protectedHeader } = await jwtVerify(idToken, apps, { ...options, audience: 'web' });
    await jwtVerify(accessToken, api, { ...options, audience: API, typ: 'at+jwt' });
    signers.push(String(protectedHeader.kid));
  };
  await checks();
  movingClock.advance({ days: 88, hours: 20 });
  for (let hours = 0; hours <= 60; hours += 5) {
    await minutePasses();
    await checks();
    movingClock.advance({ hours: 5 });
  }
  const [first, ...later] = [...new Set(signers)];
  expect(later.length).toBe(1);
  const shown = (await describeKeys(server.deps.db)).filter(({ algorithm }) => algorithm === 'RS256');
  expect(shown.map(({ kid, stage }) => [kid, stage])).toEqual([
    [later[0], 'active'],
    [first, 'retired'],
  ]);
  movingClock.advance({ days: 31 });
  await minutePasses();
  const { keys } = (await (await fetch(`${server.issuer}/jwks`)).json()) as { keys: { kid: string; alg: string }[] };
  expect(keys.filter(({ alg }) => alg === 'RS256').map(({ kid }) => kid)).toEqual(later);
  expect(keys.map(({ alg }) => alg)).toEqual(['RS256', 'PS256', 'ES256']);
});

test('what a revoked key has signed is refused everywhere, and sign-ins go on with another', async () => {
  const { accessToken, idToken } = await signsInAtApp();
  const caller = await program(server);
  const asks = async () => {
    const credentials = { authorization: basic('web', WEB_SECRET) };
    const form = { method: 'POST', headers: credentials, body: new URLSearchParams({ token: accessToken }) };
    const introspected = await fetch(`${server.issuer}/token/introspection`, form);
    const userinfo = await fetch(`${server.issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
    const api = await fetch(`${base(server)}/keys`, { headers: { authorization: `Bearer ${caller.token}` } });
    return [userinfo.status, ((await introspected.json()) as { active: boolean }).active, api.status];
  };
  expect(await asks()).toEqual([200, true, 200]);
  const { kid } = decodeProtectedHeader(idToken);
  const deps: KeyDeps = { ...server.deps, rules: server.config.keys };
  expect(await revokeKey(deps, { actor: 'operator' }, String(kid))).toMatchObject({ outcome: 'revoked' });
  await server.engine.follow();
  expect(await asks()).toEqual([401, false, 401]);
  const again = await signsInAtApp();
  expect(decodeProtectedHeader(again.idToken).kid).not.toBe(kid);
});
