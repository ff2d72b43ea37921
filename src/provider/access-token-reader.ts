// Reads JWT access tokens that come back to us: at userinfo, introspection and revocation. No row is kept for a token;
// what it says is held against its grant, its client, and the list of tokens that were revoked.
import { type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { isUsable } from '../accounts/account.ts';
import { findAccount } from '../accounts/accounts.ts';
import type { ClientRegistry } from '../clients/client.ts';
import type { Config } from '../config/config.ts';
import { findPayload, type Payload, type StoreDeps } from '../protocol-store/payloads.ts';
import { wasRevoked } from '../protocol-store/revoked-tokens.ts';
import { userinfoUrl } from './access.ts';

/** Private claims that name what a token was issued under. */
export const GRANT_CLAIM = 'gh_grant';
export const SESSION_CLAIM = 'gh_session';

/** The two kinds of access token that the engine knows. */
export type AccessTokenKind = 'AccessToken' | 'ClientCredentials';

interface Deps extends StoreDeps {
  readonly config: Config;
  readonly clients: () => ClientRegistry;
  readonly verificationKeys: () => JWTVerifyGetKey;
  /** Whether the request is for userinfo, where the token has to be meant for it. */
  readonly isForUserinfo: () => boolean;
}

/** No JOSE header starts with it, so the engine takes what follows for an opaque token. */
const MARK = '~';

export const markStructuredToken = (token: string): string => (token.split('.').length === 3 ? MARK + token : token);

/**
 * What the engine would have stored for an opaque token of that kind. Undefined unless the token is ours, unexpired and
 * not revoked, its client is still registered, and its grant stands (a client's own token: its client may still ask).
 */
export const createAccessTokenReader =
  (deps: Deps) =>
  async (kind: AccessTokenKind, presented: string): Promise<Payload | undefined> => {
    const token = presented.startsWith(MARK) ? presented.slice(MARK.length) : presented;
    const claims = await verified(deps, token);
    if (claims === undefined || kind !== kindOf(claims)) return undefined;
    const client = deps.clients().get(String(claims['client_id']));
    if (client === undefined || (await wasRevoked(deps, String(claims.jti)))) return undefined;
    if (kind === 'ClientCredentials') {
      return client.grantTypes.includes('client_credentials')
        ? { ...common(kind, claims), aud: claims.aud }
        : undefined;
    }
    return personsToken(deps, claims);
  };

/** `aud` is left out at userinfo: the engine takes any audience for another one than its own. */
async function personsToken(deps: Deps, claims: JWTPayload): Promise<Payload | undefined> {
  const grantId = String(claims[GRANT_CLAIM]);
  const grant = await findPayload(deps, 'Grant', grantId);
  if (grant === undefined || grant['clientId'] !== claims['client_id']) return undefined;
  const accountId = String(grant['accountId']);
  const account = await findAccount(deps.db, accountId);
  if (account === undefined || !isUsable(account)) return undefined;
  const sessionUid = claims[SESSION_CLAIM];
  return {
    ...common('AccessToken', claims),
    accountId,
    grantId,
    ...(typeof sessionUid === 'string' ? { sessionUid, expiresWithSession: true } : {}),
    ...(deps.isForUserinfo() ? {} : { aud: claims.aud }),
  };
}

function common(kind: AccessTokenKind, claims: JWTPayload): Payload {
  const { roles, acr, amr, auth_time: authTime, cnf } = claims as Record<string, unknown>;
  const jkt = (cnf as { jkt?: string } | undefined)?.jkt;
  const extra = { roles, acr, amr, auth_time: authTime };
  return {
    kind,
    jti: claims.jti,
    iat: claims.iat,
    exp: claims.exp,
    clientId: claims['client_id'],
    scope: claims['scope'],
    // Answered by introspection as they stand in the token (RFC 9068 section 2.2, RFC 7662 section 2.2).
    extra: Object.fromEntries(Object.entries(extra).filter(([, value]) => value !== undefined)),
    ...(jkt === undefined ? {} : { jkt }),
  };
}

const kindOf = (claims: JWTPayload): AccessTokenKind =>
  typeof claims[GRANT_CLAIM] === 'string' ? 'AccessToken' : 'ClientCredentials';

/** Other spellings of the same bytes would be other tokens that work: spare bits at the end, `+` for `-`, blanks. */
const isCanonical = (token: string): boolean =>
  token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);

async function verified(deps: Deps, token: string): Promise<JWTPayload | undefined> {
  if (!isCanonical(token)) return undefined;
  try {
    const { payload } = await jwtVerify(token, deps.verificationKeys(), {
      issuer: deps.config.issuer,
      ...(deps.isForUserinfo() ? { audience: userinfoUrl(deps.config) } : {}),
      typ: 'at+jwt',
      algorithms: ['RS256'],
      currentDate: deps.clock.now(),
      requiredClaims: ['exp', 'iat', 'jti', 'aud', 'client_id'],
    });
    return payload;
  } catch {
    return undefined;
  }
}
