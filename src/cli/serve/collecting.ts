// How V8 collects what is not used any more, said when the server is up. On the command line it would cost a tenth of each start: V8 takes
// what was compiled for the same flags only, and what Node brings along of its own was compiled for none.
import { performance } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Logger } from '../../observability/logger.ts';

/** Of 11 MB of new objects one lasts: four threads that share it out cost more than it takes one to keep it. */
const ALONE = '--no-parallel-scavenge';
/** What lasts is collected when it has grown by a third, not when it has doubled. */
const GROWS = '--heap-growing-percent=30';
/**
 * V8 13.6 frees a piece of WebAssembly's code twice when it is taken up again while it is collected, and the process dies of it
 * (nodejs/node#66366, mended in Node 26). What is never collected is not freed twice.
 */
const KEEPS_WASM = '--no-wasm-code-gc';
/** For `gc`, which a context has that is made after it. */
const BY_HAND = '--expose-gc';

const LOOK_MS = 3_000;
/** The share of the time between two looks in which it did something. */
const RESTING = 0.02;
/** New objects have 1 MB where few are made, and up to 16 (`--max-semi-space-size` in bin/gatehouse). V8 alone shrinks it late. */
const LARGE_BYTES = 4 * 2 ** 20;
/** However often it is busy and rests again: a collection of all takes some 100 ms. */
const AGAIN_MS = 60_000;

/** From now on, as long as the process lives: a process that has nothing to do gives back what its start, or a load, had it take. */
export function collectSparingly(log: Logger): void {
  for (const flag of [ALONE, GROWS, KEEPS_WASM, BY_HAND]) setFlagsFromString(flag);
  const collect: NodeJS.GCFunction = runInNewContext('gc');
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
