// The keys as the engine takes them, and as our own checks of our own tokens use them.
import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from 'jose';
import type { SigningKey } from './signing-key.ts';

/**
 * The private JWK Set for the engine: of an algorithm, the one key without `key_ops` signs; the others are published at
 * jwks_uri but can only verify. An active key comes first.
 */
export const engineKeySet = (keys: readonly SigningKey[]): { keys: JWK[] } => ({
  keys: keys.map((key) => (key.stage === 'active' ? key.privateJwk : { ...key.privateJwk, key_ops: ['verify'] })),
});

/** Finds the public key for a token we signed, by `kid` and `alg`; keys in the token's own header are never used. */
export const verificationKeys = (keys: readonly SigningKey[]): JWTVerifyGetKey =>
  createLocalJWKSet({ keys: keys.map((key) => key.publicJwk) });

/** Of keys that may change: made anew when they have. */
export function currentVerificationKeys(keys: () => readonly SigningKey[]): () => JWTVerifyGetKey {
  let of: readonly SigningKey[] | undefined;
  let found = verificationKeys([]);
  return () => {
    const current = keys();
    if (current !== of) found = verificationKeys(current);
    of = current;
    return found;
  };
}
