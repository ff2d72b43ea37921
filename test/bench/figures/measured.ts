// One operation: runs of load against everything that is compared, in turns, their medians, and what each costs the server and
// PostgreSQL. In turns, because a machine that others share is faster in one quarter of an hour than in the next.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Loader, median, startLoader } from './loader.ts';
import type { Operation } from './operations.ts';
import type { Postgres, Site } from './site.ts';
import { type Counted, type Counting, perOperation, type Statement } from './statements.ts';

export interface Figures {
  readonly name: string;
  readonly lanes: number;
  readonly perSecond: number;
  /** Milliseconds of an operation, from its first request to its last answer. */
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds of CPU an operation, of the server and of PostgreSQL. */
  readonly serverCpu: number;
  readonly databaseCpu: number;
  readonly counted?: Counted;
  readonly statements?: readonly Statement[];
  /** Each run apart. */
  readonly runs: readonly OneRun[];
}

interface OneRun {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly serverCpu: number;
  readonly databaseCpu: number;
}

export interface How {
  readonly seconds: number;
  readonly runs: number;
}

/** Accounts are handed out once: those of one operation are not those of another. */
export const PEOPLE_OF_AN_OPERATION = 2_500;

const WARM_SECONDS = 10;

export interface At {
  readonly site: Pick<Site, 'port' | 'cpuSeconds' | 'megabytesAtMost'>;
  readonly postgres: Pick<Postgres, 'cpuSeconds'>;
  readonly people: number;
  readonly onSample?: (megabytes: number) => void;
  /** Of the bare engine. */
  readonly tokens?: readonly string[];
}

/** In the order of `ats`. `besides` is measured before each round, so that it has the same machine. */
export async function measureInTurns(
  operation: Operation,
  ats: readonly At[],
  { seconds, runs }: How,
  besides?: () => void,
): Promise<readonly Figures[]> {
  const turns: { at: At; loader: Loader; runs: OneRun[] }[] = [];
  try {
    for (const at of ats) {
      const loader = startLoader();
      turns.push({ at, loader, runs: [] });
      const { people, tokens } = at;
      const what = { operation: operation.name, port: at.site.port, people, ...(tokens !== undefined && { tokens }) };
      await loader.tell({ order: 'prepare', ...what });
      await loader.tell({ order: 'refill' });
      // Until what is asked often has been compiled for that.
      await loader.run(Math.min(WARM_SECONDS, seconds));
    }
    for (let round = 0; round < runs; round += 1) {
      besides?.();
      // Nobody is always the one that comes after.
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
        turn.runs.push(await oneRun(turn.loader, turn.at, seconds));
      }
    }
    return turns.map(({ runs }) => figuresOf(operation, runs));
  } finally {
    for (const { loader } of turns) loader.stop();
  }
}

function figuresOf({ name, lanes }: Operation, runs: readonly OneRun[]): Figures {
  const of = (what: keyof OneRun) => median(runs.map((run) => run[what]));
  return {
    name,
    lanes,
    perSecond: of('perSecond'),
    p50: of('p50'),
    p99: of('p99'),
    serverCpu: of('serverCpu'),
    databaseCpu: of('databaseCpu'),
    runs,
  };
}

async function oneRun(loader: Loader, { site, postgres, onSample }: At, seconds: number): Promise<OneRun> {
  await loader.tell({ order: 'refill' });
  await sleep(300);
  const before = { server: site.cpuSeconds(), database: postgres.cpuSeconds() };
  const done = await loader.run(seconds);
  const each = (cpuSeconds: number): number => (cpuSeconds / done.operations) * 1000;
  onSample?.(site.megabytesAtMost());
  return {
    perSecond: done.operations / done.seconds,
    p50: done.p50,
    p99: done.p99,
    serverCpu: each(site.cpuSeconds() - before.server),
    databaseCpu: each(postgres.cpuSeconds() - before.database),
  };
}

const COUNTED_OPERATIONS = 25;

/** In a run of its own, one after the other: counting costs PostgreSQL time. */
export async function count(
  operation: Operation,
  { site, people }: Pick<At, 'site' | 'people'>,
  counting: Counting,
): Promise<{ counted: Counted; statements: readonly Statement[] }> {
  const loader = startLoader();
  try {
    await loader.tell({ order: 'prepare', operation: operation.name, port: site.port, people, lanes: 1 });
    await loader.tell({ order: 'refill' });
    // What is done once for a browser, an app or a process is done before.
    await loader.run(30, 2);
    await counting.begin();
    const { operations } = await loader.run(60, COUNTED_OPERATIONS);
    const statements = await counting.end();
    return {
      counted: perOperation(statements, operations),
      statements: statements.filter(({ calls }) => calls >= operations / 2),
    };
  } finally {
    loader.stop();
  }
}
