// R03: every process is stopped and started again, one after the other, and nobody notices.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, missedOf, type Report } from './drill.ts';
import { statusesOf } from './measures.ts';
import { refusalsIn } from './outages.ts';
import { neverIn, type Stage, underLoad } from './under-load.ts';

const MOST_DRAIN_SECONDS = 20;

interface Stop {
  readonly code: number | null;
  readonly seconds: number;
  /** Until it took requests again. */
  readonly away: number;
}

async function restarts({ how, site }: Stage): Promise<Stop[]> {
  const stops: Stop[] = [];
  for (let round = 0; round < (how.short ? 1 : 5); round += 1) {
    for (const each of site.processes) {
      const startedAt = Date.now();
      each.signal('SIGTERM');
      while (each.ends.length <= round) await sleep(10);
      const seconds = (Date.now() - startedAt) / 1000;
      await each.ready();
      stops.push({ code: each.ends[round]?.code ?? null, seconds, away: (Date.now() - startedAt) / 1000 });
    }
  }
  return stops;
}

export const rollingRestart: Drill = {
  id: 'R03',
  title: 'a rolling restart that nobody notices',
  async run(how): Promise<Report> {
    const seen = await underLoad(how, {}, restarts);
    // Beside other tests two cores have not always time for everybody: who is asked to come back was not lost by a restart.
    const failures = how.short ? refusalsIn(seen.errors).blunt : seen.errors;
    const slowest = Math.max(...seen.found.map(({ seconds }) => seconds));
    return {
      chains: seen.chains,
      errors: seen.errors.length,
      latency: seen.latency,
      recoverySeconds: Math.max(...seen.found.map(({ away }) => away)),
      more: { restarts: seen.found.length, 'longest drain, s': slowest, ...seen.more },
      missed: missedOf({
        ...neverIn(seen),
        [`no request fails (${statusesOf(failures)})`]: failures.length === 0,
        'every process ends with 0': seen.found.every(({ code }) => code === 0),
        [`a process drains within ${MOST_DRAIN_SECONDS} s`]: slowest <= MOST_DRAIN_SECONDS,
      }),
    };
  },
};
