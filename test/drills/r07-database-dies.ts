// R07: PostgreSQL ends at once, as if its machine had failed, and comes back ten seconds later.
import { setTimeout as sleep } from 'node:timers/promises';
import { sharedCluster } from './cluster.ts';
import { type Drill, missedOf, type Report } from './drill.ts';
import { statusesOf } from './measures.ts';
import { documentsIn, refusalsIn, secondsToRecover } from './outages.ts';
import { neverIn, type Stage, underLoad } from './under-load.ts';
import { W } from './workload.ts';

const SLOWEST_P99_MS = 1_500;
const BACK_SECONDS = 5;

async function outage({ how, site, faulted }: Stage) {
  const cluster = await sharedCluster();
  const down = Date.now();
  faulted();
  cluster.stop('immediate');
  await sleep(how.short ? 3_000 : 10_000);
  cluster.start();
  const up = Date.now();
  await sleep(how.short ? 5_000 : 10_000);
  return { down, up, ends: site.processes.flatMap(({ ends }) => ends) };
}

export const databaseDies: Drill = {
  id: 'R07',
  title: 'PostgreSQL dies and comes back after ten seconds',
  async run(how): Promise<Report> {
    const seen = await underLoad(how, { rates: { ...W, documents: 5 } }, outage);
    const { down, up, ends } = seen.found;
    const documents = documentsIn(seen.outcomes, { from: down, to: up });
    const { count, blunt, p99 } = refusalsIn(seen.during);
    const recovery = secondsToRecover(seen.outcomes, up);
    const timed = {
      [`p99 of a 503 is at most ${SLOWEST_P99_MS} ms (${p99})`]: (p99 ?? 0) <= SLOWEST_P99_MS,
      [`full service within ${BACK_SECONDS} s (${recovery})`]: recovery <= BACK_SECONDS,
    };
    return {
      chains: seen.chains,
      errors: seen.errors.length,
      latency: seen.latency,
      recoverySeconds: recovery,
      more: {
        refused: count,
        'p99 of a refusal, ms': p99 ?? 'none',
        'documents asked for': documents.asked,
        ...seen.more,
      },
      missed: missedOf({
        ...neverIn(seen),
        [`whoever is refused is told when to come back (${statusesOf(blunt)})`]: blunt.length === 0,
        'discovery and JWKS are answered meanwhile': documents.asked > 0 && documents.failed === 0,
        'no process ends': ends.length === 0,
        ...(how.short ? {} : timed),
      }),
    };
  },
};
