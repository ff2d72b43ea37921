// gatehouse client list and client show: what the files say, with the defaults of the presets.
import type { Client, ClientSecret } from '../../clients/client.ts';
import { ConfigurationInvalid } from '../../config/problem.ts';
import { count, details, table } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { readClientFiles, unknownClient } from './read-files.ts';

/** Files with problems are listed too, by what they state. */
export async function listClients(invocation: Invocation): Promise<Answer> {
  const { files } = readClientFiles(invocation).loaded;
  const broken = files.filter(({ client }) => client === undefined).length;
  const rows = files.map(({ file, client, stated }) =>
    client === undefined
      ? [stated?.clientId, undefined, undefined, undefined, `${file} (has problems)`]
      : [client.clientId, client.clientName, client.preset, client.tokenEndpointAuthMethod, file],
  );
  const text = table(['CLIENT', 'NAME', 'PRESET', 'AUTHENTICATION', 'FILE'], rows);
  return {
    result: {
      clients: files.map(({ file, client, stated, problems }) => ({
        client_id: client?.clientId ?? stated?.clientId,
        client_name: client?.clientName,
        preset: client?.preset,
        token_endpoint_auth_method: client?.tokenEndpointAuthMethod,
        file,
        problems: problems.length,
      })),
    },
    text:
      broken === 0 ? text : `${text}\n${count(broken, 'file has', 'files have')} problems: gatehouse client validate`,
  };
}

/** @throws ConfigurationInvalid with the problems of its file */
export async function showClient(invocation: Invocation, { clientId }: { clientId: string }): Promise<Answer> {
  const { loaded, circumstances } = readClientFiles(invocation);
  const found = loaded.files.find(({ client, stated }) => (client?.clientId ?? stated?.clientId) === clientId);
  if (found === undefined) throw unknownClient(clientId);
  const { client, problems } = found;
  if (client === undefined) throw new ConfigurationInvalid(problems);
  return { result: clientResult(client, circumstances.now), text: clientText(client, circumstances.now) };
}

/** The names of RFC 7591, as in the file. */
const clientResult = (client: Client, now: Date) => ({
  client_id: client.clientId,
  client_name: client.clientName,
  preset: client.preset,
  file: client.source.file,
  redirect_uris: client.redirectUris,
  post_logout_redirect_uris: client.postLogoutRedirectUris,
  backchannel_logout_uri: client.backchannelLogoutUri,
  backchannel_logout_session_required: client.backchannelLogoutSessionRequired,
  grant_types: client.grantTypes,
  token_endpoint_auth_method: client.tokenEndpointAuthMethod,
  client_secrets: client.secrets.map((secret) => ({
    expires: secret.expires,
    expired: isExpired(secret, now),
    created: secret.created,
  })),
  jwks_uri: client.jwksUri,
  scope: client.scopes.join(' '),
  resources: Object.fromEntries(client.resources),
  require_pkce: client.requirePkce,
  require_pushed_authorization_requests: client.requirePushedAuthorizationRequests,
  dpop_bound_access_tokens: client.dpopBoundAccessTokens,
  consent: client.consent,
  access: {
    require_any_role: client.access.requireAnyRole,
    require_any_group: client.access.requireAnyGroup,
    attributes: Object.fromEntries(client.access.attributes.map(({ name, values }) => [name, { in: values }])),
    acr: client.access.acr,
  },
  roles: {
    include: client.roles.include,
    assign: client.roles.assign,
    claim: client.roles.claim,
    as: client.roles.as,
    strip_prefix: client.roles.stripPrefix,
    in: client.roles.in,
  },
  id_token_claims: client.scopeClaimsInIdToken,
  id_token_signed_response_alg: client.idTokenAlgorithm,
  allowed_origins: client.allowedOrigins,
  introspect: client.introspect,
  assertion_audience: client.assertionAudience,
  client_uri: client.clientUri,
  policy_uri: client.policyUri,
  tos_uri: client.tosUri,
  logo: client.logoFile,
});

/** What a client is not asked about stands there as `-`. */
function clientText(client: Client, now: Date): string {
  const asks = client.preset !== 'service';
  return details([
    ['client', client.clientId],
    ['name', client.clientName],
    ['preset', client.preset],
    ['file', `${client.source.file}:${client.source.line}`],
    ['redirects', client.redirectUris.join(' ')],
    ['after signing out', client.postLogoutRedirectUris.join(' ')],
    ['told of sign-outs', client.backchannelLogoutUri],
    ['grants', client.grantTypes.join(' ')],
    ['authentication', client.tokenEndpointAuthMethod],
    ['secrets', client.secrets.map((secret) => secretText(secret, now)).join(', ')],
    ['scopes', client.scopes.join(' ')],
    ['APIs', [...client.resources].map(([audience, scopes]) => `${audience} (${scopes.join(' ')})`).join(', ')],
    ['PKCE', asks ? client.requirePkce : undefined],
    ['pushed requests', asks ? client.requirePushedAuthorizationRequests : undefined],
    ['DPoP', client.dpopBoundAccessTokens],
    ['consent', asks ? client.consent : undefined],
    ['only for', conditionsText(client.access)],
    ['second factor', asks ? SECOND_FACTOR[client.access.acr] : undefined],
    ['sees roles', asks ? (client.roles.include?.join(' ') ?? 'all but gatehouse:…') : undefined],
    ['reads roles', asks || client.roles.assign.length > 0 ? readsRoles(client.roles) : undefined],
    ['has roles', client.roles.assign.join(' ')],
    ['origins', client.allowedOrigins.join(' ')],
    ['introspects', client.introspect.join(' ')],
  ]);
}

/** All of it has to hold. */
const conditionsText = ({ requireAnyRole, requireAnyGroup, attributes }: Client['access']): string =>
  [
    ...(requireAnyRole.length === 0 ? [] : [`roles ${requireAnyRole.join(' | ')}`]),
    ...(requireAnyGroup.length === 0 ? [] : [`groups ${requireAnyGroup.join(' | ')}`]),
    ...attributes.map(({ name, values }) => `${name} ${values.join(' | ')}`),
  ].join(', and ');

function readsRoles({ claim, as: form, stripPrefix, in: places }: Client['roles']): string {
  const without = stripPrefix === undefined ? '' : `, without ${stripPrefix}`;
  return `as ${form} under ${claim}${without}, in ${places.join(' ')}`;
}

const SECOND_FACTOR: Readonly<Record<Client['access']['acr'], string>> = {
  pwd: 'not demanded by this file',
  mfa: 'at every sign-in',
};

const isExpired = ({ expires }: ClientSecret, now: Date): boolean => expires !== undefined && expires <= now;

function secretText(secret: ClientSecret, now: Date): string {
  if (secret.expires === undefined) return 'one without an end';
  const moment = secret.expires.toISOString().slice(0, 16).replace('T', ' ');
  return isExpired(secret, now) ? `one expired ${moment}Z` : `one until ${moment}Z`;
}
