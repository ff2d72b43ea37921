// New keys, made before the transaction that may need them: making one takes longer than a lock should be held.
import type { SigningAlgorithm } from '../config/keys/algorithms.ts';
import { generateSigningKey, type KeyStage, type SigningKey } from './signing-key.ts';

export interface Spares {
  /** Of those that were made, or a new one where circumstances have changed meanwhile. */
  take(algorithm: SigningAlgorithm, stage: KeyStage): Promise<SigningKey>;
}

export async function makeSpares(algorithms: readonly SigningAlgorithm[]): Promise<Spares> {
  const made = await Promise.all(algorithms.map((algorithm) => generateSigningKey('next', algorithm)));
  return {
    async take(algorithm, stage) {
      const index = made.findIndex((key) => key.algorithm === algorithm);
      const [spare] = index === -1 ? [] : made.splice(index, 1);
      return spare === undefined ? generateSigningKey(stage, algorithm) : { ...spare, stage };
    },
  };
}
