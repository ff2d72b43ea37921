// A preview of claims as a person and as a program read it.
import type { Origin } from '../../provider/preview/origins.ts';
import type { PreviewedClaims, Refusal, ShownPreview } from '../../provider/preview/preview-claims.ts';
import { SAID_BY } from '../../provider/step-up/required-acr.ts';
import type { Way } from '../../roles/who-has.ts';
import { details, neutral, table } from '../output.ts';

/** Claims stand as in the token; all other names are stable too. */
export const previewResult = (preview: ShownPreview) => ({
  account: { id: preview.account.id, email: preview.account.email, status: preview.account.status },
  client_id: preview.clientId,
  scope: preview.scope,
  audience: preview.audience,
  refusal: preview.refusal,
  second_factor: preview.secondFactor,
  consent: preview.consent,
  terms: preview.terms,
  id_token: preview.idToken,
  access_token: preview.accessToken,
  userinfo: preview.userinfo,
  roles: preview.rights.roles.map(({ role, ways, clientId, resource, shownAs }) => ({
    role,
    shown_as: shownAs,
    client_id: clientId,
    resource,
    ways: ways.map(({ group, path, expiresAt }) => ({ group, path, expires_at: expiresAt })),
  })),
  groups: preview.rights.groups,
  permissions: preview.rights.permissions,
  per_sign_in: preview.perSignIn,
});

export function previewText(preview: ShownPreview): string {
  const { account, rights } = preview;
  const blocks = [
    details([
      ['person', `${account.email} (${account.id})`],
      ['client', preview.clientId],
      ['scope', preview.scope],
      ['audience', preview.audience],
      ['consent', preview.consent === 'skip' ? 'not asked for' : 'asked for once'],
      ['terms of service', preview.terms === 'skip' ? 'nothing to accept' : 'to be accepted first'],
      ['second factor', preview.secondFactor === undefined ? 'not demanded' : SAID_BY[preview.secondFactor]],
      ['issued', preview.refusal === undefined ? 'yes' : `no: ${refusalText(preview.refusal)}`],
    ]),
    claimsText('ID token', preview.idToken),
    claimsText('Access token', preview.accessToken),
    claimsText('Userinfo', preview.userinfo),
    rights.roles.length === 0
      ? 'Roles: none'
      : `Roles\n${table(
          ['ROLE', 'THE APP SEES', 'BECAUSE'],
          rights.roles.map(({ role, shownAs, ways }) => [role, shownAs, ways.map(wayText).join('; ')]),
        )}`,
    ...(rights.permissions.length === 0
      ? []
      : [
          `Permissions\n${table(
            ['PERMISSION', 'OF', 'THROUGH'],
            rights.permissions.map(({ permission, resource, through }) => [permission, resource, through.join(', ')]),
          )}`,
        ]),
    `Only a sign-in decides: ${preview.perSignIn.join(', ')}`,
  ];
  return blocks.join('\n\n');
}

function refusalText(refusal: Refusal): string {
  switch (refusal.rule) {
    case 'account':
      return `the account is ${refusal.status}`;
    case 'role':
      return `none of the roles ${refusal.expected.join(', ')}`;
    case 'group':
      return `in none of the groups ${refusal.expected.join(', ')}`;
    case 'attribute':
      return `${refusal.attribute} is none of ${refusal.expected.join(', ')}`;
  }
}

function claimsText(heading: string, previewed: PreviewedClaims | undefined): string {
  if (previewed === undefined) return `${heading}: none, without the scope openid`;
  const rows = Object.entries(previewed.claims).map(([claim, value]) => [
    claim,
    JSON.stringify(value),
    originText(previewed.origins[claim]),
  ]);
  return `${heading}\n${table(['CLAIM', 'VALUE', 'FROM'], rows)}`;
}

function originText(origin: Origin | undefined): string {
  switch (origin?.from) {
    case undefined:
    case 'protocol':
      return 'protocol';
    case 'account':
    case 'profile':
      return `${origin.from}, scope ${origin.scope}`;
    case 'attribute':
      return `attribute ${origin.attribute}, scope ${origin.scope}`;
    case 'roles':
    case 'permissions':
    case 'groups':
      return origin.from;
  }
}

/** `group staff: shop-lead > shop-member`. */
function wayText({ group, path, expiresAt }: Way): string {
  const start = group === undefined ? 'given' : `group ${group}`;
  const included = path.length > 1 ? `: ${path.join(' > ')}` : '';
  const until = expiresAt === undefined ? '' : ` until ${expiresAt.toISOString().slice(0, 16)}Z`;
  return neutral(`${start}${included}${until}`);
}
