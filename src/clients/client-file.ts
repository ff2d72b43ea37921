// The shape of one file in config/clients/: the names of RFC 7591, and a few of our own.
import { z } from 'zod';
import { didYouMean } from '../config/did-you-mean.ts';
import { listWithoutRepeats, shownText, textWhere } from '../config/fields.ts';
import { OIDC_SCOPES } from '../config/scopes.ts';
import { clientSecrets } from './client-secrets-field.ts';
import { jwks } from './jwks-field.ts';
import { roleName, rolePattern } from './role-fields.ts';

const list = listWithoutRepeats(z.string());

export const clientFile = z.strictObject({
  client_id: textWhere(clientIdProblem),
  client_name: shownText(60).optional(),
  preset: z.enum(['web', 'spa', 'native', 'service']),
  redirect_uris: list.optional(),
  post_logout_redirect_uris: list.optional(),
  grant_types: listWithoutRepeats(z.enum(['authorization_code', 'refresh_token', 'client_credentials'])).optional(),
  token_endpoint_auth_method: z
    .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
    .optional(),
  client_secrets: clientSecrets.optional(),
  jwks: jwks.optional(),
  jwks_uri: z.string().optional(),
  scope: textWhere(scopeProblem).optional(),
  resources: z.record(z.string(), list).optional(),
  require_pkce: z.boolean().optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
  consent: z.enum(['ask', 'skip']).optional(),
  access: z.strictObject({ require_any_role: listWithoutRepeats(roleName).optional() }).optional(),
  roles: z
    .strictObject({
      include: listWithoutRepeats(rolePattern).optional(),
      assign: listWithoutRepeats(roleName).optional(),
    })
    .optional(),
  id_token_claims: z.boolean().optional(),
  allowed_origins: list.optional(),
  introspect: list.optional(),
  assertion_audience: z.enum(['issuer', 'token_endpoint']).optional(),
  client_uri: z.string().optional(),
  policy_uri: z.string().optional(),
  tos_uri: z.string().optional(),
  logo: textWhere(logoNameProblem).optional(),
});

export type ClientFile = z.output<typeof clientFile>;
export type ClientKey = keyof ClientFile;

/** It is a file name too, so it takes fewer characters than RFC 6749 appendix A.1 would allow. */
function clientIdProblem(text: string): string | undefined {
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/.test(text)
    ? undefined
    : 'expected 1 to 100 letters, digits, dots, dashes or underscores, a letter or digit first and last';
}

function scopeProblem(text: string): string | undefined {
  const unknown = text.split(' ').find((scope) => !OIDC_SCOPES.includes(scope));
  if (unknown === undefined) return undefined;
  const hint = didYouMean(unknown, OIDC_SCOPES) || '; scopes of an API belong under resources';
  return `expected words out of ${OIDC_SCOPES.join(', ')} with one space between them, found ${JSON.stringify(unknown)}${hint}`;
}

function logoNameProblem(text: string): string | undefined {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]*\.(?:svg|png|webp)$/.test(text)
    ? undefined
    : 'expected the name of an svg, png or webp file beside this one or in the directory logos';
}
