// How long requests took: the middle, and what one in a hundred exceeds.
import type { Spread } from './drill.ts';

export function spreadOf(milliseconds: readonly number[]): Spread {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number): number | undefined => {
    const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    return found === undefined ? undefined : Math.round(found * 10) / 10;
  };
  return { p50: at(0.5), p99: at(0.99) };
}
