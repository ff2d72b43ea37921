// Checks an access token that is a JWT (RFC 9068 section 4), with jose. Copy this file into your own API.
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Discovery } from './discovery.ts';

export interface AccessTokenSettings {
  readonly discovery: Discovery;
  /** The authorization server, exactly as its discovery document spells it. */
  readonly issuer: string;
  /** The name of this API: a key under `resources` at the server, the `resource` of the app's request. */
  readonly audience: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface AccessToken {
  /** The person, by the only name that never changes; for a program acting for itself, its client_id. */
  readonly subject: string;
  readonly clientId: string;
  /** What the person allowed the app, as against `roles`: what the person may do. An API looks at both. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** What these roles allow at this API; undefined where the server knows nothing that there is to be allowed here. */
  readonly permissions: readonly string[] | undefined;
  /** How the person proved who they are, and when (epoch seconds). A refresh changes neither. */
  readonly acr: string | undefined;
  readonly authenticatedAt: number | undefined;
}

export type CheckedToken =
  | { readonly outcome: 'accepted'; readonly token: AccessToken }
  /** `description` is for whoever builds the app: one of a few sentences of ours, nothing out of the token. */
  | { readonly outcome: 'refused'; readonly description: string }
  /** Nobody can tell: that is our trouble and not the caller's, so never 401. */
  | { readonly outcome: 'unavailable'; readonly reason: string };

export type CheckToken = (jwt: string) => Promise<CheckedToken>;

/** Two clocks are never quite the same. */
export const CLOCK_TOLERANCE_SECONDS = 10;

export function createTokenCheck({ discovery, issuer, audience, now }: AccessTokenSettings): CheckToken {
  const keys = publishedKeys(discovery);
  return async (jwt) => {
    try {
      const { payload } = await jwtVerify(jwt, keys, {
        issuer,
        audience,
        // An ID token is signed with the same keys; only its type tells it apart.
        typ: 'at+jwt',
        // Never what the token itself suggests: that is how `none` and HS256 with a public key get in.
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now()),
      });
      // RFC 9449 section 7.1: who stole a token bound to a key must not get by as its bearer.
      if (payload['cnf'] !== undefined) return refused('it is bound to a key, and this API takes bearer tokens only');
      return { outcome: 'accepted', token: tokenOf(payload) };
    } catch (error) {
      if (error instanceof KeysUnavailable) return { outcome: 'unavailable', reason: error.message };
      if (error instanceof errors.JOSEError) return refused(descriptionOf(error));
      throw error;
    }
  };
}

/** What Gatehouse can sign with; of these, what the issuer says it does sign with. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

class KeysUnavailable extends Error {}

/**
 * jose keeps the keys for ten minutes and asks again at once for a `kid` it does not know, but not more often than
 * every thirty seconds: a new key is found by itself, and made-up ones do not become a flood at the server.
 */
function publishedKeys(discovery: Discovery): JWTVerifyGetKey {
  let published: JWTVerifyGetKey | undefined;
  return async (header, token) => {
    try {
      const { algorithms, jwksUri } = await discovery(header.alg);
      if (!algorithms.includes(header.alg)) throw new errors.JOSEAlgNotAllowed();
      published ??= createRemoteJWKSet(jwksUri, { timeoutDuration: 3_000 });
      return await published(header, token);
    } catch (error) {
      // The keys are here and none of them fits; anything else means that they could not be had.
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      if (error instanceof errors.JOSEAlgNotAllowed) throw error;
      throw new KeysUnavailable(error instanceof Error ? error.message : String(error));
    }
  };
}

const refused = (description: string): CheckedToken => ({ outcome: 'refused', description });

function descriptionOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return WRONG_CLAIMS.get(error.claim) ?? 'a required claim is missing or wrong';
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'it is signed with an algorithm that the issuer does not use';
  if (error instanceof errors.JWKSNoMatchingKey) return 'the issuer publishes no such key';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  return 'it is not a JWT access token';
}

const WRONG_CLAIMS: ReadonlyMap<string, string> = new Map([
  ['iss', 'it is from another issuer'],
  ['aud', 'it is for another audience'],
  ['typ', 'it is not an access token'],
  ['nbf', 'it is not valid yet'],
]);

const tokenOf = (payload: JWTPayload): AccessToken => ({
  subject: String(payload.sub),
  clientId: String(payload['client_id']),
  scopes: typeof payload['scope'] === 'string' ? payload['scope'].split(' ') : [],
  roles: namesIn(payload, 'roles') ?? [],
  permissions: namesIn(payload, 'permissions'),
  acr: typeof payload['acr'] === 'string' ? payload['acr'] : undefined,
  authenticatedAt: typeof payload['auth_time'] === 'number' ? payload['auth_time'] : undefined,
});

const namesIn = (payload: JWTPayload, claim: string): readonly string[] | undefined => {
  const names = payload[claim];
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : undefined;
};
