// Access tokens as signed JWTs (RFC 9068) that carry roles, and that work at our own userinfo endpoint as well.
import { type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { AccessToken, ClientCredentials, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { ClientRegistry } from '../clients/client.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { findPayload, type Payload, type StoreDeps } from '../protocol-store/payloads.ts';
import { userinfoUrl } from './access.ts';
import { rolesFor } from './claims.ts';
import { signedInAccount } from './find-account.ts';

/** Private claims that name what a token was issued under, so that it can be checked without a row of its own. */
const GRANT_CLAIM = 'gh_grant';
const SESSION_CLAIM = 'gh_session';

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
    const visible = rolesFor(client, { roles: signedInAccount(ctx)?.roles ?? [], scope: grantedOidcScope(ctx) });
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

/**
 * Reads a JWT access token that came to the userinfo endpoint and returns what the engine would have stored for an
 * opaque one. Undefined unless it is ours, meant for userinfo, unexpired, and its grant still stands.
 */
export const createJwtAccessTokenReader =
  (deps: StoreDeps & { clock: Clock; config: Config; verificationKeys: () => JWTVerifyGetKey }) =>
  async (token: string): Promise<Payload | undefined> => {
    const claims = await verified(deps, token);
    const grantId = claims?.[GRANT_CLAIM];
    if (claims === undefined || typeof grantId !== 'string') return undefined;
    const grant = await findPayload(deps, 'Grant', grantId);
    if (grant === undefined || grant['clientId'] !== claims['client_id']) return undefined;
    const sessionUid = claims[SESSION_CLAIM];
    const confirmation = claims['cnf'] as { jkt?: string } | undefined;
    return {
      kind: 'AccessToken',
      jti: claims.jti,
      iat: claims.iat,
      exp: claims.exp,
      accountId: grant['accountId'],
      clientId: grant['clientId'],
      grantId,
      scope: claims['scope'],
      ...(typeof sessionUid === 'string' ? { sessionUid, expiresWithSession: true } : {}),
      ...(confirmation?.jkt === undefined ? {} : { jkt: confirmation.jkt }),
    };
  };

async function verified(
  { clock, config, verificationKeys }: { clock: Clock; config: Config; verificationKeys: () => JWTVerifyGetKey },
  token: string,
) {
  try {
    const { payload } = await jwtVerify(token, verificationKeys(), {
      issuer: config.issuer,
      audience: userinfoUrl(config),
      typ: 'at+jwt',
      algorithms: ['RS256'],
      currentDate: clock.now(),
      requiredClaims: ['exp', 'iat', 'jti', 'client_id'],
    });
    return payload;
  } catch {
    return undefined;
  }
}

/** The OpenID Connect scopes that the grant and this very request allow; a refresh may ask for fewer. */
function grantedOidcScope(ctx: KoaContextWithOIDC): string {
  const { AuthorizationCode: code, RefreshToken: refreshToken, Grant: grant } = ctx.oidc.entities;
  const narrowed = ctx.oidc.params?.['scope'] === undefined ? undefined : ctx.oidc.requestParamScopes;
  const asked = narrowed ?? (code ?? refreshToken)?.scopes ?? new Set<string>();
  return grant?.getOIDCScopeFiltered(asked) ?? '';
}

const isPersonsToken = (token: AccessToken | ClientCredentials): token is AccessToken => token.kind === 'AccessToken';
