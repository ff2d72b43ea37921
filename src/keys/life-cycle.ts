// When a key is made, signs, signs no more, and goes. Decided from ages alone, so that any process may decide it at any time.
import type { KeysConfig } from '../config/config.ts';
import type { SigningAlgorithm } from '../config/keys/algorithms.ts';
import type { KeyStage } from './signing-key.ts';

export interface KeyState {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly stage: KeyStage;
  /** Seconds, by database time, since it entered its stage: published, signs, signs no more. */
  readonly ageSeconds: number;
  /** Seconds since it was made, which is when it was published. */
  readonly publishedSeconds: number;
  /** Somebody wants it to sign as soon as it has been published for long enough. */
  readonly isAskedFor: boolean;
}

export type Step =
  | { readonly does: 'make'; readonly algorithm: SigningAlgorithm; readonly stage: 'next' | 'active' }
  /** The next key signs from now on; the one that did, if there is one, retires. */
  | { readonly does: 'activate'; readonly key: KeyState; readonly retiring: KeyState | undefined }
  | { readonly does: 'remove'; readonly key: KeyState };

/** What is to be done now. An algorithm that nobody asks for any longer is replaced like the others while its key signs. */
export function dueSteps(
  keys: readonly KeyState[],
  { algorithms, rules }: { algorithms: readonly SigningAlgorithm[]; rules: KeysConfig },
): readonly Step[] {
  const all = new Set([...algorithms, ...keys.filter(({ stage }) => stage !== 'retired').map((key) => key.algorithm)]);
  return [
    ...[...all].flatMap((algorithm) => stepOf(keys, algorithm, rules) ?? []),
    ...keys
      .filter(({ stage, ageSeconds }) => stage === 'retired' && ageSeconds >= rules.keepRetiredSeconds)
      .map((key): Step => ({ does: 'remove', key })),
  ];
}

function stepOf(keys: readonly KeyState[], algorithm: SigningAlgorithm, rules: KeysConfig): Step | undefined {
  const active = keyIn(keys, algorithm, 'active');
  const next = keyIn(keys, algorithm, 'next');
  if (active === undefined) {
    return next === undefined
      ? { does: 'make', algorithm, stage: 'active' }
      : { does: 'activate', key: next, retiring: undefined };
  }
  if (next === undefined) {
    const due = active.ageSeconds >= rules.rotateEverySeconds - rules.publishAheadSeconds;
    return due ? { does: 'make', algorithm, stage: 'next' } : undefined;
  }
  const isWanted = next.isAskedFor || active.ageSeconds >= rules.rotateEverySeconds;
  const isKnown = next.ageSeconds >= rules.publishAheadSeconds;
  return isWanted && isKnown ? { does: 'activate', key: next, retiring: active } : undefined;
}

/** Of these algorithms, those whose key apps may not know that have cached the others: it has not been published for long enough. */
export const unannounced = (
  keys: readonly KeyState[],
  { algorithms, rules }: { algorithms: readonly SigningAlgorithm[]; rules: KeysConfig },
): readonly SigningAlgorithm[] =>
  algorithms.filter((algorithm) => {
    const published = keyIn(keys, algorithm, 'active')?.publishedSeconds ?? Number.POSITIVE_INFINITY;
    return published < rules.publishAheadSeconds && keys.some((key) => key.publishedSeconds > published + 1);
  });

/** There is at most one of either stage (index signing_keys_one_each). */
export const keyIn = (
  keys: readonly KeyState[],
  algorithm: SigningAlgorithm,
  stage: 'active' | 'next',
): KeyState | undefined => keys.find((key) => key.algorithm === algorithm && key.stage === stage);
