// Somebody replaces keys before their time: once apps know the next one, or at once.
import { recordEvent } from '../audit/audit-log.ts';
import { DEFAULT_ALGORITHM, type SigningAlgorithm } from '../config/keys/algorithms.ts';
import { type KeyState, keyIn } from './life-cycle.ts';
import { askForKey, inTurn, type KeyDeps, keyStates } from './signing-keys.ts';
import { makeSpares, type Spares } from './spare-keys.ts';
import { type By, take } from './take-step.ts';

export interface Rotation {
  readonly algorithm: SigningAlgorithm;
  /** The key that signs, or will. */
  readonly kid: string;
  /** 0: it does already. */
  readonly signsInSeconds: number;
}

/** One key of each algorithm in use; one that waits already is taken. */
export async function rotateKeys(deps: KeyDeps, by: By, { now }: { now: boolean }): Promise<readonly Rotation[]> {
  const found = await keyStates(deps);
  const spares = await makeSpares(inUse(found).filter((algorithm) => keyIn(found, algorithm, 'next') === undefined));
  return inTurn(deps, async (inside) => {
    const keys = await keyStates(inside);
    const rotations: Rotation[] = [];
    for (const algorithm of inUse(keys)) {
      const next = await nextKey(inside, keys, { algorithm, spares, by, asked: !now });
      if (now)
        await take(inside, { does: 'activate', key: next, retiring: keyIn(keys, algorithm, 'active') }, { spares, by });
      const left = Math.max(0, Math.ceil(deps.rules.publishAheadSeconds - next.ageSeconds));
      rotations.push({ algorithm, kid: next.kid, signsInSeconds: now ? 0 : left });
    }
    return rotations;
  });
}

interface Asked {
  readonly algorithm: SigningAlgorithm;
  readonly spares: Spares;
  readonly by: By;
  readonly asked: boolean;
}

async function nextKey(deps: KeyDeps, keys: readonly KeyState[], { algorithm, spares, by, asked }: Asked) {
  const waiting = keyIn(keys, algorithm, 'next');
  const step = { does: 'make', algorithm, stage: 'next' } as const;
  const kid = waiting?.kid ?? (await take(deps, step, { spares, by, asked }));
  if (asked && waiting !== undefined) await askForKey(deps, kid);
  if (asked) {
    await recordEvent(deps, { ...by, event: 'keys.rotation_asked', subject: `key:${kid}`, details: { algorithm } });
  }
  return waiting ?? { kid, algorithm, stage: 'next' as const, ageSeconds: 0, publishedSeconds: 0, isAskedFor: asked };
}

const inUse = (keys: readonly KeyState[]): readonly SigningAlgorithm[] => {
  const active = keys.filter(({ stage }) => stage === 'active');
  return [...new Set<SigningAlgorithm>([DEFAULT_ALGORITHM, ...active.map(({ algorithm }) => algorithm)])];
};
