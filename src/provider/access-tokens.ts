// Access tokens as signed JWTs (RFC 9068) that say what somebody may do, and that work at our own userinfo endpoint as well.
import type { AccessToken, ClientCredentials, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { ClientRegistry } from '../clients/client.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Db } from '../database/database.ts';
import type { Logger } from '../observability/logger.ts';
import { NO_RIGHTS } from '../roles/rights.ts';
import { userinfoUrl } from './access.ts';
import { GRANT_CLAIM, SESSION_CLAIM } from './access-token-reader.ts';
import { signedInAccount } from './find-account.ts';
import { claimsOfClient } from './rights/claims-of-client.ts';
import { createManyRolesNote } from './rights/many-roles.ts';
import { rightClaims } from './rights/right-claims.ts';

type ExtraTokenClaims = NonNullable<Configuration['extraTokenClaims']>;
type JwtCustomizer = NonNullable<NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']>;

interface Deps {
  readonly config: Config;
  readonly db: Db;
  readonly clock: Clock;
  readonly clients: () => ClientRegistry;
  readonly log: Logger;
}

/**
 * Roles, permissions and groups, and how the person was authenticated (RFC 9068 sections 2.2.1 and 2.2.3.1). Made anew at
 * every refresh.
 */
export function extraTokenClaims(deps: Deps): ExtraTokenClaims {
  const noteManyRoles = createManyRolesNote(deps);
  return async (ctx, token) => {
    const client = token.clientId === undefined ? undefined : deps.clients().get(token.clientId);
    if (client === undefined) return undefined;
    const audience = [token.aud].flat()[0];
    if (token.kind === 'ClientCredentials') return claimsOfClient(deps, client, audience);
    const { AuthorizationCode: code, RefreshToken: refreshToken } = ctx.oidc.entities;
    const source = code ?? refreshToken;
    const rights = signedInAccount(ctx)?.held ?? NO_RIGHTS;
    const occasion = { use: 'access_token', scope: grantedOidcScope(ctx), audience } as const;
    noteManyRoles(client, rights, occasion);
    return {
      ...rightClaims(client, rights, occasion),
      ...(source?.authTime === undefined ? {} : { auth_time: source.authTime }),
      ...(source?.acr === undefined ? {} : { acr: source.acr }),
      ...(source?.amr === undefined ? {} : { amr: source.amr }),
    };
  };
}

/** Changes the payload in place: the engine's own would hold the API's scopes only, and no userinfo audience. */
export const customizeJwt =
  (config: Config): JwtCustomizer =>
  async (ctx, token, { payload }) => {
    if (payload === undefined || !isPersonsToken(token)) return;
    const oidcScope = grantedOidcScope(ctx);
    const { scope, aud } = scopeAndAudience(config, { oidcScope, apiScope: token.scope, audience: payload['aud'] });
    token.scope = scope;
    payload['scope'] = scope;
    payload['aud'] = aud;
    payload[GRANT_CLAIM] = token.grantId;
    if (token.expiresWithSession) payload[SESSION_CLAIM] = token.sessionUid;
  };

/** Of an access token for a person: what is granted here and at the API, and for userinfo too where it is about a sign-in. */
export const scopeAndAudience = (
  config: Pick<Config, 'issuer'>,
  { oidcScope, apiScope, audience }: { oidcScope: string; apiScope: string | undefined; audience: unknown },
): { scope: string; aud: unknown } => ({
  scope: [oidcScope, apiScope].filter(Boolean).join(' '),
  aud: oidcScope.split(' ').includes('openid') ? [audience, userinfoUrl(config)] : audience,
});

/** The OpenID Connect scopes that the grant and this very request allow; a refresh may ask for fewer. */
function grantedOidcScope(ctx: KoaContextWithOIDC): string {
  const { AuthorizationCode: code, RefreshToken: refreshToken, Grant: grant } = ctx.oidc.entities;
  const narrowed = ctx.oidc.params?.['scope'] === undefined ? undefined : ctx.oidc.requestParamScopes;
  const asked = narrowed ?? (code ?? refreshToken)?.scopes ?? new Set<string>();
  return grant?.getOIDCScopeFiltered(asked) ?? '';
}

const isPersonsToken = (token: AccessToken | ClientCredentials): token is AccessToken => token.kind === 'AccessToken';
