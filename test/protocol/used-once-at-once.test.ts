// RFC 9449 section 11.1, RFC 9126 section 7.3: what may be used once is used once, also when it comes many times in the same
// moment (client assertions: test/shut/t12-client-assertions). On PostgreSQL, where requests really run side by side.
import { createHash, randomUUID } from 'node:crypto';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { answerAt, authorize, post, requestOf, SPA, WEB } from './apps.ts';

const AT_ONCE = 20;
const ROUNDS = 5;

describe.skipIf(!postgresAvailable())('on PostgreSQL', () => {
  let server: TestServer;
  let keys: GenerateKeyPairResult;

  beforeAll(async () => {
    keys = await generateKeyPair('ES256');
    server = await startTestServer({ database: 'postgres' });
    await server.person({ email: 'jane@example.test' });
  });

  afterAll(() => server.stop());

  const now = () => Math.floor(Date.now() / 1000);

  const atOnce = async <T>(ask: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: AT_ONCE }, ask));

  const countOf = (statuses: readonly number[], status: number): number =>
    statuses.filter((each) => each === status).length;

  test('one of twenty requests with one DPoP proof is answered', async () => {
    const { browser } = await authorize(server.issuer, { email: 'jane@example.test' });
    const proof = async (method: string, path: string, claims: Record<string, unknown> = {}) =>
      new SignJWT({ htm: method, htu: `${server.issuer}${path}`, iat: now(), jti: randomUUID(), ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(keys.publicKey) })
        .sign(keys.privateKey);
    const { code, request } = await authorize(server.issuer, { app: SPA, browser });
    const form = {
      grant_type: 'authorization_code',
      client_id: 'spa',
      code,
      code_verifier: request.verifier,
      redirect_uri: SPA.redirectUri,
    };
    const bound = await post(`${server.issuer}/token`, form, { headers: { dpop: await proof('POST', '/token') } });
    const token = String(((await bound.json()) as Record<string, unknown>)['access_token']);
    const ath = createHash('sha256').update(token).digest('base64url');
    for (let round = 0; round < ROUNDS; round += 1) {
      const headers = { authorization: `DPoP ${token}`, dpop: await proof('GET', '/me', { ath }) };
      const statuses = await atOnce(async () => (await fetch(`${server.issuer}/me`, { headers })).status);
      expect([countOf(statuses, 200), countOf(statuses, 401)]).toEqual([1, AT_ONCE - 1]);
    }
  });

  test('one of twenty uses of a pushed request gets a code', async () => {
    const { browser } = await authorize(server.issuer, { email: 'jane@example.test' });
    for (let round = 0; round < ROUNDS; round += 1) {
      const pushed = await post(`${server.issuer}/request`, new URL(requestOf(server.issuer, WEB).url).searchParams, {
        client: WEB,
      });
      const { request_uri } = (await pushed.json()) as { request_uri: string };
      const url = `${server.issuer}/auth?${new URLSearchParams({ client_id: 'web', request_uri })}`;
      const locations = await atOnce(async () => (await browser.request(url)).headers.get('location'));
      expect(locations.filter((location) => location !== null && answerAt(location).has('code'))).toHaveLength(1);
    }
  });
});
