// resources: the APIs that access tokens can be made for (RFC 8707), with their scopes.
import { z } from 'zod';
import { shownText, textWhere } from '../fields.ts';
import { DEFAULT_ALGORITHM, SIGNING_ALGORITHMS } from '../keys/algorithms.ts';
import { isScopeToken, OIDC_SCOPES } from '../scopes.ts';
import { audienceProblem } from '../urls.ts';
import { accessTokenSeconds } from './tokens.ts';

const resource = z.strictObject({
  name: shownText(60).describe('What the consent page calls the API.'),
  scopes: z
    .record(textWhere(resourceScopeProblem), shownText(200))
    .default({})
    .describe('Scope and one sentence for the consent page. Names of OpenID Connect scopes are taken.'),
  signing_alg: z
    .enum(SIGNING_ALGORITHMS)
    .default(DEFAULT_ALGORITHM)
    .describe('What access tokens for the API are signed with; RS256 is what every library understands.'),
  access_token_seconds: accessTokenSeconds.optional().describe('Default: tokens.access_token_seconds.'),
});

export const resourcesSection = z.record(textWhere(audienceProblem), resource);

function resourceScopeProblem(scope: string): string | undefined {
  if (OIDC_SCOPES.includes(scope)) return 'is a scope of OpenID Connect; an API needs names of its own';
  return isScopeToken(scope)
    ? undefined
    : 'expected a scope: visible ASCII characters without spaces, quotes, backslashes';
}
