// A client asks for an algorithm that nobody has asked for: apps that have cached the keys know the one it gets.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SigningAlgorithm } from '../../src/config/keys/algorithms.ts';
import { movingClock } from '../support/moving-clock.ts';
import { authorizationRequest, newBrowser, redeemCode, signsIn } from '../support/sign-in.ts';
import { CALLBACK, RESOURCES, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

const settings = (...algorithms: SigningAlgorithm[]) =>
  `mfa: optional${RESOURCES}\nkeys: { algorithms: [${algorithms.join(', ')}] }\n`;
const fileOf = (algorithm: SigningAlgorithm) => `
client_id: ${algorithm.toLowerCase()}
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: skip
id_token_signed_response_alg: ${algorithm}
`;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'jane@example.test' });
});
afterAll(() => server.stop());

/** What an app has that asked once, and never again. */
const cachedKeys = async (): Promise<JWTVerifyGetKey> =>
  createLocalJWKSet((await (await fetch(`${server.issuer}/jwks`)).json()) as JSONWebKeySet);

async function addsClient(algorithm: SigningAlgorithm): Promise<void> {
  writeFileSync(path.join(server.configDir, 'clients', `${algorithm.toLowerCase()}.yaml`), fileOf(algorithm));
  await server.reload();
}

async function idTokenOf(algorithm: SigningAlgorithm): Promise<string> {
  const clientId = algorithm.toLowerCase();
  const request = authorizationRequest(server.issuer, { client_id: clientId, scope: 'openid' });
  const browser = await newBrowser().open(request.url);
  await signsIn(browser, { identifier: 'jane@example.test' });
  const code = String(new URL(browser.page.url).searchParams.get('code'));
  const { verifier } = request;
  const { body } = await redeemCode(server.issuer, { code, verifier }, { clientId, secret: WEB_SECRET });
  return String(body['id_token']);
}

const warnings = () => server.logLines.filter(({ event }) => event === 'keys.unannounced');
const verifies = (token: string, keys: JWTVerifyGetKey, algorithm: SigningAlgorithm) =>
  jwtVerify(token, keys, { issuer: server.issuer, algorithms: [algorithm], currentDate: movingClock.now() });

test.each(['ES256', 'PS256'] as const)(
  'who has cached the keys before a client asks for %s verifies its first token',
  { timeout: 30_000 },
  async (algorithm) => {
    const cached = await cachedKeys();
    await addsClient(algorithm);
    const { protectedHeader } = await verifies(await idTokenOf(algorithm), cached, algorithm);
    expect(protectedHeader.alg).toBe(algorithm);
    expect(warnings()).toEqual([]);
  },
);

test('an algorithm that is not named has its key when a client asks for it, and the log says what apps may not know', {
  timeout: 30_000,
}, async () => {
  movingClock.advance({ minutes: 1 });
  const cached = await cachedKeys();
  await addsClient('EdDSA');
  const token = await idTokenOf('EdDSA');
  await expect(verifies(token, cached, 'EdDSA')).rejects.toThrow('no applicable key');
  await verifies(token, await cachedKeys(), 'EdDSA');
  expect(warnings()).toMatchObject([{ algorithms: ['EdDSA'] }]);
});

test('one that is named with a restart is published then, and a client that asks a day later surprises nobody', {
  timeout: 60_000,
}, async () => {
  await server.stop();
  server = await startTestServer({ settings: settings('RS256') });
  await server.person({ email: 'jane@example.test' });
  movingClock.advance({ days: 3 });
  expect(server.engine.keys().map(({ algorithm }) => algorithm)).toEqual(['RS256']);
  const [first] = server.engine.keys();
  server = await server.restart({ settings: settings('ES256', 'EdDSA') });
  expect(server.engine.keys().map(({ algorithm }) => algorithm)).toEqual(['RS256', 'ES256', 'EdDSA']);
  expect(server.engine.keys()[0]?.kid).toBe(first?.kid);
  expect(warnings()).toEqual([]);
  const cached = await cachedKeys();
  movingClock.advance({ hours: 24, seconds: 1 });
  await addsClient('EdDSA');
  await verifies(await idTokenOf('EdDSA'), cached, 'EdDSA');
  expect(warnings()).toEqual([]);
});

test('a client that comes in the same minute is served, and the log says so', { timeout: 60_000 }, async () => {
  await server.stop();
  server = await startTestServer({ settings: settings('RS256') });
  await server.person({ email: 'jane@example.test' });
  movingClock.advance({ days: 3 });
  server = await server.restart({ settings: settings('ES256'), clients: { es256: fileOf('ES256') } });
  expect(warnings()).toMatchObject([{ algorithms: ['ES256'] }]);
  await verifies(await idTokenOf('ES256'), await cachedKeys(), 'ES256');
});
