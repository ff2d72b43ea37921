// What a benchmark leaves: bench/results/figures.json, and from it a table and a picture in docs/performance.md.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { Figures, How } from './measured.ts';
import type { ColdStart, Many, Served } from './parts.ts';
import type { Target } from './targets.ts';
import type { Yardsticks } from './yardsticks.ts';

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGigabytes: number;
  readonly node: string;
  readonly postgres: string;
  /** Averages of 1, 5 and 15 minutes. */
  readonly loadBefore: readonly number[];
}

export interface Result {
  readonly measured: 'figures';
  readonly at: string;
  readonly commit: string;
  /** Whether tracked files differed from the commit. */
  readonly changed: boolean;
  readonly machine: Machine;
  readonly how: How;
  readonly yardsticks: Yardsticks;
  readonly bare: readonly Figures[];
  readonly server: Served;
  readonly twoWorkers: Figures | undefined;
  readonly coldStart: ColdStart;
  readonly many: (Many & { readonly operations: readonly Figures[] }) | undefined;
  readonly targets: readonly Target[];
}

const git = (...words: string[]): string => execFileSync('git', words, { encoding: 'utf8' }).trim();

export const commitNow = (): Pick<Result, 'commit' | 'changed'> => ({
  commit: git('rev-parse', '--short', 'HEAD'),
  changed: git('status', '--porcelain', '--untracked-files=no') !== '',
});

export const machineNow = (postgres: string): Machine => ({
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? '',
  memoryGigabytes: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  postgres,
  loadBefore: loadavg().map((load) => Math.round(load * 100) / 100),
});

const BEGIN = '<!-- figures: made by npm run bench -->';
const END = '<!-- /figures -->';

/** The page with the figures of this run in place of those of the last. */
export function pageWith(file: string, result: Result): string {
  const page = readFileSync(file, 'utf8');
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < 0) throw new Error(`${file} has no place for the figures (${BEGIN})`);
  return `${page.slice(0, before)}${BEGIN}\n${figuresOf(result)}\n${page.slice(after)}`;
}

function figuresOf({ at, commit, changed, machine, how, yardsticks, ...result }: Result): string {
  const { server, bare, twoWorkers, coldStart, many, targets } = result;
  const load = machine.loadBefore.join(' ');
  return [
    `${at.slice(0, 16).replace('T', ' ')} UTC, commit \`${commit}\`${changed ? ' with changes' : ''}; ${machine.cores} cores (${machine.cpu}), ${machine.memoryGigabytes} GB, Node ${machine.node}, ${machine.postgres}; server, PostgreSQL and load on`,
    `the same machine, load average before ${load}; ${how.runs} runs of ${how.seconds} s each, what is compared in turns; medians.`,
    '',
    '![Operations per second](performance.svg)',
    '',
    '| | at a time | per second | p50 ms | p99 ms | CPU ms: server | PostgreSQL | statements | BEGIN, COMMIT | rows written |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...server.operations.map(rowOf),
    ...bare.map((each) => rowOf({ ...each, name: `bare engine: ${each.name}` })),
    ...(twoWorkers === undefined ? [] : [rowOf({ ...twoWorkers, name: `two workers: ${twoWorkers.name}` })]),
    '',
    `Yardsticks, on one core: ${yardsticks.rs256PerSecond.toFixed(0)} RS256 signatures a second; ${yardsticks.argon2PerSecond.toFixed(0)} password hashes a second, ${yardsticks.argon2CpuMilliseconds.toFixed(1)} ms of CPU each.`,
    `One process: ${server.idleMegabytes.toFixed(0)} MB resident at rest, ${server.loadedMegabytes.toFixed(0)} MB at most under load.`,
    `From start to ready: ${coldStart.postgres.toFixed(2)} s on PostgreSQL; with the embedded database ${coldStart.embeddedFirst.toFixed(1)} s the first time, ${coldStart.embeddedLater.toFixed(1)} s later.`,
    ...(many === undefined ? [] : ['', ...fullRows(server.operations, many)]),
    '',
    '| to reach | wanted | reached | |',
    '|---|---|---|---|',
    ...targets.map(
      ({ what, wanted, reached, held }) => `| ${what} | ${wanted} | ${reached} | ${held ? 'held' : '**short**'} |`,
    ),
    '',
  ].join('\n');
}

function rowOf({ name, lanes, perSecond, p50, p99, serverCpu, databaseCpu, counted }: Figures): string {
  const counts =
    counted === undefined ? ['', '', ''] : [counted.statements, counted.transactionControl, counted.rowsWritten];
  const cells = [name, lanes, perSecond.toFixed(perSecond < 100 ? 1 : 0), p50.toFixed(1), p99.toFixed(1)];
  return `| ${[...cells, serverCpu.toFixed(2), databaseCpu.toFixed(2), ...counts].join(' | ')} |`;
}

function fullRows(
  empty: readonly Figures[],
  { accounts, artefacts, operations }: NonNullable<Result['many']>,
): string[] {
  const words = (count: number) => count.toLocaleString('en');
  return [
    `With ${words(accounts)} accounts and ${words(artefacts)} stored artefacts, p50 in milliseconds:`,
    '',
    '| | empty | full | ratio |',
    '|---|---|---|---|',
    ...operations.map(({ name, p50 }) => {
      const before = empty.find((each) => each.name === name)?.p50 ?? Number.NaN;
      return `| ${name} | ${before.toFixed(1)} | ${p50.toFixed(1)} | ${(p50 / before).toFixed(2)} |`;
    }),
  ];
}
