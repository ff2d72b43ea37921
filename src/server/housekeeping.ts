// What runs on a timer: forgetting what has expired.
import { sweepCounters } from '../limits/counters.ts';
import type { Logger } from '../observability/logger.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { SWEEP_BATCH_ROWS, sweepPayloads } from '../protocol-store/sweep.ts';

const INTERVAL_MS = 60_000;

/** Returns the way to stop it; a round under way is waited for. */
export function startHousekeeping({ log, ...deps }: StoreDeps & { log: Logger }): () => Promise<void> {
  let round = Promise.resolve();
  const timer = setInterval(() => {
    round = round.then(() => sweep({ ...deps, log }));
  }, INTERVAL_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await round;
  };
}

async function sweep({ log, ...deps }: StoreDeps & { log: Logger }): Promise<void> {
  try {
    const payloads = await sweepPayloads(deps);
    const counters = await sweepAllCounters(deps);
    if (payloads + counters > 0) log.debug({ event: 'sweep.done', payloads, counters });
  } catch (err) {
    log.error({ event: 'sweep.failed', err });
  }
}

/** A wide attack leaves many: what is not deleted in this round would wait for the next. */
async function sweepAllCounters(deps: StoreDeps): Promise<number> {
  let deleted = 0;
  for (;;) {
    const count = await sweepCounters(deps, SWEEP_BATCH_ROWS);
    deleted += count;
    if (count < SWEEP_BATCH_ROWS) return deleted;
  }
}
