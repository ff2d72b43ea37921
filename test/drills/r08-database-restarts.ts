// R08: PostgreSQL is restarted, as for an update, five times.
import { setTimeout as sleep } from 'node:timers/promises';
import { sharedCluster } from './cluster.ts';
import { type Drill, missedOf, type Report } from './drill.ts';
import { failed, statusesOf, within } from './measures.ts';
import { documentsIn, refusalsIn } from './outages.ts';
import { neverIn, type Stage, underLoad } from './under-load.ts';
import { type Outcome, W } from './workload.ts';

const SECONDS_BETWEEN = 10;
const VISIBLE_SECONDS = 3;
const SLOWEST_P99_MS = 1_500;

async function restarts({ how, site, faulted }: Stage) {
  const cluster = await sharedCluster();
  const moments: number[] = [];
  for (let turn = 0; turn < (how.short ? 2 : 5); turn += 1) {
    moments.push(Date.now());
    faulted();
    cluster.stop('fast');
    cluster.start();
    await sleep(how.short ? 4_000 : SECONDS_BETWEEN * 1000);
  }
  return { moments, ends: site.processes.flatMap(({ ends }) => ends) };
}

/** Seconds after this restart in which something failed that was due. */
function visible(outcomes: readonly Outcome[], from: number): number {
  const late = failed(within(outcomes, { from, to: from + SECONDS_BETWEEN * 1000 }));
  return Math.max(0, ...late.map(({ at }) => at - from)) / 1000;
}

export const databaseRestarts: Drill = {
  id: 'R08',
  title: 'PostgreSQL is restarted five times',
  async run(how): Promise<Report> {
    const seen = await underLoad(how, { rates: { ...W, documents: 5 } }, restarts);
    const { moments, ends } = seen.found;
    const documents = documentsIn(seen.outcomes, seen.span);
    const { count, blunt, p99 } = refusalsIn(seen.during);
    const longest = Math.max(...moments.map((from) => visible(seen.outcomes, from)));
    const timed = {
      [`p99 of a 503 is at most ${SLOWEST_P99_MS} ms (${p99})`]: (p99 ?? 0) <= SLOWEST_P99_MS,
      [`an outage is seen for at most ${VISIBLE_SECONDS} s (${longest})`]: longest <= VISIBLE_SECONDS,
    };
    return {
      chains: seen.chains,
      errors: seen.errors.length,
      latency: seen.latency,
      recoverySeconds: longest,
      more: { restarts: moments.length, refused: count, 'p99 of a refusal, ms': p99 ?? 'none', ...seen.more },
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
