// Access tokens as signed JWTs (RFC 9068) that carry roles, and that work at our own userinfo endpoint as well.
import type { AccessToken, ClientCredentials, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { ClientRegistry } from '../clients/client.ts';
import type { Config } from '../config/config.ts';
import { userinfoUrl } from './access.ts';
import { GRANT_CLAIM, SESSION_CLAIM } from './access-token-reader.ts';
import { rolesFor } from './claims.ts';
import { signedInAccount } from './find-account.ts';

type ExtraTokenClaims = NonNullable<Configuration['extraTokenClaims']>;
type JwtCustomizer = NonNullable<NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']>;

/** roles, and how the person was authenticated (RFC 9068 sections 2.2.1 and 2.2.3.1). Made anew at every refresh. */
export const extraTokenClaims =
  (clients: () => ClientRegistry): ExtraTokenClaims =>
  async (ctx, token) => {
    const client = token.clientId === undefined ? undefined : clients().get(token.clientId);
    if (client === undefined) return undefined;
    if (token.kind === 'ClientCredentials') {
      return client.roles.assign.length === 0 ? undefined : { roles: [...client.roles.assign] };
    }
    const { AuthorizationCode: code, RefreshToken: refreshToken } = ctx.oidc.entities;
    const source = code ?? refreshToken;
    const visible = rolesFor(client, { roles: signedInAccount(ctx)?.held.roles ?? [], scope: grantedOidcScope(ctx) });
    return {
      ...(visible === undefined ? {} : { roles: visible }),
      ...(source?.authTime === undefined ? {} : { auth_time: source.authTime }),
      ...(source?.acr === undefined ? {} : { acr: source.acr }),
      ...(source?.amr === undefined ? {} : { amr: source.amr }),
    };
  };

/** Changes the payload in place: the engine's own would hold the API's scopes only, and no userinfo audience. */
export const customizeJwt =
  (config: Config): JwtCustomizer =>
  async (ctx, token, { payload }) => {
    if (payload === undefined || !isPersonsToken(token)) return;
    const oidcScope = grantedOidcScope(ctx);
    const scope = [oidcScope, token.scope].filter(Boolean).join(' ');
    token.scope = scope;
    payload['scope'] = scope;
    payload[GRANT_CLAIM] = token.grantId;
    if (token.expiresWithSession) payload[SESSION_CLAIM] = token.sessionUid;
    if (oidcScope.split(' ').includes('openid')) payload['aud'] = [payload['aud'], userinfoUrl(config)];
  };

/** The OpenID Connect scopes that the grant and this very request allow; a refresh may ask for fewer. */
function grantedOidcScope(ctx: KoaContextWithOIDC): string {
  const { AuthorizationCode: code, RefreshToken: refreshToken, Grant: grant } = ctx.oidc.entities;
  const narrowed = ctx.oidc.params?.['scope'] === undefined ? undefined : ctx.oidc.requestParamScopes;
  const asked = narrowed ?? (code ?? refreshToken)?.scopes ?? new Set<string>();
  return grant?.getOIDCScopeFiltered(asked) ?? '';
}

const isPersonsToken = (token: AccessToken | ClientCredentials): token is AccessToken => token.kind === 'AccessToken';
