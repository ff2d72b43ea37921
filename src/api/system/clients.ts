// Apps, as their files have them: read-only.
import { z } from 'zod';
import type { Client } from '../../clients/client.ts';
import { secretDaysLeft } from '../../clients/live/secret-age.ts';
import { byCodePoint } from '../../config/roles/by-code-point.ts';
import { countLiveGrants } from '../../protocol-store/live-grants.ts';
import { type AppUse, MOST_COUNTED, useOfApps } from '../../sessions/app-sign-ins.ts';
import type { ApiDeps } from '../deps.ts';
import { found, moment, name, said } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { page, pageAmong, pageFields, pageOf } from '../pages.ts';

const clientSchema = z
  .object({
    client_id: z.string(),
    client_name: z.string(),
    preset: z.enum(['web', 'spa', 'native', 'service']),
    file: z.string(),
    line: z.int(),
    redirect_uris: z.array(z.string()),
    post_logout_redirect_uris: z.array(z.string()),
    backchannel_logout_uri: z.string().nullable(),
    grant_types: z.array(z.string()),
    token_endpoint_auth_method: z.string(),
    client_secrets: z
      .array(z.object({ created: moment.nullable(), expires: moment.nullable(), expired: z.boolean() }))
      .describe('Never the secrets themselves.'),
    secret_days_left: z
      .int()
      .nullable()
      .describe('Until the last one expires; null where one stays, or there is none.'),
    jwks_uri: z.string().nullable(),
    scope: z.string(),
    resources: z.record(z.string(), z.array(z.string())),
    require_pkce: z.boolean(),
    require_pushed_authorization_requests: z.boolean(),
    dpop_bound_access_tokens: z.boolean(),
    consent: z.enum(['ask', 'skip']),
    introspect: z.array(z.string()),
    allowed_origins: z.array(z.string()),
    roles: z.object({
      assign: z.array(z.string()),
      include: z.array(z.string()).nullable(),
      claim: z.string(),
      as: z.string(),
      strip_prefix: z.string().nullable(),
      in: z.array(z.string()),
    }),
    access: z.object({
      require_any_role: z.array(z.string()),
      require_any_group: z.array(z.string()),
      attributes: z.record(z.string(), z.object({ in: z.array(z.union([z.string(), z.number(), z.boolean()])) })),
      acr: z.enum(['pwd', 'mfa']),
    }),
    use: z
      .object({
        people: z.int(),
        grants: z.int(),
        sign_ins_30_days: z.int().describe('Today (UTC) and on the 29 days before it, all of them.'),
        last_sign_in_at: moment.nullable(),
      })
      .describe(`Who signs in there, and the grants that stand; these two are counted up to ${MOST_COUNTED}.`),
  })
  .meta({ id: 'Client', description: 'By the names of the client file (RFC 7591).' });

const problems = z.object({ items: z.array(z.string()) });

export const clientOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'listClients',
    method: 'GET',
    path: '/clients',
    needs: 'clients:read',
    tag: 'Clients',
    summary: 'All apps and services, by client_id',
    query: z.strictObject(pageFields),
    success: { status: 200, description: 'A page of them.', schema: pageOf(clientSchema) },
    run: async ({ query }) => {
      const all = [...deps.live.current().values()].sort((a, b) => byCodePoint(a.clientId, b.clientId));
      const { items, next } = pageAmong(all, query, ({ clientId }) => clientId);
      const ids = items.map(({ clientId }) => clientId);
      const use = await useOf(deps, ids);
      return page('/clients', query, {
        items: items.map((client) => shown(deps, client, use.get(client.clientId))),
        next,
      });
    },
  }),
  operation({
    id: 'getClient',
    method: 'GET',
    path: '/clients/:clientId',
    needs: 'clients:read',
    tag: 'Clients',
    summary: 'One app or service, with its file and line',
    params: z.object({ clientId: name }),
    success: { status: 200, description: 'The client.', schema: clientSchema },
    run: async ({ params: { clientId } }) => {
      const client = found(deps.live.current().get(clientId));
      const use = await useOf(deps, [clientId]);
      return { status: 200, body: shown(deps, client, use.get(clientId)), tagged: true };
    },
  }),
  operation({
    id: 'listFileProblems',
    method: 'GET',
    path: '/file-problems',
    needs: 'clients:read',
    tag: 'Clients',
    summary: 'What was wrong with the files when they were last read, with file and line',
    description: 'Of the client files; with roles:read of roles.yaml too, with config:read of gatehouse.yaml.',
    success: { status: 200, description: 'All of it; what was in force still is.', schema: problems },
    run: async ({ may }) => {
      const { clients, roles, server } = deps.live.problems();
      const items = [...clients, ...(may.has('roles:read') ? roles : []), ...(may.has('config:read') ? server : [])];
      return { status: 200, body: { items } };
    },
  }),
];

async function useOf(deps: ApiDeps, ids: readonly string[]): Promise<ReadonlyMap<string, Use>> {
  const use = await useOfApps(deps, ids);
  const grants = await countLiveGrants(deps, ids, MOST_COUNTED);
  return new Map([...use].map(([id, each]) => [id, { ...each, grants: grants.get(id) ?? 0 }]));
}

type Use = AppUse & { readonly grants: number };

const shown = ({ clock }: ApiDeps, client: Client, use: Use | undefined) => ({
  client_id: client.clientId,
  client_name: client.clientName,
  preset: client.preset,
  file: client.source.file,
  line: client.source.line,
  redirect_uris: client.redirectUris,
  post_logout_redirect_uris: client.postLogoutRedirectUris,
  backchannel_logout_uri: client.backchannelLogoutUri ?? null,
  grant_types: client.grantTypes,
  token_endpoint_auth_method: client.tokenEndpointAuthMethod,
  client_secrets: client.secrets.map(({ created, expires }) => ({
    created: said(created),
    expires: said(expires),
    expired: expires !== undefined && expires <= clock.now(),
  })),
  secret_days_left: secretDaysLeft(client, clock.now()) ?? null,
  jwks_uri: client.jwksUri ?? null,
  scope: client.scopes.join(' '),
  resources: Object.fromEntries(client.resources),
  require_pkce: client.requirePkce,
  require_pushed_authorization_requests: client.requirePushedAuthorizationRequests,
  dpop_bound_access_tokens: client.dpopBoundAccessTokens,
  consent: client.consent,
  introspect: client.introspect,
  allowed_origins: client.allowedOrigins,
  roles: {
    assign: client.roles.assign,
    include: client.roles.include ?? null,
    claim: client.roles.claim,
    as: client.roles.as,
    strip_prefix: client.roles.stripPrefix ?? null,
    in: client.roles.in,
  },
  access: {
    require_any_role: client.access.requireAnyRole,
    require_any_group: client.access.requireAnyGroup,
    attributes: Object.fromEntries(
      client.access.attributes.map(({ name: attribute, values }) => [attribute, { in: values }]),
    ),
    acr: client.access.acr,
  },
  use: {
    people: use?.people ?? 0,
    grants: use?.grants ?? 0,
    sign_ins_30_days: use?.signIns ?? 0,
    last_sign_in_at: said(use?.lastAt),
  },
});
