// Our client as the engine wants it: RFC 7591 metadata, fresh for each call, always in the same order (the engine caches by its text).

import type { Client } from './client.ts';
import { isBuiltIn } from './live/built-in.ts';

/**
 * Stands where the engine insists on a secret. It is no secret and authenticates nobody: `compareClientSecret` is
 * overridden and looks at the hashes.
 */
const SECRET_MARKER = 'hashed-secrets-are-compared-elsewhere-this-is-not-one';

export function toClientMetadata(client: Client): Record<string, unknown> {
  const usesSecret = client.tokenEndpointAuthMethod.startsWith('client_secret_');
  const metadata: Record<string, unknown> = {
    client_id: client.clientId,
    client_name: client.clientName,
    application_type: client.preset === 'native' ? 'native' : 'web',
    redirect_uris: [...client.redirectUris],
    post_logout_redirect_uris: [...client.postLogoutRedirectUris],
    backchannel_logout_uri: client.backchannelLogoutUri,
    backchannel_logout_session_required: client.backchannelLogoutSessionRequired,
    grant_types: [...client.grantTypes],
    response_types: responseTypesOf(client),
    token_endpoint_auth_method: client.tokenEndpointAuthMethod,
    client_secret: usesSecret ? SECRET_MARKER : undefined,
    jwks: client.jwks === undefined ? undefined : structuredClone(client.jwks),
    jwks_uri: client.jwksUri,
    scope: client.scopes.length > 0 ? client.scopes.join(' ') : undefined,
    subject_type: 'public',
    id_token_signed_response_alg: client.idTokenAlgorithm,
    require_pushed_authorization_requests: client.requirePushedAuthorizationRequests,
    dpop_bound_access_tokens: client.dpopBoundAccessTokens,
    client_uri: client.clientUri,
    policy_uri: client.policyUri,
    tos_uri: client.tosUri,
  };
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined));
}

/** Nobody but the built-in client is answered without a code. */
function responseTypesOf(client: Client): string[] {
  if (isBuiltIn(client.clientId)) return ['none'];
  return client.grantTypes.includes('authorization_code') ? ['code'] : [];
}
