// The engine accepts every client we make, as we mean it.
import { generateKeyPairSync } from 'node:crypto';
import { type Adapter, type ClientMetadata, Provider } from 'oidc-provider';
import { describe, expect, test } from 'vitest';
import type { Client } from '../../../src/clients/client.ts';
import { toClientMetadata } from '../../../src/clients/client-metadata.ts';
import { OIDC_SCOPES } from '../../../src/config/scopes.ts';
import { clientWith, PUBLIC_KEY } from './client-files.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Clients are given to the engine directly here; nothing is stored. */
const nothingStored: Adapter = {
  upsert: async () => undefined,
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
};

/** The engine's Client, made from our metadata. */
async function engineClient(client: Client) {
  const provider = new Provider('http://localhost:3000', {
    clients: [toClientMetadata(client) as unknown as ClientMetadata],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    responseTypes: ['code'],
    scopes: [...OIDC_SCOPES],
    adapter: () => nothingStored,
    jwks: { keys: [privateKey.export({ format: 'jwk' }) as { kty: string }] },
    features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true }, dPoP: { enabled: true } },
  });
  const found = await provider.Client.find(client.clientId);
  if (found === undefined) throw new Error('the engine does not know the client');
  return found;
}

describe('the engine takes', () => {
  test('a web app, without ever seeing its secret', async () => {
    const client = clientWith('web', 'client_secrets: [{env: S}]\nclient_uri: https://app.test/', {
      S: 'kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e',
    });
    const metadata = toClientMetadata(client);
    expect(metadata).toMatchObject({
      client_id: 'app',
      application_type: 'web',
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'openid profile email roles',
      id_token_signed_response_alg: 'RS256',
      subject_type: 'public',
      client_uri: 'https://app.test/',
    });
    expect(metadata).not.toHaveProperty('logo_uri');
    expect(String(metadata['client_secret']).length).toBeGreaterThanOrEqual(32);
    expect(JSON.stringify(metadata)).not.toContain('kq3J9d8H');
    expect((await engineClient(client)).redirectUris).toEqual(['https://app.test/cb']);
  });

  test('a spa without a secret', async () => {
    const client = clientWith('spa', '');
    expect(toClientMetadata(client)).not.toHaveProperty('client_secret');
    expect((await engineClient(client)).clientAuthMethod).toBe('none');
  });

  test('a service without redirects', async () => {
    const client = await engineClient(clientWith('service', ''));
    expect(client.responseTypes).toEqual([]);
    expect(client.grantTypes).toEqual(['client_credentials']);
    expect(client.redirectUris).toEqual([]);
  });

  test('an app with keys, PAR and DPoP', async () => {
    const lines = `token_endpoint_auth_method: private_key_jwt\nclient_secrets: -\njwks: {keys: [${PUBLIC_KEY}]}\nrequire_pushed_authorization_requests: true\ndpop_bound_access_tokens: true`;
    const client = await engineClient(clientWith('web', lines));
    expect(client.metadata()).toMatchObject({
      jwks: { keys: [{ kty: 'EC' }] },
      require_pushed_authorization_requests: true,
      dpop_bound_access_tokens: true,
    });
  });

  test('an app with client_secret_post and post-logout addresses', async () => {
    const lines = 'token_endpoint_auth_method: client_secret_post\npost_logout_redirect_uris: [https://app.test/]';
    const client = await engineClient(clientWith('web', lines));
    expect(client.postLogoutRedirectUris).toEqual(['https://app.test/']);
  });
});

describe('redirects in the engine', () => {
  const lines =
    'redirect_uris: ["com.example.app:/cb", "http://127.0.0.1/cb", "http://[::1]:5000/cb", https://app.test/cb]';

  test('a native app may use any loopback port', async () => {
    const client = await engineClient(clientWith('native', lines));
    const tried = [
      'com.example.app:/cb',
      'http://127.0.0.1:49152/cb',
      'http://127.0.0.1/cb',
      'http://[::1]:6000/cb',
      'https://app.test/cb',
    ];
    expect(tried.filter((uri) => !client.redirectUriAllowed(uri))).toEqual([]);
  });

  test('a native app gets no other freedom', async () => {
    const client = await engineClient(clientWith('native', lines));
    const tried = [
      'http://127.0.0.1:49152/other',
      'http://localhost:49152/cb',
      'http://user@127.0.0.1:49152/cb',
      'http://127.0.0.1:49152/cb?x=1',
      'https://app.test:8443/cb',
      'com.example.app:/other',
    ];
    expect(tried.filter((uri) => client.redirectUriAllowed(uri))).toEqual([]);
  });

  test('a web app keeps to its port', async () => {
    const client = await engineClient(clientWith('web', 'redirect_uris: ["http://127.0.0.1:3001/cb"]'));
    expect(client.redirectUriAllowed('http://127.0.0.1:3001/cb')).toBe(true);
    expect(client.redirectUriAllowed('http://127.0.0.1:3002/cb')).toBe(false);
  });
});

test('the same client gives the same text each time, and what the engine changes is not ours', () => {
  const client = clientWith('web', '');
  const [first, second] = [toClientMetadata(client), toClientMetadata(client)];
  expect(JSON.stringify(first)).toBe(JSON.stringify(second));
  (first['grant_types'] as string[]).push('implicit');
  expect(client.grantTypes).not.toContain('implicit');
});
