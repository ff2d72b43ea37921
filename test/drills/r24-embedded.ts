// R24: the embedded database (PGlite), through the program itself: killed a hundred times while it writes, with a second
// process on its directory, on a full disk, and from copies of its directory in the middle of a write.
import { type Drill, missedOf, type Report } from './drill.ts';
import { both, type Copy, copy, type Kill, kill, type Start, second } from './embedded-kills.ts';
import { type EmbeddedSite, openEmbedded } from './embedded-site.ts';
import { type Keeper, startKeeper } from './keeper.ts';
import { spreadOf } from './spread.ts';
import { mountVolume } from './volume.ts';
import { figuresOf, leftOf, only, refusedIn, type Seen, type Times, untilWritten, whileFull } from './while-full.ts';

const MEGABYTES = 256;
/** Each costs a start: DRILL_KILLS=15 where there is no time for all, and fewer of everything else. */
const KILLS = Number(process.env['DRILL_KILLS'] ?? 100);
const share = (of: number): number => Math.ceil((of * KILLS) / 100);
/** `pairs` start in one moment; copies are of one moment, or torn. */
const IN_FULL = { kills: KILLS, seconds: share(20), pairs: share(10), instant: share(15), torn: share(15) };
const IN_SHORT: typeof IN_FULL = { kills: 1, seconds: 1, pairs: 1, instant: 1, torn: 1 };
/** Accounts that are made one after the other, before and after. */
const ALONE = 30;

export const embedded: Drill = {
  id: 'R24',
  title: 'the embedded database: killed, shared, full, copied',
  async run({ short, say }) {
    const counts = short ? IN_SHORT : IN_FULL;
    const site = await openEmbedded();
    try {
      const keeper = await startKeeper(site.issuer, site.place);
      const before = await alone(keeper);
      const kills = await times(counts.kills, async (at) => {
        if ((at + 1) % 20 === 0) say(`${at + 1} of ${counts.kills} kills`);
        return kill(site, keeper);
      });
      const after = await alone(keeper);
      say('more than one process');
      const starts = await sharing(site, counts);
      say('copies');
      const copies = [
        ...(await times(counts.instant, () => copy(site, keeper, 'instant'))),
        ...(await times(counts.torn, () => copy(site, keeper, 'torn'))),
      ];
      await site.close();
      say('a full disk');
      const full = await onFullDisk(short ? { calm: 1, full: 4 } : { calm: 5, full: 30 });
      return reportOf({ kills, starts, copies, full, before, after });
    } finally {
      await site.close();
    }
  },
};

async function times<T>(count: number, work: (at: number) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  while (all.length < count) all.push(await work(all.length));
  return all;
}

async function alone(keeper: Keeper): Promise<number[]> {
  return times(ALONE, async () => {
    const startedAt = performance.now();
    const { status } = await keeper.makes();
    if (status !== 201) throw new Error(`an account alone: ${status}`);
    return performance.now() - startedAt;
  });
}

interface Starts {
  readonly seconds: readonly Start[];
  /** `refused, up` */
  readonly pairs: readonly string[];
}

async function sharing(site: EmbeddedSite, counts: { seconds: number; pairs: number }): Promise<Starts> {
  const seconds = await times(counts.seconds, () => second(site));
  const pairs = await times(counts.pairs, async () => (await both(site)).join(', '));
  return { seconds, pairs };
}

/** Undefined where file systems may not be mounted. */
async function onFullDisk(spans: Times): Promise<Seen | undefined> {
  const volume = mountVolume(MEGABYTES);
  if (volume === undefined) return undefined;
  const site = await openEmbedded(volume.directory);
  try {
    const seen = await whileFull(site, { volume, times: spans, present: site.present });
    await site.process.kill();
    await site.process.start();
    await untilWritten(seen.traffic);
    return { ...seen, ...(await leftOf(site, seen.traffic, site.present)) };
  } finally {
    await site.close();
    volume.remove();
  }
}

interface Everything {
  readonly kills: readonly Kill[];
  readonly starts: Starts;
  readonly copies: readonly Copy[];
  readonly full: Seen | undefined;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const outcomes = (all: readonly string[]): string =>
  [...Map.groupBy(all, (each) => each)].map(([name, some]) => `${name} ×${some.length}`).join('; ') || 'none';

function reportOf({ kills, starts, copies, full, before, after }: Everything): Report {
  const missing = kills.reduce((sum, each) => sum + each.missing, 0);
  const lost = missing + (full?.missing ?? 0) + (full?.lost ?? 0);
  const confirmed = kills.at(-1)?.confirmed ?? 0;
  const of = (how: Copy['how']) => copies.filter((each) => each.how === how);
  const inWords = (how: Copy['how']) =>
    `${outcomes(of(how).map(({ outcome }) => outcome))}; ${of(how).reduce((sum, each) => sum + each.missing, 0)} rows missing`;
  return {
    chains: { tried: confirmed, lost, doubled: starts.pairs.filter((pair) => pair === 'up, up').length },
    errors: full === undefined ? 0 : refusedIn(full),
    latency: {
      before: spreadOf(before),
      during: spreadOf(kills.flatMap((each) => each.times)),
      after: spreadOf(after),
    },
    recoverySeconds: Math.round(Math.max(...kills.map(({ readySeconds }) => readySeconds)) * 10) / 10,
    more: {
      kills: kills.length,
      'confirmed and missing after a kill': `${missing} of ${confirmed}`,
      'a second process': outcomes(starts.seconds),
      'two at once': outcomes(starts.pairs),
      'copies of one moment': inWords('instant'),
      'torn copies': inWords('torn'),
      ...(full === undefined ? { 'full disk': 'SKIPPED: nothing can be mounted' } : figuresOf('full disk', full)),
    },
    missed: missedOf({
      'nothing that was confirmed is missing after a kill': missing === 0,
      'a second process is refused': starts.seconds.every((each) => each === 'refused'),
      'of two that start at once one is refused': starts.pairs.every((each) => each === 'refused, up'),
      'a copy of one moment opens with all that was confirmed': of('instant').every(
        (each) => each.outcome === 'up' && each.missing === 0,
      ),
      'a torn copy opens or fails loudly': of('torn').every(({ outcome }) => OPEN_OR_LOUD.includes(outcome)),
      ...(full === undefined ? {} : fullFigures(full)),
    }),
  };
}

/** No more is promised of a torn copy. */
const OPEN_OR_LOUD: readonly Start[] = ['up', 'failed loudly'];

const fullFigures = (full: Seen): Record<string, boolean> => ({
  'a write that has no room is answered with 503 and Retry-After': only(full, 'write', ['200', '201', '503']),
  'reads on a full disk are answered, or asked to come back': only(full, 'read', ['200', '503']),
  'JWKS and discovery go on': only(full, 'read from memory', ['200']),
  'nothing that was confirmed is missing after a full disk': full.missing === 0 && full.lost === 0,
});
