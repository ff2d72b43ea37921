// R01: one of three processes is killed as the kernel kills, again and again.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, missedOf, type Report } from './drill.ts';
import { ofKind, percent, type Span, spreadOf } from './measures.ts';
import { neverIn, type Stage, underLoad } from './under-load.ts';
import type { Outcome } from './workload.ts';

const FULL = { kills: 20, chains: 5_000 };
const SHORT = { kills: 2, chains: 88 };
const MOST_ERRORS_PERCENT = 0.5;
const SLOWEST_MS = 500;
const BACK_SECONDS = 5;

/** From each kill until the process was back. */
async function kills({ how, site, faulted }: Stage): Promise<Span[]> {
  const back: Span[] = [];
  for (let turn = 0; turn < (how.short ? SHORT : FULL).kills; turn += 1) {
    const one = site.processes[turn % site.processes.length];
    if (one === undefined) throw new Error('no process');
    faulted();
    one.signal('SIGKILL');
    const startedAt = Date.now();
    while (one.ends.length <= Math.floor(turn / site.processes.length)) await sleep(5);
    await one.ready();
    back.push({ from: startedAt, to: Date.now() });
    await sleep(how.short ? 500 : 1_500);
  }
  return back;
}

export const killedProcesses: Drill = {
  id: 'R01',
  title: 'one of three processes is killed, again and again',
  async run(how): Promise<Report> {
    const seen = await underLoad(how, {}, kills);
    const { during, errors, latency, chains, found } = seen;
    const slowestBack = Math.max(...found.map(({ from, to }) => (to - from) / 1000));
    const isAway = ({ at }: Outcome) => found.some(({ from, to }) => at >= from && at <= to);
    const refreshes = ofKind(during, 'refresh');
    const errorPercent = percent(errors.length, during.length);
    const timed = {
      [`at most ${MOST_ERRORS_PERCENT} % of requests fail`]: errorPercent <= MOST_ERRORS_PERCENT,
      [`p99 of a refresh is at most ${SLOWEST_MS} ms`]: (latency.during.p99 ?? 0) <= SLOWEST_MS,
      [`a process is back within ${BACK_SECONDS} s`]: slowestBack <= BACK_SECONDS,
    };
    const { chains: enough } = how.short ? SHORT : FULL;
    return {
      chains,
      errors: errors.length,
      latency,
      recoverySeconds: slowestBack,
      more: {
        kills: found.length,
        'p99 of a refresh that began while a process was away or starting, ms':
          spreadOf(refreshes.filter(isAway)).p99 ?? 'none',
        'p99 of one that began while all were there, ms':
          spreadOf(refreshes.filter((each) => !isAway(each))).p99 ?? 'none',
        ...seen.more,
      },
      missed: missedOf({
        ...neverIn(seen),
        [`at least ${enough} chains`]: chains.tried >= enough,
        ...(how.short ? {} : timed),
      }),
    };
  },
};
