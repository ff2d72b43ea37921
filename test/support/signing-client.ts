// Clients that prove themselves with signed assertions (RFC 7523).
import { randomUUID } from 'node:crypto';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';
import { movingClock } from './moving-clock.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export type Claims = Record<string, unknown>;

export interface SigningClient {
  readonly clientId: string;
  readonly keys: GenerateKeyPairResult;
  readonly publicJwk: Record<string, unknown>;
  /** The client file: a service. */
  readonly file: string;
  /** Good claims for this issuer, with changes; undefined takes one out. */
  claims(issuer: string, changes?: Claims): Claims;
  assertion(issuer: string, changes?: Claims, header?: Partial<JWTHeaderParameters>): Promise<string>;
}

/** A service with a key of this algorithm; `more` is added to its file. */
export async function newSigningClient(
  clientId: string,
  { alg = 'RS256', more = '' }: { alg?: string; more?: string } = {},
): Promise<SigningClient> {
  const keys = await generateKeyPair(alg, { extractable: true });
  const publicJwk = { ...(await exportJWK(keys.publicKey)), kid: `${clientId}-key`, alg, use: 'sig' };
  const claims = (issuer: string, changes: Claims = {}) => {
    const now = Math.floor(movingClock.now().getTime() / 1000);
    const good = { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat: now, exp: now + 60 };
    return { ...good, ...changes };
  };
  return {
    clientId,
    keys,
    publicJwk,
    file: `client_id: ${clientId}
preset: service
token_endpoint_auth_method: private_key_jwt
jwks: ${JSON.stringify({ keys: [publicJwk] })}
${more}
`,
    claims,
    assertion: (issuer, changes = {}, header = {}) =>
      new SignJWT(claims(issuer, changes))
        .setProtectedHeader({ alg, kid: publicJwk.kid, ...header })
        .sign(keys.privateKey),
  };
}

export const assertionForm = (assertion: string): Record<string, string> => ({
  client_assertion: assertion,
  client_assertion_type: ASSERTION_TYPE,
});
