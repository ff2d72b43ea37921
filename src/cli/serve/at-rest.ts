// A process that has nothing to do gives back what its start, or a load, had it take.
import { performance } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import type { Logger } from '../../observability/logger.ts';

const LOOK_MS = 3_000;
/** The share of the time between two looks in which it did something. */
const RESTING = 0.02;
/** New objects have 1 MB where few are made, and up to 16 (`--max-semi-space-size` in bin/gatehouse). V8 alone shrinks it late. */
const LARGE_BYTES = 4 * 2 ** 20;
/** However often it is busy and rests again: a collection of all takes some 100 ms. */
const AGAIN_MS = 60_000;

/** As long as the process lives. Needs `--expose-gc`, as bin/gatehouse has it; without it nothing happens. */
export function tidyAtRest(log: Logger): void {
  const collect = globalThis.gc;
  if (collect === undefined) return;
  let seen = performance.eventLoopUtilization();
  let tidiedAt: number | undefined;
  const look = () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, seen);
    seen = now;
    // After the start there is always something.
    const isDue = tidiedAt === undefined || (performance.now() - tidiedAt > AGAIN_MS && newBytes() >= LARGE_BYTES);
    if (utilization > RESTING || !isDue) return;
    const before = process.memoryUsage.rss();
    collect({ type: 'major', flavor: 'last-resort' });
    tidiedAt = performance.now();
    log.debug({ event: 'process.tidied', megabytes: Math.round((before - process.memoryUsage.rss()) / 2 ** 20) });
  };
  setInterval(look, LOOK_MS).unref();
}

const newBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.physical_space_size ?? 0;
