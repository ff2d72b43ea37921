// How long a worker that died is left alone: a second, doubled each time, until one of them has served for a while.

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** Who has served this long died of something else than the one before. */
const STABLE_MS = 60_000;

export interface RestartDelay {
  /** To be given back when the next one ends. */
  readonly failures: number;
  readonly delayMs: number;
}

export function restartDelay(failures: number, servedMs: number): RestartDelay {
  const before = servedMs >= STABLE_MS ? 0 : failures;
  return { failures: before + 1, delayMs: Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(before, 10)) };
}
