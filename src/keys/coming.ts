// What will become of each key, for whoever looks at them.
import type { KeysConfig } from '../config/config.ts';
import type { KeyInfo } from './signing-keys.ts';

const after = (date: Date | undefined, seconds: number): Date | undefined =>
  date && new Date(date.getTime() + seconds * 1000);

/** When it signs (next), signs no more (active), or goes (retired), if nobody does anything. */
export function changesAt(key: KeyInfo, keys: readonly KeyInfo[], rules: KeysConfig): Date | undefined {
  const beside = (stage: KeyInfo['stage']) => keys.find((k) => k.algorithm === key.algorithm && k.stage === stage);
  switch (key.stage) {
    case 'next': {
      const known = after(key.createdAt, rules.publishAheadSeconds);
      const due = after(beside('active')?.activatedAt, rules.rotateEverySeconds);
      return key.askedAt === undefined && known && due && due > known ? due : known;
    }
    case 'active': {
      const next = beside('next');
      return next === undefined ? after(key.activatedAt, rules.rotateEverySeconds) : changesAt(next, keys, rules);
    }
    case 'retired':
      return after(key.retiredAt, rules.keepRetiredSeconds);
  }
}

const DAY_MS = 86_400_000;
/** Seconds. Every process sees to it once a minute; this long nobody has. */
const PATIENCE_SECONDS = 3600;

/** Days that the oldest key has signed although another should by now; undefined where all is as it should be. */
export function overdueDays(
  keys: readonly Pick<KeyInfo, 'stage' | 'activatedAt'>[],
  now: Date,
  rules: KeysConfig,
): number | undefined {
  const longest = rules.rotateEverySeconds + rules.publishAheadSeconds + PATIENCE_SECONDS;
  const ages = keys
    .filter(({ stage }) => stage === 'active')
    .map(({ activatedAt }) => (activatedAt === undefined ? 0 : now.getTime() - activatedAt.getTime()));
  const oldest = Math.max(0, ...ages);
  return oldest > longest * 1000 ? Math.floor(oldest / DAY_MS) : undefined;
}
