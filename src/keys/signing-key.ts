// What a signing key is, and how a new one is made.
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';

/** next: published, signs nothing yet. active: signs. retired: published until what it signed has expired. */
export type KeyStage = 'next' | 'active' | 'retired';

export interface SigningKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: 'RS256';
  readonly stage: KeyStage;
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
}

/** Bits. RS256 with 2048 is what every relying party accepts; NIST SP 800-57 part 1 allows it until 2030. */
const RSA_BITS = 2048;
const generate = promisify(generateKeyPair);

export async function generateSigningKey(stage: KeyStage): Promise<SigningKey> {
  const pair = await generate('rsa', { modulusLength: RSA_BITS });
  const bare = pair.publicKey.export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(bare);
  const common = { kid, alg: 'RS256', use: 'sig' };
  return {
    kid,
    algorithm: 'RS256',
    stage,
    publicJwk: { ...bare, ...common },
    privateJwk: { ...(pair.privateKey.export({ format: 'jwk' }) as JWK), ...common },
  };
}
