// R09: an administrator of the database ends all our connections, every two seconds.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { withClient } from './cluster.ts';
import { type Drill, missedOf, type Report } from './drill.ts';
import { failed, percent } from './measures.ts';
import { secondsToRecover } from './outages.ts';
import { neverIn, type Stage, underLoad } from './under-load.ts';

const EVERY_MS = 2_000;
const MOST_ERRORS_PERCENT = 5;
/** And one that looks whether the database is back. */
const POOL_SIZE = 10;
const OURS = `from pg_stat_activity where datname = current_database() and application_name = 'gatehouse'`;

/** A pool is as large as what is under way; connections that idle for ten seconds are closed. */
const LOOKS = 25;
const BETWEEN_LOOKS_MS = 200;

/** At one time, of some seconds. */
async function most(client: Client): Promise<number> {
  let largest = 0;
  for (let look = 0; look < LOOKS; look += 1) {
    largest = Math.max(largest, (await client.query(`select pid ${OURS}`)).rowCount ?? 0);
    await sleep(BETWEEN_LOOKS_MS);
  }
  return largest;
}

const ended = ({ how, databaseUrl, faulted }: Stage) =>
  withClient(databaseUrl, async (client) => {
    const before = how.short ? 0 : await most(client);
    let connections = 0;
    let last = 0;
    for (let turn = 0; turn < (how.short ? 4 : 30); turn += 1) {
      faulted();
      last = Date.now();
      connections += (await client.query(`select pg_terminate_backend(pid) ${OURS}`)).rowCount ?? 0;
      await sleep(EVERY_MS);
    }
    await sleep(1_000);
    return { before, connections, last, left: await most(client) };
  });

export const endedConnections: Drill = {
  id: 'R09',
  title: 'all connections to the database are ended every two seconds',
  async run(how): Promise<Report> {
    const seen = await underLoad(how, {}, ended);
    const { before, connections, last, left } = seen.found;
    const share = percent(failed(seen.during).length, seen.during.length);
    return {
      chains: seen.chains,
      errors: seen.errors.length,
      latency: seen.latency,
      recoverySeconds: secondsToRecover(seen.outcomes, last),
      more: {
        'connections ended': connections,
        ...(how.short ? {} : { 'connections before': before }),
        'connections afterwards': left,
        'errors meanwhile, %': share,
        ...seen.more,
      },
      missed: missedOf({
        ...neverIn(seen),
        [`there are connections again, and no more than the pools may have (${left})`]:
          left > 0 && left <= 3 * (POOL_SIZE + 1),
        ...(how.short
          ? {}
          : {
              [`at most ${MOST_ERRORS_PERCENT} % of requests fail (${share})`]: share <= MOST_ERRORS_PERCENT,
              [`the pools are at least half as large as before (${left} of ${before})`]: left >= before / 2,
            }),
      }),
    };
  },
};
