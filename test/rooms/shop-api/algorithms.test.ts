// The demo takes tokens signed with whatever the server signs with, and says it does.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeProtectedHeader, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { expect, onTestFinished, test, vi } from 'vitest';
import { logoutTokens } from '../../../examples/shop/back-channel.ts';
import { createSignIn } from '../../../examples/shop/sign-in.ts';
import { Browser } from '../../support/browser.ts';
import { signsIn } from '../../support/sign-in.ts';
import { AUDIENCE, openApi, SCOPES, startIssuer } from './setting.ts';

test.each(['RS256', 'PS256', 'ES256', 'EdDSA'])(
  'the shop signs people in and its API knows them, with %s',
  async (alg) => {
    const server = await startIssuer({}, alg);
    onTestFinished(() => server.stop());
    const api = await openApi({ issuer: server.issuer });
    onTestFinished(() => api.close());
    const signIn = createSignIn({
      issuer: server.issuer,
      clientId: 'shop',
      clientSecret: 'gatehouse-demo-shop-secret-only-for-development',
      redirectUri: 'http://localhost:3001/callback',
      signedOutUri: 'http://localhost:3001/',
      api: { audience: AUDIENCE, scope: SCOPES },
    });
    const begun = await signIn.start();
    if (begun.outcome !== 'started') throw new Error(begun.outcome);
    await server.person({ email: 'vera@example.test', roles: ['vendor'] });
    const browser = await new Browser({ stopAt: (url) => url.startsWith('http://localhost:3001') }).open(begun.url);
    await signsIn(browser, { identifier: 'vera@example.test' });
    const result = await signIn.finish(new URL(browser.page.url), begun.attempt);
    if (result.outcome !== 'signed_in') throw new Error(JSON.stringify(result));
    const { idToken, accessToken } = result.person.tokens;
    expect([idToken, accessToken].map((token) => decodeProtectedHeader(token).alg)).toEqual([alg, alg]);
    expect((await api.get('/earnings', accessToken)).status).toBe(200);
  },
);

/** One that publishes keys of two algorithms, whatever it says that it signs with. */
async function issuerThatSigns(algorithms: string[]) {
  const pairs = await Promise.all(['RS256', 'ES256'].map(async (alg) => ({ alg, ...(await generateKeyPair(alg)) })));
  const keys = await Promise.all(
    pairs.map(async ({ alg, publicKey }) => ({ ...(await exportJWK(publicKey)), kid: alg, alg, use: 'sig' })),
  );
  let asked = 0;
  const server = createServer(({ url }, response) => {
    const metadata = { issuer, jwks_uri: `${issuer}/keys`, id_token_signing_alg_values_supported: algorithms };
    if (url !== '/keys') asked += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(url === '/keys' ? { keys } : metadata));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signs = (alg: string, typ: string, claims: JWTPayload) => {
    const key = pairs.find((each) => each.alg === alg)?.privateKey;
    if (key === undefined) throw new Error(`no key for ${alg}`);
    const whole = new SignJWT({ iss: issuer, jti: 'x', sub: 'jane', ...claims }).setIssuedAt().setExpirationTime('2m');
    return whole.setProtectedHeader({ alg, kid: alg, typ }).sign(key);
  };
  return { issuer, signs, asked: () => asked };
}

test('an algorithm is good from when the server says that it uses it, and not before', async () => {
  const algorithms = ['RS256'];
  const { issuer, signs, asked } = await issuerThatSigns(algorithms);
  const api = await openApi({ issuer });
  onTestFinished(() => api.close());
  const verify = logoutTokens({ issuer, clientId: 'shop' });
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const told = async (alg: string) => (await verify(await signs(alg, 'logout+jwt', { aud: 'shop', events }))).outcome;
  const claims = { aud: AUDIENCE, client_id: 'shop', scope: 'earnings:read', roles: ['vendor'] };
  const seen = async (alg: string) => (await api.get('/earnings', await signs(alg, 'at+jwt', claims))).status;
  const both = async (alg: string) => [await told(alg), await seen(alg)];
  expect(await both('RS256')).toEqual(['verified', 200]);
  expect(await both('ES256')).toEqual(['refused', 401]);
  algorithms.push('ES256');
  // Nobody has them ask without end.
  for (let round = 0; round < 10; round += 1) expect(await both('ES256')).toEqual(['refused', 401]);
  expect(asked()).toBe(2);
  const now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now + 31_000);
  onTestFinished(() => void vi.restoreAllMocks());
  expect(await both('ES256')).toEqual(['verified', 200]);
  expect(asked()).toBe(4);
});
