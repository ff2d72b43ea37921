// What an app would read of a person, and why; nothing is issued.
import { z } from 'zod';
import { actorOf } from '../../administration/administrator.ts';
import { recordEvent } from '../../audit/audit-log.ts';
import { nothingThere } from '../../http/refusals.ts';
import { type Preview, previewClaims, type ShownPreview } from '../../provider/preview/preview-claims.ts';
import type { Way } from '../../roles/who-has.ts';
import type { ApiDeps } from '../deps.ts';
import { accountId, moment, name, said } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { invalidQuery } from '../read-request.ts';

const claims = z
  .object({
    claims: z.record(z.string(), z.unknown()),
    origins: z.record(z.string(), z.unknown()).describe('By claim: where it comes from.'),
  })
  .nullable();

const way = z.object({ group: z.string().nullable(), path: z.array(z.string()), expires_at: moment.nullable() });

const preview = z
  .object({
    account: z.object({ id: z.string(), email: z.string(), status: z.string() }),
    client_id: z.string(),
    scope: z.string(),
    audience: z.string(),
    refusal: z.looseObject({ rule: z.string() }).nullable().describe('Why none of it would be issued now.'),
    second_factor: z.string().nullable().describe('Who would have one asked for.'),
    consent: z.enum(['ask', 'skip']),
    terms: z.enum(['ask', 'skip']).describe('Whether there would be terms of service to accept first.'),
    id_token: claims,
    access_token: claims,
    userinfo: claims,
    roles: z.array(
      z.object({
        role: z.string(),
        shown_as: z.string().nullable(),
        client_id: z.string().nullable(),
        resource: z.string().nullable(),
        ways: z.array(way),
      }),
    ),
    groups: z.array(z.string()),
    permissions: z.array(z.object({ permission: z.string(), resource: z.string(), through: z.array(z.string()) })),
    per_sign_in: z.array(z.string()).describe('Claims that only a sign-in decides.'),
  })
  .meta({ id: 'ClaimsPreview' });

const query = z.strictObject({
  account: accountId,
  client: name,
  scope: z.string().max(2000).optional().describe('All that the client may ask for, unless stated.'),
  resource: name.optional().describe('The default audience unless stated.'),
});

export const previewOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'previewClaims',
    method: 'GET',
    path: '/claims-preview',
    needs: 'accounts:read',
    tag: 'Access',
    summary: 'What an app would read of a person, and why',
    description: 'Made by what issues tokens; nothing is issued. That it was looked at is an event.',
    query,
    success: { status: 200, description: 'The claims.', schema: preview },
    run: async ({ by, query: { account, client: clientId, scope, resource } }) => {
      const shown = await previewClaims(deps, { accountId: account, clientId, scope, resource });
      if (shown.outcome !== 'shown') throw notShown(shown);
      await recordEvent(deps, {
        event: 'claims.previewed',
        accountId: account,
        clientId,
        actor: actorOf(by),
        source: by.source,
        details: { scope: shown.scope, resource: shown.audience },
      });
      return { status: 200, body: bodyOf(shown) };
    },
  }),
];

function notShown(outcome: Exclude<Preview, ShownPreview>): Error {
  switch (outcome.outcome) {
    case 'unknown_account':
    case 'unknown_client':
      return nothingThere();
    case 'nobody_signs_in':
      return invalidQuery([{ parameter: 'client', detail: 'acts for itself: nobody signs in there' }]);
    case 'scope_not_allowed':
      return invalidQuery([{ parameter: 'scope', detail: `the client may ask for ${outcome.allowed.join(' ')}` }]);
    case 'resource_not_allowed': {
      const allowed = outcome.allowed.join(' ') || 'none';
      return invalidQuery([{ parameter: 'resource', detail: `the client may ask for ${allowed}` }]);
    }
  }
}

const bodyOf = ({ account, rights, ...shown }: ShownPreview) => ({
  account: { id: account.id, email: account.email, status: account.status },
  client_id: shown.clientId,
  scope: shown.scope,
  audience: shown.audience,
  refusal: shown.refusal ?? null,
  second_factor: shown.secondFactor ?? null,
  consent: shown.consent,
  terms: shown.terms,
  id_token: shown.idToken ?? null,
  access_token: shown.accessToken,
  userinfo: shown.userinfo ?? null,
  roles: rights.roles.map(({ role, ways, clientId, resource, shownAs }) => ({
    role,
    shown_as: shownAs ?? null,
    client_id: clientId ?? null,
    resource: resource ?? null,
    ways: ways.map(shownWay),
  })),
  groups: rights.groups,
  permissions: rights.permissions,
  per_sign_in: shown.perSignIn,
});

const shownWay = ({ group, path, expiresAt }: Way) => ({ group: group ?? null, path, expires_at: said(expiresAt) });
