// How long each list and search of the console and the API takes with a million accounts, and what PostgreSQL does for it.
// `npm run bench:admin`; ACCOUNTS=100000 for fewer, SAMPLES=30 of each. Leaves bench/results/admin.json and admin-plans.txt.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PROGRAMS } from '../support/api.ts';
import { type HowMany, MILLION } from '../support/many/fill.ts';
import { type List, listsOf } from '../support/many/lists.ts';
import { type Lookers, lookersAt, startWithMany } from '../support/many/looking.ts';
import { drawn, explainEverything, mostRowsIn, scansIn, statementsOf } from '../support/many/query-plans.ts';
import type { TestServer } from '../support/start-server.ts';

const ACCOUNTS = Number(process.env['ACCOUNTS'] ?? MILLION.accounts);
const SAMPLES = Number(process.env['SAMPLES'] ?? 30);
/** What is promised for each list, at the median. */
const MOST_MILLISECONDS = 100;
/** At a time, from one table or index: what is counted is counted to 10,000, and no further. */
const MOST_ROWS = 25_000;
const RESULTS = path.join(import.meta.dirname, '../../bench/results');

const share = (count: number): number => Math.round((count * ACCOUNTS) / MILLION.accounts);
const MANY: HowMany = {
  accounts: ACCOUNTS,
  sessions: share(MILLION.sessions),
  events: share(MILLION.events),
  mails: share(MILLION.mails),
};

test(`${ACCOUNTS} accounts`, async () => {
  const began = performance.now();
  let server = await startWithMany(MANY);
  console.log(`filled in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  const lists = await listsOf(server.database.db, MANY);
  const loadBefore = load();
  const times = await timesOf(await lookersAt(server), lists);
  const loadAfter = load();
  await explainEverything(server.database.db);
  server = await server.restart({ database: 'postgres', logLevel: 'silent', clients: PROGRAMS });
  const plans = await plansOf(server, lists);
  await server.stop();
  const rows = lists.map((list, at) => ({
    of: list.of,
    list: list.name,
    ...figures(times[at] ?? []),
    ...plans.of[at],
  }));
  mkdirSync(RESULTS, { recursive: true });
  const result = { ...machine(), ...MANY, samples: SAMPLES, loadBefore, loadAfter, lists: rows };
  writeFileSync(path.join(RESULTS, 'admin.json'), `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(path.join(RESULTS, 'admin-plans.txt'), plans.text);
  console.log(result);
  console.table(rows.toSorted((a, b) => b.median - a.median));
  const slow = rows.filter(({ median }) => median >= MOST_MILLISECONDS).map(({ of, list }) => `${of}: ${list}`);
  const scanning = rows
    .filter(({ scans = '' }) => scans !== '')
    .map(({ of, list, scans }) => `${of}: ${list}: ${scans}`);
  const long = rows.filter(({ mostRows = 0 }) => mostRows > MOST_ROWS).map(({ of, list }) => `${of}: ${list}`);
  expect({ slow, scanning, long }).toEqual({ slow: [], scanning: [], long: [] });
});

/** One list after the other, again and again, so that what else the machine does meets all of them alike. */
async function timesOf(lookers: Lookers, lists: readonly List[]): Promise<number[][]> {
  const times: number[][] = lists.map(() => []);
  for (let turn = -1; turn < SAMPLES; turn += 1) {
    for (const [at, list] of lists.entries()) {
      const { status, milliseconds } = await lookers.look(list);
      expect.soft(status, list.path).toBe(200);
      // The first turn warms up.
      if (turn >= 0) times[at]?.push(milliseconds);
    }
  }
  return times;
}

async function plansOf(server: TestServer, lists: readonly List[]) {
  const lookers = await lookersAt(server);
  const seen = new Map<string, number>();
  const parts = [
    `What PostgreSQL did for each list, with ${ACCOUNTS} accounts. A statement that an earlier list asked as well, with\nthe same steps, is named by its number there.\n`,
  ];
  const of = [];
  for (const list of lists) {
    const statements = await statementsOf(() => lookers.look(list));
    parts.push(`\n## ${list.of}: ${list.name}\nGET ${list.path}\n`);
    for (const statement of statements) {
      const shape = drawn(statement).replaceAll(/ \(.*\)/g, '');
      const known = seen.get(statement.text + shape);
      const number = known ?? seen.size + 1;
      seen.set(statement.text + shape, number);
      parts.push(known === undefined ? `  [${number}] ${statement.text}\n${drawn(statement)}\n` : `  [${number}]\n`);
    }
    const scans = [...new Set(statements.flatMap(scansIn))].join(', ');
    of.push({ statements: statements.length, mostRows: Math.max(0, ...statements.map(mostRowsIn)), scans });
  }
  return { of, text: parts.join('') };
}

function figures(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1));
  return { median: at(0.5), p95: at(0.95) };
}

const load = (): string => readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');

const machine = () => ({
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim(),
  at: new Date().toISOString(),
  machine: `${availableParallelism()} cores (${cpus()[0]?.model}), Node ${process.version}`,
  postgres: execFileSync('psql', ['--version']).toString().trim(),
});
