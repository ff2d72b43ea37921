// What the file of an app says, in the words of the file.
import type { Client } from '../../clients/client.ts';
import type { Texts } from '../../texts/messages.ts';

export interface Fact {
  /** The key of the file. */
  readonly key: string;
  readonly values: readonly string[];
}

/** Without secrets; what is empty is left out. */
export function clientFacts(t: Texts, client: Client): readonly Fact[] {
  const all: Readonly<Record<string, readonly (string | undefined)[]>> = {
    client_id: [client.clientId],
    preset: [client.preset],
    file: [`${client.source.file}:${client.source.line}`],
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    backchannel_logout_uri: [client.backchannelLogoutUri],
    grant_types: client.grantTypes,
    token_endpoint_auth_method: [client.tokenEndpointAuthMethod],
    jwks_uri: [client.jwksUri],
    scope: client.scopes,
    resources: [...client.resources].map(([audience, scopes]) => [audience, ...scopes].join(' ')),
    consent: [client.consent],
    'access.require_any_role': client.access.requireAnyRole,
    'access.require_any_group': client.access.requireAnyGroup,
    'access.attributes': client.access.attributes.map(({ name, values }) => `${name} in [${values.join(', ')}]`),
    'access.acr': [client.access.acr],
    'roles.include': client.roles.include ?? [],
    'roles.assign': client.roles.assign,
    'roles.claim': [client.roles.claim],
    'roles.as': [client.roles.as],
    'roles.strip_prefix': [client.roles.stripPrefix],
    'roles.in': client.roles.in,
    require_pkce: [yesOrNo(t, client.requirePkce)],
    require_pushed_authorization_requests: [yesOrNo(t, client.requirePushedAuthorizationRequests)],
    dpop_bound_access_tokens: [yesOrNo(t, client.dpopBoundAccessTokens)],
    allowed_origins: client.allowedOrigins,
    introspect: client.introspect,
  };
  return Object.entries(all)
    .map(([key, values]) => ({ key, values: values.filter((value) => value !== undefined) }))
    .filter(({ values }) => values.length > 0);
}

const yesOrNo = (t: Texts, value: boolean): string => t(value ? 'admin.yes' : 'admin.no');
