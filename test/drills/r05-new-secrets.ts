// R05: the signing key is replaced, and after it the master secret, while apps check every token with keys that they keep.
// Time is compressed: apps keep keys for seconds instead of ten minutes, and the next key signs that soon after it was published.
import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf } from '../cli/command-line.ts';
import { throughProxy } from '../support/proxy.ts';
import { type Drill, missedOf, type Report } from './drill.ts';
import { failed, ofKind, statusesOf, within } from './measures.ts';
import { refusalsIn } from './outages.ts';
import { SECRET, type Site } from './site.ts';
import { neverIn, type Stage, underLoad } from './under-load.ts';
import { type Outcome, W } from './workload.ts';

const FULL = { keysCachedSeconds: 20, tokens: 10_000 };
const SHORT = { keysCachedSeconds: 3, tokens: 50 };
const VISIBLE_SECONDS = 30;
/** Every process looks for other keys each ten seconds. */
const FOLLOWED_MS = 12_000;
const NEW_SECRET = 'drills-replace-their-master-secret-by-this-9876543210';
/** Seconds: the longest lifetime of a token here, and what JWKS may be cached. */
const KEPT_SECONDS = 3_600 + 300;

/** As README.md has them. In the short form the processes have the first step behind them, and the last before them. */
const STEPS = [
  { GATEHOUSE_SECRET: SECRET, GATEHOUSE_SECRET_PREVIOUS: NEW_SECRET },
  { GATEHOUSE_SECRET: NEW_SECRET, GATEHOUSE_SECRET_PREVIOUS: SECRET },
  { GATEHOUSE_SECRET: NEW_SECRET, GATEHOUSE_SECRET_PREVIOUS: '' },
] as const;

type Variables = (typeof STEPS)[number];

/** Asked as nginx asks. */
async function publishes({ issuer }: Site, port: number, kid: string): Promise<boolean> {
  const headers = { 'x-forwarded-proto': 'https' };
  const answer = await throughProxy(port)(`${issuer}/jwks`, { method: 'GET', headers });
  const { keys } = (await answer.json()) as { keys: { kid: string }[] };
  return keys.some((key) => key.kid === kid);
}

/** Seconds until all of them show the key. */
async function untilPublished(site: Site, kid: string): Promise<number> {
  const startedAt = performance.now();
  for (const { port } of site.processes) while (!(await publishes(site, port, kid))) await sleep(100);
  return (performance.now() - startedAt) / 1000;
}

interface Listed {
  readonly kid: string;
  readonly stage: string;
  readonly retired_at: string | null;
  readonly changes_at: string;
}

async function keysTurn({ how, site }: Stage) {
  const { rotations } = (await site.command(['keys', 'rotate'])) as { rotations: { kid: string }[] };
  const kid = rotations[0]?.kid ?? '';
  const visible = await untilPublished(site, kid);
  how.say(`the next key is published everywhere after ${visible.toFixed(1)} s`);
  await sleep((how.short ? SHORT : FULL).keysCachedSeconds * 1000 + 1_000);
  await site.command(['keys', 'rotate', '--now']);
  await sleep(how.short ? 5_000 : FOLLOWED_MS);
  const { keys } = (await site.command(['keys', 'list'])) as unknown as { keys: Listed[] };
  const retired = keys.find(({ stage }) => stage === 'retired');
  const stillThere = await Promise.all(site.processes.map(({ port }) => publishes(site, port, retired?.kid ?? '')));
  const kept = retired && (Date.parse(retired.changes_at) - Date.parse(retired.retired_at ?? '')) / 1000;
  return {
    visible,
    kept: kept ?? 0,
    stillThere: stillThere.every(Boolean),
    active: keys.some((key) => key.kid === kid && key.stage === 'active'),
  };
}

/** Seconds: the longest that one of them was away. */
async function bringTo({ processes }: Pick<Site, 'processes'>, variables: Variables): Promise<number> {
  let longest = 0;
  for (const each of processes) {
    const { length } = each.ends;
    const startedAt = Date.now();
    each.change(variables);
    each.signal('SIGTERM');
    while (each.ends.length === length) await sleep(20);
    await each.ready();
    longest = Math.max(longest, (Date.now() - startedAt) / 1000);
  }
  return longest;
}

interface Sealed {
  readonly columns: readonly { readonly resealed: number }[];
  readonly broken: readonly string[];
}

const sumOf = ({ columns }: Sealed): number => columns.reduce((sum, { resealed }) => sum + resealed, 0);

async function reseal(site: Site, variables: Variables): Promise<Sealed> {
  const env = { ...site.env, ...variables, GATEHOUSE_LOG_LEVEL: 'silent' };
  const answer = await answerOf({ cwd: site.configDir, env }, ['secrets', 'reseal']);
  return answer as unknown as Sealed;
}

async function secretTurns({ how, site }: Stage) {
  const [first, second, third] = STEPS;
  const away = [how.short ? 0 : await bringTo(site, first), await bringTo(site, second)];
  const sealed = await reseal(site, second);
  // Whoever knows the new secret alone finds out what still needs the former one.
  const left = await reseal(site, third);
  const takenAway = Date.now();
  if (!how.short) away.push(await bringTo(site, third));
  return {
    away: Math.max(...away),
    takenAway,
    resealed: sumOf(sealed),
    broken: sealed.broken.length,
    left: sumOf(left) + left.broken.length,
  };
}

async function both(stage: Stage) {
  return { ...(await keysTurn(stage)), ...(await secretTurns(stage)) };
}

const wordsOf = (outcomes: readonly Outcome[]): string =>
  [...new Set(outcomes.map(({ kind, status, why = '' }) => `${kind} ${status} ${why}`))].slice(0, 8).join(' | ');

export const newSecrets: Drill = {
  id: 'R05',
  title: 'the signing key and the master secret are replaced',
  async run(how): Promise<Report> {
    const { keysCachedSeconds, tokens } = how.short ? SHORT : FULL;
    const variables = how.short ? STEPS[0] : {};
    const seen = await underLoad(how, { rates: { ...W, silent: 5 }, keysCachedSeconds, variables }, both);
    const { visible, kept, stillThere, active, resealed, broken, left, away, takenAway } = seen.found;
    const { verified, unverified } = seen.checked;
    // Browsers that have not come back since sign in once more when the former secret is taken away (README.md).
    const before = within(seen.during, { from: 0, to: takenAway });
    const silent = ofKind(before, 'silent');
    const lost = failed(before);
    // Beside other tests two cores have not always time for everybody: who is asked to come back is signed in still.
    const signedOut = how.short ? refusalsIn(silent).blunt : failed(silent);
    return {
      chains: seen.chains,
      errors: seen.errors.length,
      latency: seen.latency,
      recoverySeconds: away,
      more: {
        'tokens verified': verified,
        'tokens not verified': unverified,
        'apps keep keys for, s': keysCachedSeconds,
        'the next key was everywhere after, s': Math.round(visible * 10) / 10,
        'the former key is kept for, s': Math.round(kept),
        'sealed anew': resealed,
        'signed-in browsers that came back': silent.length,
        ...(lost.length === 0 ? {} : { 'some of what failed': wordsOf(lost) }),
        ...seen.more,
      },
      missed: missedOf({
        ...neverIn(seen),
        'every token is verified': unverified === 0,
        [`at least ${tokens} tokens`]: verified >= tokens,
        'the new key signs': active,
        [`the new key is seen in every process within ${VISIBLE_SECONDS} s`]: visible <= VISIBLE_SECONDS,
        'the former key is published as long as a token or a copy of it lasts': stillThere && kept >= KEPT_SECONDS,
        'who is signed in stays so': silent.length > 0 && signedOut.length === 0,
        ...(how.short ? {} : { [`nobody fails (${statusesOf(lost)})`]: lost.length === 0 }),
        'what was sealed is sealed anew': resealed > 0,
        'nothing sealed is broken': broken === 0,
        [`nothing sealed needs the former secret (${left})`]: left === 0,
      }),
    };
  },
};
