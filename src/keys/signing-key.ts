// What a signing key is, and how a new one is made.
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { DEFAULT_ALGORITHM, type SigningAlgorithm } from '../config/keys/algorithms.ts';

/** next: published, signs nothing yet. active: signs. retired: published until what it signed has expired. */
export type KeyStage = 'next' | 'active' | 'retired';

export interface SigningKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly stage: KeyStage;
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
}

/** Bits. RS256 with 2048 is what every relying party accepts; NIST SP 800-57 part 1 allows it until 2030. */
const RSA_BITS = 2048;
const generate = promisify(generateKeyPair);

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const PAIRS: Readonly<Record<SigningAlgorithm, () => Promise<Pair>>> = {
  RS256: () => generate('rsa', { modulusLength: RSA_BITS }),
  PS256: () => generate('rsa', { modulusLength: RSA_BITS }),
  ES256: () => generate('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generate('ed25519'),
};

export async function generateSigningKey(
  stage: KeyStage,
  algorithm: SigningAlgorithm = DEFAULT_ALGORITHM,
): Promise<SigningKey> {
  const pair = await PAIRS[algorithm]();
  const bare = pair.publicKey.export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(bare);
  // One in 64 begins so, and would be taken for an option where an operator types it.
  if (kid.startsWith('-')) return generateSigningKey(stage, algorithm);
  const common = { kid, alg: algorithm, use: 'sig' };
  return {
    kid,
    algorithm,
    stage,
    publicJwk: { ...bare, ...common },
    privateJwk: { ...(pair.privateKey.export({ format: 'jwk' }) as JWK), ...common },
  };
}
