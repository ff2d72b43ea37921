// `npm run bench`: how much one machine takes, and what each operation costs. On a PostgreSQL of its own, as it comes; the
// load in a process of its own. What is compared is measured in turns, a run here and a run there.
//
//   SECONDS=10 RUNS=3     of each operation
//   ACCOUNTS=1000000 ARTEFACTS=10000000   of the full database; 0 leaves it out
//   KEEP=no               shows the figures only; otherwise bench/results/figures.json and docs/performance.md get them
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chartOf } from './chart.ts';
import { measureColdStarts, measureOperations } from './parts.ts';
import { commitNow, machineNow, pageWith, type Result } from './result.ts';
import { startPostgres } from './site.ts';
import { targetsOf } from './targets.ts';
import { signaturesPerSecond } from './yardsticks.ts';

const number = (name: string, usual: number): number => Number(process.env[name] ?? usual);
const say = (line: string): void => console.log(line);

const how = { seconds: number('SECONDS', 10), runs: number('RUNS', 3) };
const accounts = number('ACCOUNTS', 1_000_000);
const artefacts = number('ARTEFACTS', 10_000_000);

async function measureAll(): Promise<Result> {
  const began = { at: new Date().toISOString(), ...commitNow() };
  const machine = machineNow(execFileSync('psql', ['--version'], { encoding: 'utf8' }).trim());
  const rs256PerSecond = await signaturesPerSecond();
  const postgres = await startPostgres();
  try {
    const coldStart = await measureColdStarts(postgres, say);
    const many = accounts === 0 ? undefined : { accounts, artefacts };
    const { full, hashes, ...compared } = await measureOperations({ postgres, how, say, many });
    const yardsticks = { rs256PerSecond, ...hashes };
    say(JSON.stringify(yardsticks));
    const result = { measured: 'figures', ...began, machine, how, yardsticks, ...compared, coldStart } as const;
    return withTargets({ ...result, many: many && full && { ...many, operations: full } });
  } finally {
    postgres.stop();
  }
}

const withTargets = (result: Omit<Result, 'targets'>): Result => ({ ...result, targets: targetsOf(result) });

function keep(result: Result): void {
  if (process.env['KEEP'] === 'no') return;
  const root = path.join(import.meta.dirname, '../../..');
  const page = path.join(root, 'docs/performance.md');
  mkdirSync(path.join(root, 'bench/results'), { recursive: true });
  writeFileSync(path.join(root, 'bench/results/figures.json'), `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(page, pageWith(page, result));
  writeFileSync(path.join(root, 'docs/performance.svg'), chartOf(result.server.operations, result.bare));
}

const result = await measureAll();
console.table(result.targets);
keep(result);
process.exit(0);
