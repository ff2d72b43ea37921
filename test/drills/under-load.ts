// The course of a drill under load: a site with its ground, a load, a while of peace, the fault, a while of peace, the count.
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from './cluster.ts';
import type { Chains, How, Latency } from './drill.ts';
import { copyOf, type Ground, groundFor } from './ground.ts';
import { type Load, startLoad } from './load.ts';
import { failed, ofKind, percent, type Span, spreadOf, statusesOf, underWayAt, within } from './measures.ts';
import { type Site, startSite } from './site.ts';
import { type Checked, type Outcome, type Rates, type Shown, scaled, W } from './workload.ts';

export interface Course {
  /** W unless stated. */
  readonly rates?: Rates;
  readonly settings?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly keysCachedSeconds?: number;
  /** The way of the processes to the database, where it is not the straight one. */
  readonly way?: (databaseUrl: string) => Promise<Way>;
}

export interface Way {
  readonly url: string;
  close(): Promise<void>;
}

export interface Stage {
  readonly how: How;
  readonly site: Site;
  readonly load: Load;
  readonly ground: Ground;
  /** The straight way. */
  readonly databaseUrl: string;
  readonly rates: Rates;
  /** Says that something breaks just now. */
  faulted(): void;
}

export interface Observed<T> {
  readonly found: T;
  readonly outcomes: readonly Outcome[];
  /** After warming up, until something broke. */
  readonly peace: Span;
  /** From the beginning of the fault to the end of it. */
  readonly span: Span;
  readonly during: readonly Outcome[];
  readonly errors: readonly Outcome[];
  readonly checked: Checked;
  readonly shown: Shown;
  readonly chains: Chains;
  readonly latency: Latency;
  /** Public refreshes that were under way when something broke. */
  readonly exposed: number;
  readonly more: Readonly<Record<string, number | string>>;
}

interface Times {
  readonly warmUp: number;
  readonly before: number;
  readonly after: number;
}

/** Seconds. */
const FULL: Times = { warmUp: 10, before: 20, after: 15 };
const SHORT: Times = { warmUp: 1.5, before: 2, after: 3 };
/** Of W, where a machine does not carry all of it. */
const FULL_SHARE = Number(process.env['DRILL_SHARE'] ?? 1);
/** Of W in the short form: what two cores of CI carry beside other tests. */
const SHORT_SHARE = 0.15;

export async function underLoad<T>(
  how: How,
  course: Course,
  fault: (stage: Stage) => Promise<T>,
): Promise<Observed<T>> {
  const ground = await groundFor(how);
  const databaseUrl = await copyOf(ground);
  const way = await course.way?.(databaseUrl);
  const { port, clients } = ground;
  const { settings, variables } = course;
  const site = await startSite({ databaseUrl: way?.url ?? databaseUrl, port, clients, settings, variables });
  const load = await startLoad({ ...ground, ...course, issuer: site.issuer, certificate: site.nginx.certificate });
  try {
    const rates = scaled(course.rates ?? W, how.short ? SHORT_SHARE : FULL_SHARE);
    return await play({ how, site, load, ground, databaseUrl, rates }, fault);
  } finally {
    load.stop();
    await site.stop();
    await way?.close();
  }
}

async function play<T>(given: Omit<Stage, 'faulted'>, fault: (stage: Stage) => Promise<T>): Promise<Observed<T>> {
  const { how, load, rates, databaseUrl } = given;
  const times = how.short ? SHORT : FULL;
  const faults: number[] = [];
  load.rates(rates);
  await sleep(times.warmUp * 1000);
  const begin = Date.now();
  await sleep(times.before * 1000);
  const from = Date.now();
  how.say(`${load.outcomes.length} requests so far; now it breaks`);
  const found = await fault({ ...given, faulted: () => void faults.push(Date.now()) });
  const to = Date.now();
  how.say(`it held for ${Math.round((to - from) / 1000)} s`);
  await sleep(times.after * 1000);
  const end = Date.now();
  const checked = await load.check();
  const { outcomes } = load;
  how.say(`${checked.tried} chains were looked at`);
  const forks = await forksIn(databaseUrl);
  const span = { from, to };
  const shown = await load.showAgain(span);
  const peace = { from: begin, to: from };
  const spread = (part: Span) => spreadOf(ofKind(within(outcomes, part), 'refresh'));
  const all = within(outcomes, { from: begin, to: end });
  const errors = failed(all);
  const exposed = faults.flatMap((moment) => underWayAt(ofKind(outcomes, 'refresh'), moment)).length;
  return {
    found,
    outcomes,
    peace,
    span,
    during: within(outcomes, span),
    errors,
    checked,
    shown,
    chains: { tried: checked.tried, lost: checked.lost, doubled: shown.doubled + forks },
    latency: {
      before: spread(peace),
      during: spread(span),
      after: spread({ from: to, to: end }),
    },
    exposed,
    more: {
      'requests a second': inWords(rates),
      requests: all.length,
      'errors, %': percent(errors.length, all.length),
      'what was answered instead': statusesOf(errors),
      'success that is not true': checked.untrue,
      'public clients that have to sign in again': `${checked.forced} of ${exposed} refreshes under way`,
      'tokens shown again that were used before': shown.before,
      'tokens shown again that were used meanwhile': shown.during,
      'times that something revoked was said to be': checked.saidRevoked,
      ...(checked.words.length === 0 ? {} : { words: checked.words.join(' | ') }),
    },
  };
}

const inWords = (rates: Rates): string =>
  Object.entries(rates)
    .map(([kind, rate]) => `${Math.round(rate * 10) / 10} ${kind}`)
    .join(', ');

/** Every sign-in here is a grant of its own: more than one good refresh token in it is one too many. */
const forksIn = (databaseUrl: string): Promise<number> =>
  withClient(databaseUrl, async (client) => {
    const found = await client.query(`select grant_id from oidc_payloads
      where model = 'RefreshToken' and consumed_at is null and destroyed_at is null
      group by grant_id having count(*) > 1`);
    return found.rowCount ?? 0;
  });

/** What no drill may show. Public clients whose refresh was under way may have to sign in again, and no others. */
export const neverIn = ({ chains, checked, shown, exposed }: Observed<unknown>): Readonly<Record<string, boolean>> => ({
  'no chain is lost': chains.lost === 0,
  'nothing is good twice': chains.doubled === 0,
  'used tokens were shown again, and each was answered': shown.before + shown.during > 0 && shown.unsaid === 0,
  'no success is untrue': checked.untrue === 0,
  'what was revoked was asked about': checked.saidRevoked > 0,
  'no more public clients have to sign in again than had a refresh under way': checked.forced <= exposed,
});
