// The keys as the engine takes them, and as our own checks of our own tokens use them.
import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from 'jose';
import type { SigningKey } from './signing-key.ts';

/**
 * The private JWK Set for the engine: the first key without `key_ops` signs, so the active one comes first;
 * the others are published at jwks_uri but can only verify.
 */
export const engineKeySet = (keys: readonly SigningKey[]): { keys: JWK[] } => ({
  keys: keys.map((key) => (key.stage === 'active' ? key.privateJwk : { ...key.privateJwk, key_ops: ['verify'] })),
});

/** Finds the public key for a token we signed, by `kid` and `alg`; keys in the token's own header are never used. */
export const verificationKeys = (keys: readonly SigningKey[]): JWTVerifyGetKey =>
  createLocalJWKSet({ keys: keys.map((key) => key.publicJwk) });
