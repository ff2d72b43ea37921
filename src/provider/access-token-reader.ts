// Reads JWT access tokens that come back to us: at userinfo, introspection and revocation. No row is kept for a token;
// what it says is held against its grant, its client, and the list of tokens that were revoked.
import { randomUUID } from 'node:crypto';
import { type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { isUsable } from '../accounts/account.ts';
import type { Client, ClientRegistry } from '../clients/client.ts';
import type { Config } from '../config/config.ts';
import { SIGNING_ALGORITHMS } from '../config/keys/algorithms.ts';
import { findPerson, type Person } from '../profiles/person.ts';
import type { Payload, StoreDeps } from '../protocol-store/payloads.ts';
import { type IssuedToken, wasRevoked } from '../protocol-store/revoked-tokens.ts';
import { findGrantOf } from '../protocol-store/tokens-with-grants.ts';
import { userinfoUrl } from './access.ts';
import { mayUse } from './rights/access-rules.ts';
import { claimsOfClient } from './rights/claims-of-client.ts';
import { keepPerson } from './rights/kept-person.ts';
import { resourcesOf, rightClaims } from './rights/right-claims.ts';

/** Private claims that name what a token was issued under. */
export const GRANT_CLAIM = 'gh_grant';
export const SESSION_CLAIM = 'gh_session';

/** The two kinds of access token that the engine knows. */
export type AccessTokenKind = 'AccessToken' | 'ClientCredentials';

interface Deps extends StoreDeps {
  readonly config: Config;
  readonly clients: () => ClientRegistry;
  readonly verificationKeys: () => JWTVerifyGetKey;
  /** Which of the engine's is asked: at userinfo the token has to be meant for it; introspection answers what it says now. */
  readonly endpoint: () => string | undefined;
}

/** Makes four parts of three, so the engine takes it for an opaque token and decodes nothing. Nobody else knows it. */
const MARK = `${randomUUID()}.`;

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
    const issued = { jti: String(claims.jti), iat: Number(claims.iat) };
    if (client === undefined) return undefined;
    if (kind === 'ClientCredentials') {
      return !(await wasRevoked(deps, issued)) && client.grantTypes.includes('client_credentials')
        ? { ...common(kind, claims, await ownRights(deps, client, claims)), aud: claims.aud }
        : undefined;
    }
    return personsToken(deps, client, { claims, issued });
  };

/** `aud` is left out at userinfo: the engine takes any audience for another one than its own. */
async function personsToken(
  deps: Deps,
  client: Client,
  { claims, issued }: { claims: JWTPayload; issued: IssuedToken },
): Promise<Payload | undefined> {
  const grantId = String(claims[GRANT_CLAIM]);
  const named = claims[SESSION_CLAIM];
  const sessionUid = typeof named === 'string' ? named : undefined;
  const grant = await findGrantOf(deps, { ...issued, grantId, sessionUid });
  if (grant === undefined || grant['clientId'] !== claims['client_id']) return undefined;
  const accountId = String(grant['accountId']);
  const resources = resourcesOf(client, deps.config.tokens.defaultAudience);
  const person = await findPerson(deps, { accountId, resources });
  if (person === undefined || !isUsable(person.account)) return undefined;
  const rights = await rightsNow(deps, client, { person, claims });
  if (rights === 'refused') return undefined;
  // Userinfo goes on with the same person at once.
  if (isForUserinfo(deps)) keepPerson(person);
  return {
    ...common('AccessToken', claims, rights),
    accountId,
    grantId,
    ...(sessionUid === undefined ? {} : { sessionUid, expiresWithSession: true }),
    ...(isForUserinfo(deps) ? {} : { aud: claims.aud }),
  };
}

const isForUserinfo = ({ endpoint }: Deps): boolean => endpoint() === 'userinfo';

/**
 * What the token would say now: APIs that ask are told of a role at once, not at the next refresh. Nothing where nobody
 * asks for it: userinfo has its own, and a revocation needs none.
 */
async function rightsNow(
  deps: Deps,
  client: Client,
  { person, claims }: { person: Person; claims: JWTPayload },
): Promise<RightClaims | 'refused'> {
  if (deps.endpoint() !== 'introspection') return {};
  const { account, held, profile } = person;
  if (!(await mayUse(deps, client, { accountId: account.id, held, profile }))) return 'refused';
  const scope = String(claims['scope'] ?? '');
  return rightClaims(client, held, { use: 'access_token', scope, audience: audienceOf(claims) });
}

const ownRights = async (deps: Deps, client: Client, claims: JWTPayload): Promise<RightClaims> =>
  deps.endpoint() === 'introspection' ? claimsOfClient(deps, client, audienceOf(claims)) : {};

/** The API; our own userinfo stands behind it. */
const audienceOf = ({ aud }: JWTPayload): string | undefined => [aud].flat()[0];

type RightClaims = Readonly<Record<string, unknown>>;

function common(kind: AccessTokenKind, claims: JWTPayload, rights: RightClaims): Payload {
  const { acr, amr, auth_time: authTime, cnf } = claims as Record<string, unknown>;
  const jkt = (cnf as { jkt?: string } | undefined)?.jkt;
  const extra = { ...rights, acr, amr, auth_time: authTime };
  return {
    kind,
    jti: claims.jti,
    iat: claims.iat,
    exp: claims.exp,
    clientId: claims['client_id'],
    scope: claims['scope'],
    // Answered by introspection (RFC 9068 section 2.2, RFC 7662 section 2.2).
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
      ...(isForUserinfo(deps) ? { audience: userinfoUrl(deps.config) } : {}),
      typ: 'at+jwt',
      algorithms: [...SIGNING_ALGORITHMS],
      currentDate: deps.clock.now(),
      requiredClaims: ['exp', 'iat', 'jti', 'aud', 'client_id'],
    });
    return payload;
  } catch {
    return undefined;
  }
}
