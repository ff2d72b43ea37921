// How long 100,000 accounts take to come in and to go out again, on PostgreSQL. `npm run bench:import`; ACCOUNTS=10000 for fewer.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { createRole } from '../../src/roles/roles.ts';
import { MAIN } from '../cli/command-line.ts';
import { configFiles } from '../support/config-files.ts';
import { makeTestDatabase } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';

const ACCOUNTS = Number(process.env['ACCOUNTS'] ?? 100_000);
/** What is promised for 100,000 accounts on two cores. */
const MOST_SECONDS = 120;

test(`${ACCOUNTS} accounts`, async () => {
  const database = await makeTestDatabase('postgres');
  const { db, close } = await openDatabase({ url: database.url, dataDir: database.dataDir, poolSize: 2 });
  for (const name of ['reader', 'writer', 'editor'])
    await createRole({ db, clock: movingClock }, { name, description: '' });
  const directory = mkdtempSync(path.join(tmpdir(), 'gatehouse-import-'));
  const file = path.join(directory, 'users.jsonl');
  await writeAccounts(file);
  const { cwd } = configFiles({});
  const gatehouse = async (what: string, words: readonly string[]) => {
    const env = { PATH: process.env['PATH'], GATEHOUSE_MODE: 'development', DATABASE_URL: database.url };
    const started = performance.now();
    const child = spawn(process.execPath, [MAIN, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let answer = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    const [exitCode] = await once(child, 'close');
    const seconds = (performance.now() - started) / 1000;
    expect([what, exitCode]).toEqual([what, 0]);
    return {
      what,
      seconds: Number(seconds.toFixed(1)),
      'accounts/s': Math.round(ACCOUNTS / seconds),
      answer: answer.trim(),
    };
  };
  const again = path.join(directory, 'again.jsonl');
  const rows = [
    await gatehouse('dry run', ['user', 'import', file, '--dry-run']),
    await gatehouse('import', ['user', 'import', file]),
    await gatehouse('the same import again', ['user', 'import', file]),
    await gatehouse('export', ['user', 'export', '--with-password-hashes', '--out', again]),
  ];
  const { count } = await db
    .selectFrom('accounts')
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow();
  const version = execFileSync('psql', ['--version']).toString().trim();
  console.log(`\n${availableParallelism()} cores (${cpus()[0]?.model}), ${version}, Node ${process.version}`);
  console.log(
    `${ACCOUNTS} accounts, ${(statSync(file).size / 1e6).toFixed(0)} MB; load on the machine before: ${load()}`,
  );
  console.table(rows);
  await close();
  await database.remove();
  rmSync(directory, { recursive: true });
  expect(Number(count)).toBe(ACCOUNTS);
  expect(rows[1]?.seconds).toBeLessThan((MOST_SECONDS * ACCOUNTS) / 100_000);
});

const load = (): string => execFileSync('cat', ['/proc/loadavg']).toString().split(' ').slice(0, 3).join(' ');

/** As a shop would have them: each with a hash, names, a role, a birthday; every tenth with a username. */
async function writeAccounts(file: string): Promise<void> {
  const out = createWriteStream(file);
  for (let i = 0; i < ACCOUNTS; i += 1) {
    const account = {
      sub: String(i + 1),
      email: `person-${i}@example.test`,
      email_verified: i % 3 > 0,
      ...(i % 10 === 0 && { username: `person-${i}` }),
      name: `Person ${i}`,
      password_hash: `pbkdf2_sha256$600000$salt${i}$${Buffer.alloc(32, i).toString('base64')}`,
      created_at: new Date(1_500_000_000_000 + i * 1000).toISOString(),
      roles: [['reader', 'writer', 'editor'][i % 3]],
      profile: { given_name: 'Person', family_name: String(i), birthdate: '1985-04-12' },
    };
    if (!out.write(`${JSON.stringify(account)}\n`)) await once(out, 'drain');
  }
  await finished(out.end());
}
