// The parts of a benchmark, each on a database of its own and with a server of its own.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fill } from '../../support/many/fill.ts';
import { median } from './loader.ts';
import { count, type Figures, type How, measure, PEOPLE_OF_AN_OPERATION } from './measured.ts';
import { OF_BARE_ENGINE, OPERATIONS, type Operation } from './operations.ts';
import { addPeople } from './people.ts';
import { cpuSecondsOf, type Postgres, startSite } from './site.ts';
import { countStatements } from './statements.ts';

export type Say = (line: string) => void;

export interface Served {
  readonly operations: readonly Figures[];
  /** Resident, of one process: after ten seconds without a request, and the most it ever had. */
  readonly idleMegabytes: number;
  readonly loadedMegabytes: number;
}

interface Serving {
  readonly postgres: Postgres;
  readonly how: How;
  readonly say: Say;
  readonly operations?: readonly Operation[];
  readonly workers?: number;
  /** Besides those who sign in. */
  readonly many?: { readonly accounts: number; readonly artefacts: number };
  readonly countsStatements?: boolean;
}

export async function measureServer(serving: Serving): Promise<Served> {
  const { postgres, how, say, operations = OPERATIONS, workers = 1, many } = serving;
  const url = await postgres.empty('figures');
  const first = await startSite({ databaseUrl: url });
  await first.stop();
  if (many !== undefined) {
    say(`filling the database with ${many.accounts} accounts and ${many.artefacts} artefacts …`);
    // A session, a grant and a refresh token each.
    await fill(url, { accounts: many.accounts, sessions: Math.ceil(many.artefacts / 3), events: 100_000, mails: 100 });
  }
  await addPeople(url, (operations.length + 1) * 2 * PEOPLE_OF_AN_OPERATION);
  await postgres.settle();
  const site = await startSite({ databaseUrl: url, workers });
  try {
    await sleep(10_000);
    const idleMegabytes = site.megabytes();
    let loadedMegabytes = 0;
    const onSample = (megabytes: number) => {
      loadedMegabytes = Math.max(loadedMegabytes, megabytes);
    };
    const measured: Figures[] = [];
    for (const [number, operation] of operations.entries()) {
      const people = number * 2 * PEOPLE_OF_AN_OPERATION;
      const figures = await measure(operation, { site, postgres, people, onSample }, how);
      say(lineOf(figures));
      measured.push(figures);
    }
    const counted =
      serving.countsStatements === true ? await withCounts(measured, { ...serving, url, site }) : measured;
    return { operations: counted, idleMegabytes, loadedMegabytes };
  } finally {
    await site.stop();
  }
}

async function withCounts(
  measured: readonly Figures[],
  {
    operations = OPERATIONS,
    postgres,
    say,
    url,
    site,
  }: Serving & { url: string; site: Awaited<ReturnType<typeof startSite>> },
): Promise<readonly Figures[]> {
  const counting = await countStatements(url);
  const counted: Figures[] = [];
  for (const [number, operation] of operations.entries()) {
    const people = (number * 2 + 1) * PEOPLE_OF_AN_OPERATION;
    const counts = await count(operation, { site, postgres, people }, counting);
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

/** Asked in the same way, with as many at a time. */
export async function measureBareEngine(how: How, say: Say): Promise<readonly Figures[]> {
  const child = fork(path.join(import.meta.dirname, 'bare-engine.ts'), {
    env: { ...process.env, NODE_ENV: 'production' },
  });
  try {
    const { port, tokens } = await new Promise<{ port: number; tokens: string[] }>((resolve, reject) => {
      child.once('message', resolve as () => void);
      child.once('exit', () => reject(new Error('the bare engine has ended')));
    });
    const site = { port, cpuSeconds: () => cpuSecondsOf([child.pid ?? 0]), megabytesAtMost: () => 0 };
    const figures: Figures[] = [];
    for (const operation of OF_BARE_ENGINE(tokens)) {
      const one = await measure(operation, { site, postgres: { cpuSeconds: () => 0 }, people: 0, tokens }, how);
      say(`bare engine, ${lineOf(one)}`);
      figures.push(one);
    }
    return figures;
  } finally {
    child.kill();
  }
}

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
