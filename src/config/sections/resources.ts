// resources: the APIs that access tokens can be made for (RFC 8707), with their scopes.
import { z } from 'zod';
import { shownText, textWhere } from '../fields.ts';
import { isScopeToken, OIDC_SCOPES } from '../scopes.ts';
import { audienceProblem } from '../urls.ts';
import { accessTokenSeconds } from './tokens.ts';

const resource = z.strictObject({
  name: shownText(60),
  scopes: z.record(textWhere(resourceScopeProblem), shownText(200)).default({}),
  access_token_seconds: accessTokenSeconds.optional(),
});

export const resourcesSection = z.record(textWhere(audienceProblem), resource);

function resourceScopeProblem(scope: string): string | undefined {
  if (OIDC_SCOPES.includes(scope)) return 'is a scope of OpenID Connect; an API needs names of its own';
  return isScopeToken(scope)
    ? undefined
    : 'expected a scope: visible ASCII characters without spaces, quotes, backslashes';
}
