// The yardstick: oidc-provider with its in-memory adapter and nothing of ours, as its documentation has it, on a plain
// HTTP server. It knows one service and one app, and signs with RS256 as we do. Says its port over its channel.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';
import { API, SPA_CALLBACK, WEB_SECRET } from '../../support/start-server.ts';
import { ISSUER } from './site.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const configuration: Configuration = {
  clients: [
    {
      client_id: 'robot',
      client_secret: WEB_SECRET,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
    {
      client_id: 'spa',
      token_endpoint_auth_method: 'none',
      application_type: 'web',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [SPA_CALLBACK],
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' }] },
  cookies: { keys: ['a-key-of-the-yardstick'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: 'items:read',
        audience: API,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  rotateRefreshToken: true,
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: 'somebody@example.test' }) }),
  ttl: {
    AccessToken: 3600,
    ClientCredentials: 600,
    Grant: 86_400,
    IdToken: 3600,
    RefreshToken: 86_400,
    Session: 86_400,
  },
};

const provider = new Provider(ISSUER, configuration);
provider.proxy = true;

/** As if somebody had signed in at the app. */
async function refreshToken(): Promise<string> {
  const client = await provider.Client.find('spa');
  if (client === undefined) throw new Error('no client');
  const grant = new provider.Grant({ accountId: randomUUID(), clientId: 'spa' });
  grant.addOIDCScope('openid profile email offline_access');
  const grantId = await grant.save();
  const token = new provider.RefreshToken({
    accountId: String(grant.accountId),
    client,
    grantId,
    gty: 'authorization_code',
    scope: 'openid profile email offline_access',
    authTime: Math.floor(Date.now() / 1000),
  } as ConstructorParameters<typeof provider.RefreshToken>[0]);
  return token.save();
}

const server = createServer(provider.callback());
server.listen(0, '127.0.0.1', async () => {
  const tokens = await Promise.all(Array.from({ length: 16 }, refreshToken));
  process.send?.({ port: (server.address() as AddressInfo).port, tokens });
});
