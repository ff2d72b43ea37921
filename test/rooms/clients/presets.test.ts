// What a preset decides when the file says nothing.
import { expect, test } from 'vitest';
import { frozenMap } from '../../../src/config/frozen.ts';
import { clientWith, PUBLIC_KEY } from './client-files.ts';

test('web is confidential and lets people stay signed in', () => {
  expect(clientWith('web', '')).toMatchObject({
    clientId: 'app',
    clientName: 'app',
    tokenEndpointAuthMethod: 'client_secret_basic',
    grantTypes: ['authorization_code', 'refresh_token'],
    scopes: ['openid', 'profile', 'email', 'roles'],
    requirePkce: true,
    consent: 'ask',
    requirePushedAuthorizationRequests: false,
    dpopBoundAccessTokens: false,
    scopeClaimsInIdToken: true,
    idTokenAlgorithm: 'RS256',
    assertionAudience: 'issuer',
    access: { requireAnyRole: [], requireAnyGroup: [], attributes: [], acr: 'pwd' },
    roles: {
      include: undefined,
      assign: [],
      claim: 'roles',
      as: 'array',
      stripPrefix: undefined,
      in: ['id_token', 'access_token', 'userinfo'],
    },
    allowedOrigins: [],
    introspect: [],
    logoFile: undefined,
    source: { file: 'config/clients/app.yaml', line: 1, lines: {} },
  });
});

test('spa is public, and its pages may call us', () => {
  const lines = 'redirect_uris: [https://app.test/cb, https://app.test/silent, "http://localhost:5173/cb"]';
  expect(clientWith('spa', lines)).toMatchObject({
    tokenEndpointAuthMethod: 'none',
    secrets: [],
    grantTypes: ['authorization_code', 'refresh_token'],
    requirePkce: true,
    allowedOrigins: ['https://app.test', 'http://localhost:5173'],
  });
});

test('a file may narrow the origins of a spa to none', () => {
  expect(clientWith('spa', 'allowed_origins: []').allowedOrigins).toEqual([]);
});

test('native is public', () => {
  expect(clientWith('native', 'redirect_uris: ["com.example.app:/cb"]')).toMatchObject({
    tokenEndpointAuthMethod: 'none',
    grantTypes: ['authorization_code', 'refresh_token'],
    allowedOrigins: [],
  });
});

test('service acts for itself alone', () => {
  expect(clientWith('service', 'roles: {assign: [deployer]}\nresources: {"https://api.test": [read]}')).toMatchObject({
    tokenEndpointAuthMethod: 'client_secret_basic',
    grantTypes: ['client_credentials'],
    redirectUris: [],
    scopes: [],
    roles: { include: undefined, assign: ['deployer'] },
    resources: frozenMap([['https://api.test', ['read']]]),
  });
});

test('what the file says stands', () => {
  const lines = `client_name: My App
token_endpoint_auth_method: private_key_jwt
client_secrets: -
jwks: {keys: [${PUBLIC_KEY}]}
grant_types: [authorization_code, client_credentials]
scope: openid roles
resources: {"https://api.test": [write]}
require_pkce: false
require_pushed_authorization_requests: true
dpop_bound_access_tokens: true
consent: skip
access: {require_any_role: [staff], acr: mfa}
roles: {include: ["shop-*", "gatehouse:admin"]}
id_token_claims: false
allowed_origins: [https://other.test]
introspect: ["https://api.test", "http://localhost:3000"]
assertion_audience: token_endpoint
client_uri: https://app.test/
policy_uri: https://app.test/privacy
tos_uri: http://localhost:3001/tos`;
  expect(clientWith('web', lines)).toMatchObject({
    clientName: 'My App',
    tokenEndpointAuthMethod: 'private_key_jwt',
    grantTypes: ['authorization_code', 'client_credentials'],
    scopes: ['openid', 'roles'],
    resources: frozenMap([['https://api.test', ['write']]]),
    requirePkce: false,
    requirePushedAuthorizationRequests: true,
    dpopBoundAccessTokens: true,
    consent: 'skip',
    access: { requireAnyRole: ['staff'], acr: 'mfa' },
    roles: { include: ['shop-*', 'gatehouse:admin'] },
    scopeClaimsInIdToken: false,
    allowedOrigins: ['https://other.test'],
    introspect: ['https://api.test', 'http://localhost:3000'],
    assertionAudience: 'token_endpoint',
    clientUri: 'https://app.test/',
    policyUri: 'https://app.test/privacy',
    tosUri: 'http://localhost:3001/tos',
  });
});
