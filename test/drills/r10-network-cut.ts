// R10: the network between the processes and PostgreSQL is cut for twenty seconds: nothing comes through, and nobody is told.
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from './cluster.ts';
import { type CuttableWay, cuttableWay } from './cuttable-way.ts';
import { type Drill, missedOf, type Report } from './drill.ts';
import { ofKind, within } from './measures.ts';
import { watchMemory } from './memory.ts';
import { refusalsIn, secondsToRecover } from './outages.ts';
import { neverIn, type Stage, underLoad } from './under-load.ts';

const SLOWEST_MS = 5_000;
const MOST_GROWTH_MB = 50;
const BACK_SECONDS = 5;
const STUCK = `select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'
  and state_change < now() - interval '2 seconds'`;

async function cut({ how, site, databaseUrl, faulted }: Stage, way: CuttableWay) {
  const memory = watchMemory(site);
  faulted();
  await way.cut();
  await sleep(how.short ? 5_000 : 20_000);
  await way.mend();
  const up = Date.now();
  // Longer than PostgreSQL leaves a transaction alone that nobody goes on with.
  await sleep(how.short ? 6_000 : 12_000);
  // What has piled up may take its memory only when the way is open again.
  const growth = memory.growth();
  memory.stop();
  const stuck = await withClient(databaseUrl, async (client) => (await client.query(STUCK)).rowCount ?? 0);
  return { up, growth, stuck };
}

export const networkCut: Drill = {
  id: 'R10',
  title: 'the network to the database is cut for twenty seconds',
  async run(how): Promise<Report> {
    let way: CuttableWay | undefined;
    const through = async (databaseUrl: string) => {
      way = await cuttableWay(databaseUrl);
      return way;
    };
    const seen = await underLoad(how, { way: through }, async (stage) => {
      if (way === undefined) throw new Error('no way to the database');
      return cut(stage, way);
    });
    const { up, growth, stuck } = seen.found;
    const { count, slowest, p99 } = refusalsIn(within(seen.outcomes, { from: seen.span.from, to: up }));
    const recovery = secondsToRecover(seen.outcomes, up);
    // Beside other tests it only has to end by itself.
    const most = how.short ? 3 * SLOWEST_MS : SLOWEST_MS;
    const timed = {
      [`memory grows by at most ${MOST_GROWTH_MB} MB (${growth})`]: growth <= MOST_GROWTH_MB,
      [`full service within ${BACK_SECONDS} s (${recovery})`]: recovery <= BACK_SECONDS,
    };
    return {
      chains: seen.chains,
      errors: seen.errors.length,
      latency: seen.latency,
      recoverySeconds: recovery,
      more: {
        'cut by': way?.means ?? '',
        refused: count,
        'slowest refusal, ms': slowest ?? 'none',
        'p99 of a refusal, ms': p99 ?? 'none',
        'memory grown, MB': growth,
        'stuck transactions': stuck,
        'refreshes meanwhile': ofKind(seen.during, 'refresh').length,
        ...seen.more,
      },
      missed: missedOf({
        ...neverIn(seen),
        'there was a cut': count > 0,
        [`a request fails within ${most} ms (${slowest})`]: (slowest ?? 0) <= most,
        'no transaction is stuck afterwards': stuck === 0,
        ...(how.short ? {} : timed),
      }),
    };
  },
};
