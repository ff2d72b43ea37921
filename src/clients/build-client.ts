// A checked client file becomes a Client: presets fill in what it leaves out.

import { deepFreeze, frozenMap } from '../config/frozen.ts';
import { DEFAULT_ALGORITHM } from '../config/keys/algorithms.ts';
import type { Client, ClientSecret } from './client.ts';
import type { ClientFile } from './client-file.ts';
import { authMethodOf, grantTypesOf, PRESETS } from './presets.ts';
import { DEFAULT_ROLE_FORMAT } from './rights/role-format.ts';

export interface ClientParts {
  readonly secrets: readonly ClientSecret[];
  readonly logoFile: string | undefined;
  readonly source: Client['source'];
}

export function buildClient(file: ClientFile, { secrets, logoFile, source }: ClientParts): Client {
  const preset = PRESETS[file.preset];
  const redirectUris = file.redirect_uris ?? [];
  return deepFreeze<Client>({
    clientId: file.client_id,
    clientName: file.client_name ?? file.client_id,
    preset: file.preset,
    redirectUris,
    postLogoutRedirectUris: file.post_logout_redirect_uris ?? [],
    backchannelLogoutUri: file.backchannel_logout_uri,
    backchannelLogoutSessionRequired: file.backchannel_logout_session_required ?? false,
    grantTypes: [...(grantTypesOf(file) ?? [])],
    tokenEndpointAuthMethod: authMethodOf(file) ?? 'client_secret_basic',
    secrets,
    jwks: file.jwks,
    jwksUri: file.jwks_uri,
    scopes: file.scope === undefined ? [...preset.defaultScopes] : [...new Set(file.scope.split(' '))],
    resources: frozenMap(Object.entries(file.resources ?? {})),
    requirePkce: file.require_pkce ?? true,
    requirePushedAuthorizationRequests: file.require_pushed_authorization_requests ?? false,
    dpopBoundAccessTokens: file.dpop_bound_access_tokens ?? false,
    consent: file.consent ?? 'ask',
    access: {
      requireAnyRole: file.access?.require_any_role ?? [],
      requireAnyGroup: file.access?.require_any_group ?? [],
      attributes: Object.entries(file.access?.attributes ?? {}).map(([name, { in: values }]) => ({ name, values })),
      acr: file.access?.acr ?? 'pwd',
    },
    roles: rolesOf(file),
    scopeClaimsInIdToken: file.id_token_claims ?? true,
    idTokenAlgorithm: file.id_token_signed_response_alg ?? DEFAULT_ALGORITHM,
    allowedOrigins: file.allowed_origins ?? (file.preset === 'spa' ? originsOf(redirectUris) : []),
    introspect: file.introspect ?? [],
    assertionAudience: file.assertion_audience ?? 'issuer',
    clientUri: file.client_uri,
    policyUri: file.policy_uri,
    tosUri: file.tos_uri,
    logoFile,
    source,
  });
}

const rolesOf = ({ roles }: ClientFile): Client['roles'] => ({
  include: roles?.include,
  assign: roles?.assign ?? [],
  claim: roles?.claim ?? DEFAULT_ROLE_FORMAT.claim,
  as: roles?.as ?? DEFAULT_ROLE_FORMAT.as,
  stripPrefix: roles?.strip_prefix,
  in: roles?.in ?? DEFAULT_ROLE_FORMAT.in,
});

/** A page that gets its code at an address is the page whose script redeems it. */
const originsOf = (uris: readonly string[]): string[] => [...new Set(uris.map((uri) => new URL(uri).origin))];
