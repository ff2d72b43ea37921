// A real relying-party library against the server: openid-client 6, as apps use it, with its own checks of every answer.
import { exportJWK, generateKeyPair } from 'jose';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { API, CALLBACK, SPA_CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

let server: TestServer;
let serviceKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  serviceKey = privateKey;
  const jwk = { ...(await exportJWK(publicKey)), kid: 'service-key', alg: 'RS256', use: 'sig' };
  server = await startTestServer({
    clients: {
      signer: `
client_id: signer
preset: service
token_endpoint_auth_method: private_key_jwt
jwks: { keys: [${JSON.stringify(jwk)}] }
resources: { "${API}": ["items:read"] }
roles: { assign: [deployer] }
`,
    },
  });
  await server.person({ email: 'jane@example.test', name: 'Jane Doe', roles: ['vendor'] });
});

afterAll(() => server.stop());

/** Discovery, as the library does it; http is for tests on this machine. */
const discovers = (clientId: string, authentication?: oidc.ClientAuth) =>
  oidc.discovery(new URL(server.issuer), clientId, undefined, authentication, {
    execute: [oidc.allowInsecureRequests],
  });

const confidential = () => discovers('web', oidc.ClientSecretBasic(WEB_SECRET));

interface Attempt {
  readonly codeVerifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly parameters: Record<string, string>;
}

async function newAttempt(redirectUri = CALLBACK, parameters: Record<string, string> = {}): Promise<Attempt> {
  const codeVerifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  return {
    codeVerifier,
    state,
    nonce,
    parameters: {
      redirect_uri: redirectUri,
      scope: 'openid profile email roles',
      code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...parameters,
    },
  };
}

/** The address that the browser is at when it comes back to the app. */
async function goes(url: URL, browser: Browser = newBrowser()): Promise<URL> {
  await browser.open(url.href);
  if (browser.page.text.includes('name="password"')) await signsIn(browser, { identifier: 'jane@example.test' });
  return new URL(browser.page.url);
}

const redeems = (
  config: oidc.Configuration,
  callback: URL,
  { codeVerifier, state, nonce }: Attempt,
  options?: oidc.DPoPOptions,
) =>
  oidc.authorizationCodeGrant(
    config,
    callback,
    { pkceCodeVerifier: codeVerifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
    undefined,
    options,
  );

test('the library finds everything it needs in the metadata', async () => {
  const metadata = (await confidential()).serverMetadata();
  expect(metadata.issuer).toBe(server.issuer);
  expect(metadata.supportsPKCE()).toBe(true);
  for (const endpoint of [
    'authorization_endpoint',
    'token_endpoint',
    'userinfo_endpoint',
    'end_session_endpoint',
  ] as const) {
    expect(metadata[endpoint]).toContain(server.issuer);
  }
});

test('an app signs a person in, reads the claims, calls userinfo, refreshes and signs out', async () => {
  const config = await confidential();
  oidc.enableNonRepudiationChecks(config);
  const attempt = await newAttempt();
  const browser = newBrowser();
  const callback = await goes(oidc.buildAuthorizationUrl(config, attempt.parameters), browser);
  const tokens = await redeems(config, callback, attempt);
  const claims = tokens.claims();
  expect(claims).toMatchObject({ aud: 'web', nonce: attempt.nonce, name: 'Jane Doe', roles: ['vendor'] });
  expect(tokens.expires_in).toBe(300);

  const subject = claims?.sub ?? '';
  expect(await oidc.fetchUserInfo(config, tokens.access_token, subject)).toMatchObject({
    email: 'jane@example.test',
    roles: ['vendor'],
  });
  await expect(oidc.fetchUserInfo(config, tokens.access_token, 'somebody-else')).rejects.toThrow();

  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '');
  expect(refreshed.access_token).not.toBe(tokens.access_token);
  expect(refreshed.claims()).toMatchObject({ sub: subject, roles: ['vendor'] });

  const signOut = oidc.buildEndSessionUrl(config, {
    id_token_hint: refreshed.id_token ?? '',
    post_logout_redirect_uri: 'https://app.example.test/',
    state: 'signed-out',
  });
  expect((await goes(signOut, browser)).href).toBe('https://app.example.test/?state=signed-out');
  await expect(oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
    error: 'invalid_grant',
  });
  await expect(oidc.fetchUserInfo(config, refreshed.access_token, subject)).rejects.toThrow();
});

test('the library sees through a changed state, a changed nonce, a foreign issuer and a wrong verifier', async () => {
  const config = await confidential();
  const browser = newBrowser();
  const changes: [string, (attempt: Attempt, callback: URL) => [Attempt, URL]][] = [
    ['state', (attempt, callback) => [{ ...attempt, state: 'other' }, callback]],
    ['nonce', (attempt, callback) => [{ ...attempt, nonce: 'other' }, callback]],
    ['verifier', (attempt, callback) => [{ ...attempt, codeVerifier: oidc.randomPKCECodeVerifier() }, callback]],
    [
      'issuer',
      (attempt, callback) => {
        const foreign = new URL(callback);
        foreign.searchParams.set('iss', 'https://evil.test');
        return [attempt, foreign];
      },
    ],
  ];
  for (const [what, change] of changes) {
    const attempt = await newAttempt();
    const callback = await goes(oidc.buildAuthorizationUrl(config, attempt.parameters), browser);
    const [changed, at] = change(attempt, callback);
    await expect(redeems(config, at, changed), what).rejects.toThrow();
  }
});

test('an error at the callback reaches the app as what it is', async () => {
  const config = await confidential();
  const attempt = await newAttempt(CALLBACK, { prompt: 'none' });
  const callback = await goes(oidc.buildAuthorizationUrl(config, attempt.parameters));
  await expect(redeems(config, callback, attempt)).rejects.toMatchObject({ error: 'login_required' });
});

test('a single-page app without a secret does the same, with its tokens bound to a key (DPoP)', async () => {
  const config = await discovers('spa', oidc.None());
  const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
  const attempt = await newAttempt(SPA_CALLBACK);
  const callback = await goes(oidc.buildAuthorizationUrl(config, attempt.parameters));
  const tokens = await redeems(config, callback, attempt, { DPoP });
  expect(tokens.token_type).toBe('dpop');
  const subject = tokens.claims()?.sub ?? '';
  expect(await oidc.fetchUserInfo(config, tokens.access_token, subject, { DPoP })).toMatchObject({ roles: ['vendor'] });
  const rotated = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP });
  expect(rotated.refresh_token).not.toBe(tokens.refresh_token);
  expect(rotated.token_type).toBe('dpop');
  await expect(oidc.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })).rejects.toMatchObject({
    error: 'invalid_grant',
  });
});

test('an app pushes its request, asks for an API and for offline access, and gives the token back', async () => {
  const config = await confidential();
  const attempt = await newAttempt(CALLBACK, { scope: 'openid items:read offline_access', resource: API });
  const url = await oidc.buildAuthorizationUrlWithPAR(config, attempt.parameters);
  expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
  const tokens = await redeems(config, await goes(url), attempt);
  expect(tokens.scope?.split(' ').sort()).toEqual(['items:read', 'offline_access', 'openid']);
  const refreshToken = tokens.refresh_token ?? '';
  expect(await oidc.tokenIntrospection(config, refreshToken)).toMatchObject({ active: true, client_id: 'web' });
  await oidc.tokenRevocation(config, refreshToken);
  expect(await oidc.tokenIntrospection(config, refreshToken)).toEqual({ active: false });
  await expect(oidc.refreshTokenGrant(config, refreshToken)).rejects.toMatchObject({ error: 'invalid_grant' });
});

test('a service gets its token with a secret in the header or in the form, or with a key, as the library sends them', async () => {
  for (const authentication of [oidc.ClientSecretBasic(WEB_SECRET), oidc.ClientSecretPost(WEB_SECRET)]) {
    const tokens = await oidc.clientCredentialsGrant(await discovers('robot', authentication), {
      resource: API,
      scope: 'items:read',
    });
    expect(tokens).toMatchObject({ expires_in: 600, scope: 'items:read' });
  }
  const signer = await discovers('signer', oidc.PrivateKeyJwt({ key: serviceKey, kid: 'service-key' }));
  expect(await oidc.clientCredentialsGrant(signer, { resource: API })).toMatchObject({ expires_in: 600 });
  const wrong = await discovers('robot', oidc.ClientSecretBasic('wrong'));
  await expect(oidc.clientCredentialsGrant(wrong)).rejects.toMatchObject({ status: 401 });
});
