// One step in the life of a key, and the event that tells of it. The caller holds the lock.
import { type Actor, recordEvent, type Source } from '../audit/audit-log.ts';
import type { Step } from './life-cycle.ts';
import { activateKey, insertSigningKey, type KeyDeps, removeKey, retireKey } from './signing-keys.ts';
import type { Spares } from './spare-keys.ts';

/** Who wants it. */
export interface By {
  readonly actor: Actor;
  readonly source?: Source | undefined;
}

export const BY_SERVER: By = { actor: 'server' };

/** Returns the key that was made or moved. */
export async function take(
  deps: KeyDeps,
  step: Step,
  { spares, by, asked = false }: { spares: Spares; by: By; asked?: boolean },
): Promise<string> {
  switch (step.does) {
    case 'make': {
      const { algorithm, stage } = step;
      const key = await spares.take(algorithm, stage);
      await insertSigningKey(deps, key, { asked });
      await recordEvent(deps, { ...by, event: 'keys.made', subject: `key:${key.kid}`, details: { algorithm, stage } });
      return key.kid;
    }
    case 'activate': {
      const { key, retiring } = step;
      if (retiring !== undefined) await retireKey(deps, retiring.kid);
      await activateKey(deps, key.kid);
      const details = { algorithm: key.algorithm, before: { kid: retiring?.kid ?? null }, after: { kid: key.kid } };
      await recordEvent(deps, { ...by, event: 'keys.rotated', subject: `key:${key.kid}`, details });
      return key.kid;
    }
    case 'remove': {
      const { kid, algorithm, stage } = step.key;
      await removeKey(deps.db, kid);
      await recordEvent(deps, { ...by, event: 'keys.removed', subject: `key:${kid}`, details: { algorithm, stage } });
      return kid;
    }
  }
}
