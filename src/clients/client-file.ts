// The shape of one file in config/clients/: the names of RFC 7591, and a few of our own.
import { z } from 'zod';
import { listWithoutRepeats, shownText, textWhere } from '../config/fields.ts';
import { SIGNING_ALGORITHMS } from '../config/keys/algorithms.ts';
import { isScopeToken } from '../config/scopes.ts';
import { clientSecrets } from './client-secrets-field.ts';
import { jwks } from './jwks-field.ts';
import { attributeConditions } from './rights/access-conditions.ts';
import { groupName, roleName, rolePattern, rolePrefix } from './rights/role-fields.ts';
import { CLAIM_PLACES, ROLE_FORMS } from './rights/role-format.ts';

const list = listWithoutRepeats(z.string());

export const clientFile = z.strictObject({
  client_id: textWhere(clientIdProblem).describe('The name the app states in its requests; the file is named by it.'),
  client_name: shownText(60).optional().describe('What pages call the app. Default: the client_id.'),
  preset: z
    .enum(['web', 'spa', 'native', 'service'])
    .describe('web keeps a secret, spa and native cannot, service acts for itself; sets secure defaults for the rest.'),
  redirect_uris: list.optional().describe('Where people are sent back to; compared exactly.'),
  post_logout_redirect_uris: list
    .optional()
    .describe('Where people may be sent after signing out; compared exactly. Default: none.'),
  backchannel_logout_uri: z
    .string()
    .optional()
    .describe(
      'Where the server tells the app that somebody has signed out (Back-Channel Logout 1.0). Default: nowhere.',
    ),
  backchannel_logout_session_required: z
    .boolean()
    .optional()
    .describe('true: the app understands only messages that name one session (sid). Default: false.'),
  grant_types: listWithoutRepeats(z.enum(['authorization_code', 'refresh_token', 'client_credentials']))
    .optional()
    .describe('Default: authorization_code and refresh_token; client_credentials for a service.'),
  token_endpoint_auth_method: z
    .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
    .optional()
    .describe('How the app proves who it is. Default: client_secret_basic; none for spa and native.'),
  client_secrets: clientSecrets
    .optional()
    .describe('Several may be valid at once, so that one can be replaced while the app still runs.'),
  jwks: jwks.optional().describe('Public keys for private_key_jwt.'),
  jwks_uri: z.string().optional().describe('https address of the public keys for private_key_jwt, instead of jwks.'),
  scope: textWhere(scopeProblem)
    .optional()
    .describe(
      'What the app may ask for: words out of openid, profile, email, phone, address, roles, groups, offline_access, and scopes of attributes. Default: openid profile email roles.',
    ),
  resources: z
    .record(z.string(), list)
    .optional()
    .describe(
      'APIs of gatehouse.yaml, by audience, and their scopes that the app may ask for; gatehouse is the API of this server itself, for services. Default: none.',
    ),
  require_pkce: z.boolean().optional().describe('false only for an app that cannot do PKCE. Default: true.'),
  require_pushed_authorization_requests: z.boolean().optional().describe('RFC 9126. Default: false.'),
  dpop_bound_access_tokens: z.boolean().optional().describe('RFC 9449. Default: false.'),
  consent: z.enum(['ask', 'skip']).optional().describe('skip is for apps of your own. Default: ask.'),
  access: z
    .strictObject({
      require_any_role: listWithoutRepeats(roleName)
        .optional()
        .describe('Who may sign in here: people with one of these roles. Default: everybody.'),
      require_any_group: listWithoutRepeats(groupName)
        .optional()
        .describe('Who may sign in here: people in one of these groups. Default: everybody.'),
      attributes: attributeConditions
        .optional()
        .describe('Who may sign in here: people whose attributes of gatehouse.yaml have one of these values.'),
      acr: z
        .enum(['pwd', 'mfa'])
        .optional()
        .describe('mfa: every sign-in here needs a second factor, whoever it is. Default: pwd.'),
    })
    .optional()
    .describe('Who may use the app: whoever meets all of it. And how strongly they must prove who they are.'),
  roles: z
    .strictObject({
      include: listWithoutRepeats(rolePattern)
        .optional()
        .describe('Which roles the app sees; * stands for any characters. Default: all but gatehouse:….'),
      assign: listWithoutRepeats(roleName).optional().describe('Roles of a service, in its access tokens.'),
      claim: z.string().optional().describe('The claim that has them. Default: roles.'),
      as: z
        .enum(ROLE_FORMS)
        .optional()
        .describe(
          'array; space or comma: one text; object: {"name": true}; nested: an array inside as many objects as claim has dots. Default: array.',
        ),
      strip_prefix: rolePrefix
        .optional()
        .describe('Left out of names that begin with it, where the rest can be the name of a role. Default: nothing.'),
      in: listWithoutRepeats(z.enum(CLAIM_PLACES))
        .min(1)
        .optional()
        .describe('Where they stand; access_token is introspection too. Default: all three.'),
    })
    .optional()
    .describe('Roles in the tokens of this app.'),
  id_token_claims: z
    .boolean()
    .optional()
    .describe('Claims of the granted scopes stand in the ID token too, not at userinfo only. Default: true.'),
  id_token_signed_response_alg: z
    .enum(SIGNING_ALGORITHMS)
    .optional()
    .describe(
      'What ID tokens and logout tokens for this app are signed with. Default: RS256, which every app understands.',
    ),
  allowed_origins: list
    .optional()
    .describe(
      'Origins whose scripts may call token, userinfo and revocation. Default: those of the redirects of a spa.',
    ),
  introspect: list.optional().describe('Audiences whose tokens the app may introspect besides its own. Default: none.'),
  assertion_audience: z
    .enum(['issuer', 'token_endpoint'])
    .optional()
    .describe('What assertions are addressed to, with private_key_jwt. Default: issuer.'),
  client_uri: z.string().optional().describe('Home page of the app, for the consent page.'),
  policy_uri: z.string().optional().describe('Privacy policy, for the consent page.'),
  tos_uri: z.string().optional().describe('Terms of service, for the consent page.'),
  logo: textWhere(logoNameProblem)
    .optional()
    .describe('Name of an svg, png or webp file beside this one or in the directory logos.'),
});

export type ClientFile = z.output<typeof clientFile>;
export type ClientKey = keyof ClientFile;

/** It is a file name too, so it takes fewer characters than RFC 6749 appendix A.1 would allow. */
function clientIdProblem(text: string): string | undefined {
  // The engine keeps what a session holds for a client in an object, under the client's name.
  if (text in {}) return 'is the name of something that every JavaScript object has; choose another';
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/.test(text)
    ? undefined
    : 'expected 1 to 100 letters, digits, dots, dashes or underscores, a letter or digit first and last';
}

/** Which words there are is known with gatehouse.yaml (rules-of-resources.ts). */
function scopeProblem(text: string): string | undefined {
  return text.split(' ').every(isScopeToken) ? undefined : 'expected words with one space between them';
}

function logoNameProblem(text: string): string | undefined {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]*\.(?:svg|png|webp)$/.test(text)
    ? undefined
    : 'expected the name of an svg, png or webp file beside this one or in the directory logos';
}
