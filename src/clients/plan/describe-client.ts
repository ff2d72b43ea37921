// A client as a plan compares it: keys of its file with what they mean, presets filled in, without a secret or its hash.
import { createHash, createHmac } from 'node:crypto';
import { basename } from 'node:path';
import { type Described, described, type Keys, nothing } from '../../config/effective/described.ts';
import { buildClient } from '../build-client.ts';
import type { Client, ClientRegistry, ClientSecret, Preset } from '../client.ts';
import type { AttributeCondition } from '../rights/access-conditions.ts';

/** As it is kept and compared; all of it is JSON. */
export interface ServedClient {
  readonly name: string;
  readonly file: string;
  readonly values: Described;
  readonly secrets: readonly ServedSecret[];
}

export interface ServedSecret {
  /** Tells secrets apart and leads back to none: an HMAC under a key of the master secret, cut short. */
  readonly fingerprint: string;
  /** ISO 8601; null: it does not expire. */
  readonly expires: string | null;
  /** ISO 8601; null: the file does not say. */
  readonly created: string | null;
  /** When a server first served it; null before it has been served. */
  readonly firstSeen: string | null;
}

export type ServedClients = Readonly<Record<string, ServedClient>>;

/** Sorted by client_id. `key` makes the fingerprints. */
export const describeClients = (clients: ClientRegistry, key: Buffer): ServedClients =>
  Object.fromEntries(
    [...clients.values()]
      .sort((a, b) => (a.clientId < b.clientId ? -1 : 1))
      .map((client) => [client.clientId, describeClient(client, key)]),
  );

export const describeClient = (client: Client, key: Buffer): ServedClient => ({
  name: client.clientName,
  file: client.source.file,
  values: described(client, KEYS),
  secrets: client.secrets.map((secret) => describeSecret(secret, key)),
});

/** What a file says that states nothing but its preset. */
export const defaultsFor = (clientId: string, preset: Preset): Described =>
  described(
    buildClient(
      { client_id: clientId, preset },
      { secrets: [], logoFile: undefined, source: { file: '', line: 0, lines: {} } },
    ),
    KEYS,
  );

const KEYS: Keys<Client> = {
  clientId: nothing,
  clientName: 'client_name',
  preset: 'preset',
  redirectUris: 'redirect_uris',
  postLogoutRedirectUris: 'post_logout_redirect_uris',
  backchannelLogoutUri: 'backchannel_logout_uri',
  backchannelLogoutSessionRequired: 'backchannel_logout_session_required',
  grantTypes: 'grant_types',
  tokenEndpointAuthMethod: 'token_endpoint_auth_method',
  // Compared one by one, not as values.
  secrets: nothing,
  jwks: (jwks) => ({ jwks: jwks === undefined ? null : jwks.keys.map(shownKey) }),
  jwksUri: 'jwks_uri',
  scopes: 'scope',
  resources: (resources) => ({ resources: [...resources].flatMap(([audience, scopes]) => pairs(audience, scopes)) }),
  requirePkce: 'require_pkce',
  requirePushedAuthorizationRequests: 'require_pushed_authorization_requests',
  dpopBoundAccessTokens: 'dpop_bound_access_tokens',
  consent: 'consent',
  access: (access) =>
    described(access, {
      requireAnyRole: 'access.require_any_role',
      requireAnyGroup: 'access.require_any_group',
      attributes: (conditions) => ({ 'access.attributes': conditions.flatMap(shownCondition) }),
      acr: 'access.acr',
    }),
  roles: (roles) =>
    described(roles, {
      include: 'roles.include',
      assign: 'roles.assign',
      claim: 'roles.claim',
      as: 'roles.as',
      stripPrefix: 'roles.strip_prefix',
      in: 'roles.in',
    }),
  scopeClaimsInIdToken: 'id_token_claims',
  idTokenAlgorithm: 'id_token_signed_response_alg',
  allowedOrigins: 'allowed_origins',
  introspect: 'introspect',
  assertionAudience: 'assertion_audience',
  clientUri: 'client_uri',
  policyUri: 'policy_uri',
  tosUri: 'tos_uri',
  // Where it lies differs between machines.
  logoFile: (file) => ({ logo: file === undefined ? null : basename(file) }),
  source: nothing,
};

/** `https://api.example.com orders:read`; an API without scopes stands alone. */
const pairs = (audience: string, scopes: readonly string[]): readonly string[] =>
  scopes.length === 0 ? [audience] : scopes.map((scope) => `${audience} ${scope}`);

/** `department finance`: one of them for each value. */
const shownCondition = ({ name, values }: AttributeCondition): readonly string[] =>
  values.map((value) => `${name} ${value}`);

function shownKey(jwk: Readonly<Record<string, unknown>>): string {
  const canonical = JSON.stringify(Object.entries(jwk).sort(([a], [b]) => (a < b ? -1 : 1)));
  const digest = createHash('sha256').update(canonical).digest('base64url').slice(0, 12);
  return [jwk['kty'], jwk['crv'], jwk['kid'], digest].filter((part) => part !== undefined).join(' ');
}

const describeSecret = ({ sha256, expires, created }: ClientSecret, key: Buffer): ServedSecret => ({
  fingerprint: fingerprint(key, sha256),
  expires: expires?.toISOString() ?? null,
  created: created?.toISOString() ?? null,
  firstSeen: null,
});

/** 48 bits: nobody has so many secrets that two look alike. */
export const fingerprint = (key: Buffer, subject: Buffer | string): string =>
  createHmac('sha256', key).update(subject).digest('base64url').slice(0, 8);
