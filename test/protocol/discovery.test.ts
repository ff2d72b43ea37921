// OpenID Connect Discovery 1.0, RFC 8414 (metadata), RFC 7517 (key set), RFC 9207 section 3: what the server says of itself.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { headerOf, signedIn } from './apps.ts';

let server: TestServer;
let metadata: Record<string, unknown>;

beforeAll(async () => {
  server = await startTestServer();
  metadata = await json('/.well-known/openid-configuration');
});

afterAll(() => server.stop());

const json = async (path: string) => (await (await fetch(`${server.issuer}${path}`)).json()) as Record<string, unknown>;

test('the metadata names the issuer, byte for byte, and is the same at both well-known addresses', async () => {
  expect(metadata['issuer']).toBe(server.issuer);
  expect(await json('/.well-known/oauth-authorization-server')).toEqual(metadata);
});

test('every address in the metadata is below the issuer, and there are no others than those of the features that are on', () => {
  const addresses = Object.entries(metadata).filter(([name]) => name.endsWith('_endpoint') || name.endsWith('_uri'));
  for (const [name, address] of addresses) {
    expect(String(address).startsWith(`${server.issuer}/`), `${name}: ${String(address)}`).toBe(true);
  }
  expect(addresses.map(([name]) => name).sort()).toEqual([
    'authorization_endpoint',
    'end_session_endpoint',
    'introspection_endpoint',
    'jwks_uri',
    'pushed_authorization_request_endpoint',
    'revocation_endpoint',
    'token_endpoint',
    'userinfo_endpoint',
  ]);
});

test('only the code flow is offered, with PKCE by S256 and nothing else', () => {
  expect(metadata['response_types_supported']).toEqual(['code']);
  expect(metadata['code_challenge_methods_supported']).toEqual(['S256']);
  expect([...(metadata['grant_types_supported'] as string[])].sort()).toEqual([
    'authorization_code',
    'client_credentials',
    'refresh_token',
  ]);
  expect(metadata['response_modes_supported']).toEqual(['query', 'form_post']);
});

test('apps can read which authentication contexts, prompts, scopes and claims there are', () => {
  expect(metadata['acr_values_supported']).toEqual(['pwd', 'mfa']);
  expect([...(metadata['prompt_values_supported'] as string[])].sort()).toEqual([
    'consent',
    'login',
    'none',
    'select_account',
  ]);
  expect([...(metadata['scopes_supported'] as string[])].sort()).toEqual([
    'address',
    'email',
    'groups',
    'offline_access',
    'openid',
    'phone',
    'profile',
    'roles',
  ]);
  expect(metadata['claims_supported']).toEqual(
    expect.arrayContaining(['sub', 'roles', 'email', 'email_verified', 'name', 'acr', 'amr', 'auth_time', 'iss']),
  );
  expect(metadata['subject_types_supported']).toEqual(['public']);
});

test('apps can read that iss comes with every answer, and that requests cannot be passed as objects or by address', () => {
  expect(metadata['authorization_response_iss_parameter_supported']).toBe(true);
  expect(metadata['request_uri_parameter_supported']).toBe(false);
  expect(metadata['request_parameter_supported']).not.toBe(true);
  expect(metadata['claims_parameter_supported']).toBe(true);
});

test('nothing is signed or checked with a shared secret or not at all', () => {
  const algorithms = Object.entries(metadata).filter(([name]) => name.includes('_alg_values_'));
  expect(algorithms.length).toBeGreaterThan(2);
  for (const [name, values] of algorithms) {
    for (const alg of values as string[]) expect(alg, name).toMatch(/^(RS256|PS256|ES256|EdDSA|Ed25519)$/);
  }
  expect(metadata['id_token_signing_alg_values_supported']).toEqual(['RS256', 'PS256', 'ES256']);
  expect([...(metadata['token_endpoint_auth_methods_supported'] as string[])].sort()).toEqual([
    'client_secret_basic',
    'client_secret_post',
    'none',
    'private_key_jwt',
  ]);
});

test('the key set has keys of at least 2048 or 256 bits with their public parts only, RS256 first, and the one that signs is among them', async () => {
  const { keys } = (await json('/jwks')) as { keys: Record<string, string>[] };
  expect(keys.map(({ kty, use, alg }) => [kty, use, alg])).toEqual([
    ['RSA', 'sig', 'RS256'],
    ['RSA', 'sig', 'PS256'],
    ['EC', 'sig', 'ES256'],
  ]);
  for (const key of keys) {
    if (key['kty'] === 'RSA') expect(Buffer.from(key['n'] ?? '', 'base64url').length).toBeGreaterThanOrEqual(256);
    else expect(key['crv']).toBe('P-256');
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) expect(key).not.toHaveProperty(secret);
  }
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
  await server.person({ email: 'keys@example.test' });
  const { tokens } = await signedIn(server.issuer, { email: 'keys@example.test' });
  for (const jwt of [tokens.idToken, tokens.accessToken]) {
    expect(keys.map(({ kid }) => kid)).toContain(headerOf(jwt)['kid']);
  }
});

test('metadata and key set are JSON that may be cached for a while', async () => {
  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/jwks']) {
    const response = await fetch(`${server.issuer}${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type'), path).toMatch(/^application\/(json|jwk-set\+json)/);
    expect(response.headers.get('cache-control'), path).toMatch(/^public, max-age=[1-9]/);
    expect(response.headers.get('set-cookie')).toBeNull();
  }
});

describe('T20 flows that nobody asked for: better-auth CVE-2026-45337; Keycloak CVE-2026-9798, CVE-2026-16103', () => {
  test.each(['/device', '/device/auth', '/backchannel', '/reg', '/reg/web', '/credential', '/challenge', '/ciba'])(
    'there is nothing at %s, where a feature that is off would be',
    async (path) => {
      expect((await fetch(`${server.issuer}${path}`)).status).toBe(404);
      expect((await fetch(`${server.issuer}${path}`, { method: 'POST', body: new URLSearchParams() })).status).toBe(
        404,
      );
    },
  );

  test('and discovery names none of them', () => {
    const names = Object.keys(metadata).join(' ');
    expect(names).not.toMatch(/device|backchannel_auth|registration|credential|challenge_endpoint|pre-auth/);
    expect(JSON.stringify(metadata['grant_types_supported'])).not.toMatch(
      /device|ciba|password|implicit|exchange|jwt-bearer/,
    );
  });
});
