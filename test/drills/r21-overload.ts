// R21: five times the load, for two minutes; what is too much is refused, and afterwards all is as before.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, missedOf, type Report } from './drill.ts';
import { ofKind, percentile, type Span, spreadOf, within } from './measures.ts';
import { refusalsIn } from './outages.ts';
import { neverIn, type Stage, underLoad } from './under-load.ts';
import { type Outcome, scaled } from './workload.ts';

const FACTOR = 5;
const STEPS = [1.5, 2, 2.5, 3, 3.5];
const GOODPUT = 0.7;
const BACK_SECONDS = 10;
/** Milliseconds. Whoever waits longer has gone. */
const USEFUL_MS = 10_000;
const QUICK_MS = 2_000;
/** What a p99 may differ by from one window to the next without meaning anything. */
const NOISE = { factor: 1.5, ms: 50 };

const goodputIn = (outcomes: readonly Outcome[], { from, to }: Span): number =>
  within(outcomes, { from, to }).filter(({ good, ms }) => good && ms <= USEFUL_MS).length / ((to - from) / 1000);

/** Of each kind: a sign-in is five requests, of which each can be refused. */
function doneByKind(outcomes: readonly Outcome[], span: Span): string {
  const kinds = Map.groupBy(within(outcomes, span), ({ kind }) => kind);
  return [...kinds]
    .map(([kind, all]) => `${kind} ${Math.round(goodputIn(all, span) * 10) / 10} of ${rateIn(all, span)}`)
    .join(', ');
}

const rateIn = (outcomes: readonly Outcome[], { from, to }: Span): number =>
  Math.round((outcomes.length / ((to - from) / 1000)) * 10) / 10;

async function overload({ how, site, load, rates }: Stage) {
  const steps: Span[] = [];
  for (const factor of how.short ? [2] : STEPS) {
    load.rates(scaled(rates, factor));
    const from = Date.now();
    await sleep(how.short ? 2_000 : 6_000);
    steps.push({ from, to: Date.now() });
  }
  const from = Date.now();
  load.rates(scaled(rates, FACTOR));
  await sleep(how.short ? 5_000 : 120_000);
  const to = Date.now();
  load.rates(rates);
  await sleep(how.short ? 4_000 : 15_000);
  return { steps, over: { from, to }, ends: site.processes.flatMap(({ ends }) => ends) };
}

/** Seconds from this moment until refreshes are as quick as before, two seconds at a time; undefined: they never were. */
function secondsUntilQuick(outcomes: readonly Outcome[], since: number, baseline: number): number | undefined {
  const limit = Math.max(baseline * NOISE.factor, baseline + NOISE.ms);
  for (let from = since; from < since + 30_000; from += 1_000) {
    const found = ofKind(within(outcomes, { from, to: from + 2_000 }), 'refresh');
    const p99 = percentile(
      found.map(({ ms }) => ms),
      0.99,
    );
    if (p99 !== undefined && p99 <= limit) return (from - since) / 1000;
  }
  return undefined;
}

export const overloaded: Drill = {
  id: 'R21',
  title: 'five times the load',
  async run(how): Promise<Report> {
    const seen = await underLoad(how, {}, overload);
    const { steps, over, ends } = seen.found;
    const capacity = Math.max(...steps.map((step) => goodputIn(seen.outcomes, step)));
    const goodput = goodputIn(seen.outcomes, over);
    const { count, p99 } = refusalsIn(within(seen.outcomes, over));
    const back = secondsUntilQuick(seen.outcomes, over.to, seen.latency.before.p99 ?? 0);
    const timed = {
      [`what is refused is refused within ${QUICK_MS} ms (p99 ${p99})`]: (p99 ?? 0) <= QUICK_MS,
      'as much is done as 70 % of what can be': goodput >= GOODPUT * capacity,
      [`as quick as before within ${BACK_SECONDS} s (${back})`]: (back ?? Number.POSITIVE_INFINITY) <= BACK_SECONDS,
    };
    return {
      chains: seen.chains,
      errors: seen.errors.length,
      latency: { ...seen.latency, during: spreadOf(ofKind(within(seen.outcomes, over), 'refresh')) },
      recoverySeconds: back,
      more: {
        'most done in a second, in steps up to it': Math.round(capacity),
        'done in a second under five times the load': Math.round(goodput),
        'of each kind': doneByKind(seen.outcomes, over),
        refused: count,
        'p99 of a refusal, ms': p99 ?? 'none',
        ...seen.more,
      },
      missed: missedOf({ ...neverIn(seen), 'no process ends': ends.length === 0, ...(how.short ? {} : timed) }),
    };
  },
};
