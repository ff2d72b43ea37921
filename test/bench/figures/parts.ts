// The parts of a benchmark. What is compared is measured in turns, each at a server of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fill } from '../../support/many/fill.ts';
import { type Bare, startBareEngine } from './bare.ts';
import { median } from './loader.ts';
import { type At, count, type Figures, type How, measureInTurns, PEOPLE_OF_AN_OPERATION } from './measured.ts';
import { OF_BARE_ENGINE, OPERATIONS } from './operations.ts';
import { addPeople } from './people.ts';
import { type Postgres, type Site, startSite } from './site.ts';
import { countStatements } from './statements.ts';
import { type Hashes, measureHashes } from './yardsticks.ts';

export type Say = (line: string) => void;

export interface Served {
  readonly operations: readonly Figures[];
  /** Resident, of one process: ten seconds after its start, and the most that one ever had. */
  readonly idleMegabytes: number;
  readonly loadedMegabytes: number;
}

/** Besides those who sign in. */
export interface Many {
  readonly accounts: number;
  readonly artefacts: number;
}

interface Serving {
  readonly postgres: Postgres;
  readonly how: How;
  readonly say: Say;
  readonly many: Many | undefined;
}

/** What is compared with one process on a database that is empty but for those who sign in. */
const OTHERS = { full: 'full database', workers: 'two workers', bare: 'bare engine' } as const;

export interface Compared {
  readonly server: Served;
  readonly full: readonly Figures[] | undefined;
  readonly bare: readonly Figures[];
  readonly twoWorkers: Figures | undefined;
  /** Measured between the runs of the first sign-in. */
  readonly hashes: Hashes;
}

export async function measureOperations({ postgres, how, say, many }: Serving): Promise<Compared> {
  const url = await database(postgres, 'figures');
  const filled = many && (await filledDatabase({ postgres, say, many }));
  await postgres.settle();
  const one = await startSite({ databaseUrl: url });
  const open: { stop(): unknown }[] = [one];
  try {
    await sleep(10_000);
    const idleMegabytes = one.megabytes();
    const full = filled === undefined ? undefined : await startSite({ databaseUrl: filled });
    if (full !== undefined) open.push(full);
    const workers = await startSite({ databaseUrl: url, workers: 2 });
    open.push(workers);
    const bare = await startBareEngine();
    open.push(bare);
    const turns = await takeTurns({ one, full, workers, bare }, { postgres, how, say });
    // Whoever counts statements has PostgreSQL alone.
    for (const each of open.splice(1)) await each.stop();
    const operations = await withCounts(turns.of('one'), { url, site: one, say });
    return {
      server: { operations, idleMegabytes, loadedMegabytes: turns.loadedMegabytes },
      full: full && turns.of('full'),
      bare: turns.of('bare'),
      twoWorkers: turns.of('workers')[0],
      hashes: turns.hashes,
    };
  } finally {
    for (const each of open.toReversed()) await each.stop();
  }
}

const PEOPLE = OPERATIONS.length * 2 * PEOPLE_OF_AN_OPERATION;

/** With its schema, and whoever signs in. */
async function database(postgres: Postgres, name: string): Promise<string> {
  const url = await postgres.empty(name);
  const first = await startSite({ databaseUrl: url });
  await first.stop();
  await addPeople(url, PEOPLE);
  return url;
}

async function filledDatabase({ postgres, say, many }: Pick<Serving, 'postgres' | 'say'> & { many: Many }) {
  const url = await database(postgres, 'full');
  say(`filling a database with ${many.accounts} accounts and ${many.artefacts} artefacts …`);
  // A session, a grant and a refresh token each.
  await fill(url, { accounts: many.accounts, sessions: Math.ceil(many.artefacts / 3), events: 100_000, mails: 100 });
  return url;
}

type Who = 'one' | keyof typeof OTHERS;

interface Answering {
  readonly one: Site;
  readonly full: Site | undefined;
  readonly workers: Site;
  readonly bare: Bare;
}

async function takeTurns(answering: Answering, { postgres, how, say }: Omit<Serving, 'many'>) {
  const { bare } = answering;
  const figures: { who: Who; figures: Figures }[] = [];
  const hashes: Hashes[] = [];
  let loadedMegabytes = 0;
  const onSample = (megabytes: number) => {
    loadedMegabytes = Math.max(loadedMegabytes, megabytes);
  };
  for (const [number, operation] of OPERATIONS.entries()) {
    const people = number * 2 * PEOPLE_OF_AN_OPERATION;
    const ours = (site: Site): At => ({ site, postgres, people, onSample });
    const ats = new Map<Who, At>([['one', ours(answering.one)]]);
    if (answering.full !== undefined) ats.set('full', ours(answering.full));
    if (operation.name === 'client credentials') ats.set('workers', { site: answering.workers, postgres, people });
    if (OF_BARE_ENGINE(bare.tokens).some(({ name }) => name === operation.name)) {
      ats.set('bare', { site: bare, postgres: { cpuSeconds: () => 0 }, people: 0, tokens: bare.tokens });
    }
    const besides = number === 0 ? () => void hashes.push(measureHashes()) : undefined;
    const measured = await measureInTurns(operation, [...ats.values()], how, besides);
    for (const [at, who] of [...ats.keys()].entries()) {
      const of = measured[at];
      if (of === undefined) continue;
      say(`${who === 'one' ? '' : `${OTHERS[who]}, `}${lineOf(of)}`);
      figures.push({ who, figures: of });
    }
  }
  return {
    of: (who: Who) => figures.filter((each) => each.who === who).map(({ figures }) => figures),
    loadedMegabytes,
    hashes: {
      argon2PerSecond: median(hashes.map(({ argon2PerSecond }) => argon2PerSecond)),
      argon2CpuMilliseconds: median(hashes.map(({ argon2CpuMilliseconds }) => argon2CpuMilliseconds)),
    },
  };
}

async function withCounts(
  measured: readonly Figures[],
  { url, site, say }: { url: string; site: Site; say: Say },
): Promise<readonly Figures[]> {
  const counting = await countStatements(url);
  const counted: Figures[] = [];
  for (const [number, operation] of OPERATIONS.entries()) {
    const people = (number * 2 + 1) * PEOPLE_OF_AN_OPERATION;
    const counts = await count(operation, { site, people }, counting);
    const { statements, transactionControl, rowsWritten } = counts.counted;
    say(
      `${operation.name}: ${statements} statements, ${transactionControl} of transactions, ${rowsWritten} rows written`,
    );
    const figures = measured.find(({ name }) => name === operation.name);
    if (figures !== undefined) counted.push({ ...figures, ...counts });
  }
  await counting.close();
  return counted;
}

const lineOf = ({ name, perSecond, p50, p99, serverCpu, databaseCpu }: Figures): string =>
  `${name}: ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, CPU ${serverCpu.toFixed(2)} + ${databaseCpu.toFixed(2)} ms`;

export interface ColdStart {
  /** Seconds from the start of the process to the first 200 of /readyz; medians. */
  readonly postgres: number;
  readonly embeddedFirst: number;
  readonly embeddedLater: number;
}

const STARTS = 5;

export async function measureColdStarts(postgres: Postgres, say: Say): Promise<ColdStart> {
  const databaseUrl = await postgres.empty('starts');
  const started = async (options: Parameters<typeof startSite>[0]): Promise<number> => {
    const site = await startSite(options);
    await site.stop();
    return site.readySeconds;
  };
  await started({ databaseUrl });
  const onPostgres: number[] = [];
  for (let at = 0; at < STARTS; at += 1) onPostgres.push(await started({ databaseUrl }));
  const first: number[] = [];
  const later: number[] = [];
  for (let at = 0; at < 3; at += 1) {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-embedded-'));
    first.push(await started({ dataDir }));
    later.push(await started({ dataDir }));
    rmSync(dataDir, { recursive: true, force: true });
  }
  const result = { postgres: median(onPostgres), embeddedFirst: median(first), embeddedLater: median(later) };
  say(`ready after ${JSON.stringify(result)} s`);
  return result;
}
