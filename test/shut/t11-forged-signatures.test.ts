// No JWT is believed by its own word: we decide which key and which algorithm verify it, and go nowhere for either.
import { createHash, createPrivateKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { exportJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerAt, authorize, post, requestOf, signedIn, userinfo, WEB } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { type Canary, startCanary } from '../support/canary.ts';
import { forgedFrom, signedBy } from '../support/forged-jwts.ts';
import { movingClock } from '../support/moving-clock.ts';
import { MASTER_SECRET, type OurKey, ourKey } from '../support/our-keys.ts';
import { assertionForm, newSigningClient, type SigningClient } from '../support/signing-client.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;
let person: Browser;
let key: OurKey;
let canary: Canary;
let signer: SigningClient;
let elliptic: SigningClient;
let tried = 0;

beforeAll(async () => {
  [canary, signer, elliptic] = await Promise.all([
    startCanary(),
    newSigningClient('signer'),
    newSigningClient('elliptic', { alg: 'ES256' }),
  ]);
  const clients = { signer: signer.file, elliptic: elliptic.file };
  server = await startTestServer({ clients, env: { GATEHOUSE_SECRET: MASTER_SECRET } });
  await server.person({ email: 'jane@example.test' });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
  key = await ourKey(server);
});

afterAll(async () => {
  canary.stop();
  await server.stop();
});

const forgedByOurs = (jwt: string): [string, string][] =>
  Object.entries(forgedFrom({ jwt, publicJwk: key.publicJwk, privateKey: key.privateKey, canaryUrl: canary.url }));

/** What no client may put into a header: the server would not even see it. */
const fitsIntoHeader = (jwt: string): boolean => jwt.length < 12_000 && !/[^\x20-\x7e]/.test(jwt);

async function refused(forged: readonly [string, string][], check: (jwt: string, what: string) => Promise<void>) {
  expect(forged.length).toBeGreaterThan(60);
  for (const [what, jwt] of forged) {
    await check(jwt, what);
    tried += 1;
  }
}

describe('T11 alg none, HS256 confusion, kid, jku, jwk, x5u: Keycloak CVE-2026-9793; RFC 8725 3.1 to 3.11', () => {
  test('a Bearer token: at userinfo, as a header and in a form, and at introspection', async () => {
    const { tokens } = await signedIn(server.issuer, { browser: person });
    await refused(forgedByOurs(tokens.accessToken), async (jwt, what) => {
      if (fitsIntoHeader(jwt)) expect([400, 401], what).toContain((await userinfo(server.issuer, jwt)).status);
      expect([400, 401], what).toContain((await post(`${server.issuer}/me`, { access_token: jwt })).status);
      const answer = await post(`${server.issuer}/token/introspection`, { token: jwt }, { client: WEB });
      const { active = false, error } = (await answer.json()) as { active?: boolean; error?: string };
      expect([active, error], what).toEqual([false, what === 'five parts' ? 'unsupported_token_type' : undefined]);
    });
    const { accessToken } = tokens;
    expect((await userinfo(server.issuer, accessToken)).status).toBe(200);
  });

  test('an id_token_hint: where it says who is expected, and where it signs out', async () => {
    const { tokens } = await signedIn(server.issuer, { browser: person });
    const asks = async (hint: string) => {
      const { url } = requestOf(server.issuer, WEB, { id_token_hint: hint, prompt: 'none' });
      return answerAt((await person.request(url)).headers.get('location'));
    };
    const leaves = (hint: string) =>
      person.request(`${server.issuer}/session/end?${new URLSearchParams({ id_token_hint: hint })}`);
    expect((await asks(tokens.idToken)).has('code')).toBe(true);
    await refused(forgedByOurs(tokens.idToken), async (jwt, what) => {
      const answer = await asks(jwt);
      expect([answer.get('error'), answer.has('code')], what).toEqual(['invalid_request', false]);
      const left = await leaves(jwt);
      expect([left.status, left.headers.get('location')], what).toEqual([400, null]);
    });
    expect((await asks(tokens.idToken)).has('code')).toBe(true);
  });

  test('a client assertion, by an RSA key and by one on a curve', async () => {
    for (const client of [signer, elliptic]) {
      const presents = async (assertion: string) => {
        const form = { grant_type: 'client_credentials', ...assertionForm(assertion) };
        const response = await post(`${server.issuer}/token`, form as Record<string, string>);
        return { status: response.status, body: (await response.json()) as Record<string, unknown> };
      };
      const jwt = await client.assertion(server.issuer);
      const privateKey = createPrivateKey({ key: (await exportJWK(client.keys.privateKey)) as never, format: 'jwk' });
      const forged = forgedFrom({ jwt, publicJwk: client.publicJwk, privateKey, canaryUrl: canary.url });
      await refused(Object.entries(forged), async (assertion, what) => {
        const { status, body } = await presents(assertion);
        expect([400, 401], `${client.clientId}: ${what}`).toContain(status);
        expect(body, what).not.toHaveProperty('access_token');
      });
      // Not one of them has spent its identifier.
      expect((await presents(jwt)).status).toBe(200);
    }
  });

  test('a DPoP proof, which does bring its key: only a public one, for a signature', async () => {
    const holder = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = holder.publicKey.export({ format: 'jwk' });
    const claims = (more: object = {}) =>
      Buffer.from(
        JSON.stringify({
          htm: 'POST',
          htu: `${server.issuer}/token`,
          iat: Math.floor(movingClock.now().getTime() / 1000),
          jti: randomUUID(),
          ...more,
        }),
      ).toString('base64url');
    const header = { alg: 'ES256', typ: 'dpop+jwt', jwk };
    const proof = (changes: object = {}) => signedBy(holder.privateKey, { ...header, ...changes }, claims(), 'ES256');
    const form = { grant_type: 'client_credentials', resource: 'https://api.example.test' };
    const robot = { clientId: 'robot', secret: WEB.secret ?? '' };
    const presents = (dpop: string) => post(`${server.issuer}/token`, form, { client: robot, headers: { dpop } });

    const secret = Buffer.from('0123456789abcdef0123456789abcdef');
    const oct = { kty: 'oct', k: secret.toString('base64url') };
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const own = forgedFrom({ jwt: proof(), publicJwk: jwk, privateKey: holder.privateKey, canaryUrl: canary.url });
    // A proof that brings the key it is signed with is what a proof is.
    const { 'its own key': _own, 'its own key without a kid': _either, ...forged } = own;
    const more: Record<string, string> = {
      'the private part of its key': proof({ jwk: holder.privateKey.export({ format: 'jwk' }) }),
      'no key': proof({ jwk: undefined }),
      'a key that is null': proof({ jwk: null }),
      'a shared secret for a key': signedBy(secret, { ...header, alg: 'HS256', jwk: oct }, claims(), 'HS256'),
      'a shared secret under alg ES256': signedBy(secret, { ...header, jwk: oct }, claims(), 'HS256'),
      'another public key': proof({ jwk: rsa.publicKey.export({ format: 'jwk' }) }),
      'an address of its key': proof({ jwk: undefined, jku: canary.url, kid: 'x' }),
      'a certificate for a key': proof({ jwk: undefined, x5u: canary.url }),
      'another type': proof({ typ: 'JWT' }),
      'no type': proof({ typ: undefined }),
    };
    expect((await presents(proof())).status).toBe(200);
    await refused(
      [...Object.entries(forged), ...Object.entries(more)].filter(([, jwt]) => fitsIntoHeader(jwt)),
      async (dpop, what) => {
        const response = await presents(dpop);
        const body = (await response.json()) as Record<string, unknown>;
        expect([response.status, body['error']], what).toEqual([400, 'invalid_dpop_proof']);
      },
    );

    const bound = (await (await presents(proof())).json()) as { access_token: string };
    const ath = createHash('sha256').update(bound.access_token).digest('base64url');
    const atMe = signedBy(holder.privateKey, header, claims({ htm: 'GET', htu: `${server.issuer}/me`, ath }), 'ES256');
    const none = `${Buffer.from(JSON.stringify({ ...header, alg: 'none' })).toString('base64url')}.${atMe.split('.')[1]}.`;
    const answer = await fetch(`${server.issuer}/me`, {
      headers: { authorization: `DPoP ${bound.access_token}`, dpop: none },
    });
    expect([400, 401]).toContain(answer.status);
  });

  test('nobody has gone where one of them pointed, and none broke the server', () => {
    console.info(`T11: 0 of ${tried} forged JWTs were believed, ${canary.hits()} visits at the canary`);
    expect(canary.hits()).toBe(0);
    expect(tried).toBeGreaterThan(300);
    expect(server.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
