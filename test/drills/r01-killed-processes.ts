// R01: one of three processes is killed as the kernel kills, again and again.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, missedOf, type Report } from './drill.ts';
import { neverUnderWayIn, ofKind, percent, type Span, spreadOf, statusesOf } from './measures.ts';
import { neverIn, type Stage, underLoad } from './under-load.ts';
import type { Outcome } from './workload.ts';

const FULL = { kills: 20, chains: 5_000 };
const SHORT = { kills: 2, chains: 88 };
const MOST_ERRORS_PERCENT = 0.5;
const SLOWEST_MS = 500;
const BACK_SECONDS = 5;

interface Kill {
  /** From the signal until the process was gone. */
  readonly dying: Span;
  /** From the signal until it was back. */
  readonly away: Span;
}

async function kills({ how, site, faulted }: Stage): Promise<Kill[]> {
  const done: Kill[] = [];
  for (let turn = 0; turn < (how.short ? SHORT : FULL).kills; turn += 1) {
    const one = site.processes[turn % site.processes.length];
    if (one === undefined) throw new Error('no process');
    const from = Date.now();
    faulted();
    one.signal('SIGKILL');
    while (one.ends.length <= Math.floor(turn / site.processes.length)) await sleep(5);
    const gone = Date.now();
    await one.ready();
    done.push({ dying: { from, to: gone }, away: { from, to: Date.now() } });
    await sleep(how.short ? 500 : 1_500);
  }
  return done;
}

/**
 * Failures that no kill explains. A public client's refresh that was not answered may be refused (400) when it is tried again; any
 * other that is refused counts as a lost chain.
 */
const unexplained = (errors: readonly Outcome[], found: readonly Kill[]): Outcome[] =>
  neverUnderWayIn(
    errors.filter(({ kind, status }) => !(kind === 'refresh' && status === 400)),
    found.map(({ dying }) => dying),
  );

export const killedProcesses: Drill = {
  id: 'R01',
  title: 'one of three processes is killed, again and again',
  async run(how): Promise<Report> {
    const seen = await underLoad(how, {}, kills);
    const { during, errors, latency, chains, found } = seen;
    const slowestBack = Math.max(...found.map(({ away: { from, to } }) => (to - from) / 1000));
    const isAway = ({ at }: Outcome) => found.some(({ away: { from, to } }) => at >= from && at <= to);
    const refreshes = ofKind(during, 'refresh');
    const errorPercent = percent(errors.length, during.length);
    const others = unexplained(errors, found);
    const timed = {
      'no request fails that was not under way as a process was killed': others.length === 0,
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
        'failures of what was not under way as one was killed': statusesOf(others),
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
