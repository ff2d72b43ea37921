// T53: no address that somebody sends makes the server go there. Addresses of client files: t53-fetched-keys, test/rooms/outgoing, back-channel-logout.
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUTHORIZATION, authorize, post, SPA, WEB } from '../protocol/apps.ts';
import { type Canary, startCanary } from '../support/canary.ts';
import { assertionForm, newSigningClient, type SigningClient } from '../support/signing-client.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;
let canary: Canary;
let signing: SigningClient;

beforeAll(async () => {
  signing = await newSigningClient('signing');
  server = await startTestServer({ clients: { signing: signing.file } });
  canary = await startCanary();
  await server.person({ email: 'jane@example.test' });
});

afterAll(async () => {
  canary.stop();
  await server.stop();
});

const PARAMETERS = [
  'request_uri',
  'jwks_uri',
  'sector_identifier_uri',
  'backchannel_logout_uri',
  'client_id',
  'client_uri',
  'logo_uri',
  'redirect_uri',
  'post_logout_redirect_uri',
  'resource',
  'iss',
  'request',
  'registration',
  'claims',
  'login_hint',
  'initiate_login_uri',
];

const HOSTS = ['127.0.0.1', '127.1', '2130706433', '0x7f000001', 'localhost', '[::1]', '0.0.0.0', '[::ffff:127.0.0.1]'];

const addresses = (): string[] => {
  const { port } = new URL(canary.url);
  return HOSTS.flatMap((host) => [`http://${host}:${port}/jwks`, `https://${host}:${port}/jwks`]);
};

/** Long enough for a connection on this machine, had one been begun. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 300));

const REFERENCES =
  'Keycloak CVE-2020-10770, CVE-2026-1180; Zitadel CVE-2025-67494; Logto CVE-2026-56739; Casdoor CVE-2026-5469; better-auth GHSA-5rr4-8452-hf4v';

describe(`T53 requests forged through the server (${REFERENCES})`, () => {
  test('nobody who names an address in a parameter sends the server there, at any endpoint', async () => {
    for (const address of addresses()) {
      for (const name of PARAMETERS) {
        const params = new URLSearchParams({ ...AUTHORIZATION, [name]: address });
        await fetch(`${server.issuer}/auth?${params}`, { redirect: 'manual' });
      }
      const all = Object.fromEntries(PARAMETERS.map((name) => [name, address]));
      for (const path of ['/auth', '/request', '/token', '/token/introspection', '/token/revocation', '/me', '/reg']) {
        expect((await post(`${server.issuer}${path}`, { ...AUTHORIZATION, ...all })).status).toBeLessThan(500);
        if (path === '/auth') continue;
        const more = { ...all, client_id: WEB.clientId, grant_type: 'client_credentials', token: 'x' };
        expect((await post(`${server.issuer}${path}`, more, { client: WEB })).status).toBeLessThan(500);
      }
      const end = new URLSearchParams({ ...all, id_token_hint: 'x.y.z' });
      expect((await fetch(`${server.issuer}/session/end?${end}`, { redirect: 'manual' })).status).toBeLessThan(500);
    }
    await aMoment();
    expect(canary.knocks()).toBe(0);
  });

  test('nobody registers an app by themselves, with addresses of their own or none', async () => {
    const metadata = { redirect_uris: ['https://a.test/cb'], jwks_uri: canary.url, sector_identifier_uri: canary.url };
    for (const path of ['/reg', '/register/client', '/connect/register', '/clients']) {
      const answer = await fetch(`${server.issuer}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(metadata),
      });
      expect([404, 405]).toContain(answer.status);
    }
    await aMoment();
    expect(canary.knocks()).toBe(0);
  });

  test('no key is fetched from where a token’s own header or claims say it is', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    for (const url of addresses()) {
      const header = { alg: 'RS256', kid: 'x', jku: url, x5u: url };
      const claims = { ...signing.claims(server.issuer), iss: url, jku: url };
      for (const changes of [{}, { iss: url, sub: url }]) {
        const assertion = await signing.assertion(server.issuer, changes, { jku: url, x5u: url, kid: 'another' });
        const form = { grant_type: 'client_credentials', ...assertionForm(assertion) };
        expect((await post(`${server.issuer}/token`, form)).status).toBe(401);
      }
      const forged = await new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
      for (const token of [forged, new UnsecuredJWT({ ...claims, sub: 'jane' }).encode()]) {
        const me = await fetch(`${server.issuer}/me`, { headers: { authorization: `Bearer ${token}` } });
        expect(me.status).toBe(401);
        await fetch(`${server.issuer}/me`, { headers: { authorization: `DPoP ${token}`, dpop: forged } });
        await post(`${server.issuer}/token/introspection`, { token }, { client: WEB });
        const params = new URLSearchParams({ ...AUTHORIZATION, request: token });
        await fetch(`${server.issuer}/auth?${params}`, { redirect: 'manual' });
        await fetch(`${server.issuer}/session/end?id_token_hint=${token}`, { redirect: 'manual' });
      }
    }
    await aMoment();
    expect(canary.knocks()).toBe(0);
  });

  test('a person’s sign-in from such a request goes the usual way, and the canary is alive', async () => {
    const params = { request_uri: undefined, initiate_login_uri: canary.url, logo_uri: canary.url };
    const { code } = await authorize(server.issuer, { app: SPA, email: 'jane@example.test', params });
    expect(code).not.toBe('');
    expect(canary.knocks()).toBe(0);
    await fetch(canary.url);
    expect(canary.knocks()).toBe(1);
  });
});
