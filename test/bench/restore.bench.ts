// T67: how long a backup of 100,000 accounts takes, and its restore, on PostgreSQL. `npm run bench:restore`; ACCOUNTS=10000 for fewer.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { expect, test } from 'vitest';
import { MAIN } from '../cli/command-line.ts';
import { configFiles } from '../support/config-files.ts';
import { makeEmptyDatabase, makeTestDatabase } from '../support/database.ts';
import { fill } from '../support/many/fill.ts';

const ACCOUNTS = Number(process.env['ACCOUNTS'] ?? 100_000);
/** For each 100,000 accounts. */
const MOST_SECONDS = 60;

test(`${ACCOUNTS} accounts`, async () => {
  const database = await makeTestDatabase('postgres');
  // Each with a session, a grant and a refresh token, ten events, and a mail that was sent.
  const mails = Math.round(ACCOUNTS / 10);
  await fill(String(database.url), { accounts: ACCOUNTS, sessions: ACCOUNTS, events: 10 * ACCOUNTS, mails });
  const elsewhere = await makeEmptyDatabase('postgres');
  const { cwd } = configFiles({});
  const gatehouse = async (url: string | undefined, words: readonly string[]) => {
    const env = { PATH: process.env['PATH'], GATEHOUSE_MODE: 'development', DATABASE_URL: url };
    const started = performance.now();
    const child = spawn(process.execPath, [MAIN, ...words, '--json'], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let answer = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    const [exitCode] = await once(child, 'close');
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
    expect([words[0], exitCode]).toEqual([words[0], 0]);
    return { seconds, answer: JSON.parse(answer) as { rows: Record<string, number>; bytes: number } };
  };
  const loaded = load();
  const backup = await gatehouse(database.url, ['backup', 'many.backup']);
  const restore = await gatehouse(elsewhere.url, ['restore', 'many.backup']);
  const { rows, bytes } = restore.answer;
  const total = Object.values(rows).reduce((sum, each) => sum + each, 0);
  const version = execFileSync('pg_restore', ['--version']).toString().trim();
  console.log(
    `\n${availableParallelism()} cores (${cpus()[0]?.model}), ${version}, Node ${process.version}, ${commit()}`,
  );
  console.log(`${total} rows, ${(bytes / 1e6).toFixed(0)} MB; load on the machine before: ${loaded}`);
  console.table([
    { what: 'backup', seconds: backup.seconds },
    { what: 'restore', seconds: restore.seconds },
  ]);
  await database.remove();
  await elsewhere.remove();
  rmSync(cwd, { recursive: true });
  expect(rows['accounts']).toBe(ACCOUNTS);
  expect(restore.seconds).toBeLessThan(MOST_SECONDS * Math.max(1, ACCOUNTS / 100_000));
});

const load = (): string => readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');

const commit = (): string => `commit ${execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim()}`;
