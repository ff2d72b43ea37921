// The middle of times in milliseconds, and what one in a hundred exceeds.
import type { Spread } from './drill.ts';
import { percentile } from './measures.ts';

export const spreadOf = (times: readonly number[]): Spread => ({
  p50: percentile(times, 0.5),
  p99: percentile(times, 0.99),
});
