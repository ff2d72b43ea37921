// An import beside others, and one that is cut off: no account twice, none in parts, and running it again ends it.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Import, importAccounts } from '../../src/moving/import-accounts.ts';
import type { Row } from '../../src/moving/read-lines.ts';
import { createRole } from '../../src/roles/roles.ts';
import { answerOf, developmentPlace, type Place, startProgram } from '../cli/command-line.ts';
import { type DatabaseKind, makeTestDatabase, openTestDatabase, postgresAvailable } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';

const kinds: readonly DatabaseKind[] = postgresAvailable() ? ['pglite', 'postgres'] : ['pglite'];

const PEOPLE = 1500;

const valueOfLine = (line: number) => ({
  sub: `racer-${line}`,
  email: `racer-${line}@example.test`,
  username: `racer-${line}`,
  roles: ['racer'],
  profile: { nickname: `r${line}` },
});

async function* rows(order: readonly number[]): AsyncGenerator<Row> {
  for (const line of order) yield { line, value: valueOfLine(line) };
}

const LINES = Array.from({ length: PEOPLE }, (_, index) => index + 1);

describe.each(kinds)('on %s', (kind) => {
  test('two imports of the same people at once, in different orders: each person once, whole, and nobody refused', async () => {
    const database = await openTestDatabase(kind);
    onTestFinished(() => database.close());
    const deps = { db: database.db, clock: movingClock, config: { attributes: new Map() } };
    await createRole(deps, { name: 'racer', description: '' });
    const order = (lines: readonly number[]): Import => ({
      rows: rows(lines),
      ...{ file: 'people', dryRun: false, update: false, allowAdministrators: false },
      onProgress: () => undefined,
      onBadRow: () => undefined,
    });
    const both = await Promise.all([
      importAccounts(deps, order(LINES)),
      importAccounts(deps, order(LINES.toReversed())),
      importAccounts(deps, order(LINES.toSorted((a, b) => (a % 7) - (b % 7)))),
    ]);
    expect(both.map(({ refused }) => refused)).toEqual([0, 0, 0]);
    expect(both.reduce((sum, { created }) => sum + created, 0)).toBe(PEOPLE);
    expect(both.reduce((sum, { unchanged }) => sum + unchanged, 0)).toBe(2 * PEOPLE);
    for (const table of ['accounts', 'profiles', 'role_assignments'] as const) {
      const all = await database.db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirst();
      expect([table, Number(all?.count)]).toEqual([table, PEOPLE]);
    }
  });

  test('a role that is deleted meanwhile costs the rows that name it, and no others', async () => {
    const database = await openTestDatabase(kind);
    onTestFinished(() => database.close());
    const deps = { db: database.db, clock: movingClock, config: { attributes: new Map() } };
    await createRole(deps, { name: 'racer', description: '' });
    async function* meanwhile(): AsyncGenerator<Row> {
      yield { line: 1, value: valueOfLine(1) };
      yield { line: 2, value: { email: 'other@example.test' } };
      await database.db.deleteFrom('roles').where('name', '=', 'racer').execute();
    }
    const bad: unknown[] = [];
    const imported = await importAccounts(deps, {
      rows: meanwhile(),
      ...{ file: 'people', dryRun: false, update: false, allowAdministrators: false },
      onProgress: () => undefined,
      onBadRow: (row) => bad.push(row),
    });
    expect(imported).toMatchObject({ rows: 2, created: 1, refused: 1 });
    expect(bad).toEqual([{ line: 1, problems: [expect.stringMatching(/^the database refuses it: .*role/)] }]);
    const left = await database.db.selectFrom('accounts').select('email').execute();
    expect(left).toEqual([{ email: 'other@example.test' }]);
  });

  test('an import that is killed keeps whole accounts, and goes on when it is run again', async () => {
    const database = await makeTestDatabase(kind);
    const { cwd, env } = developmentPlace(database.dataDir);
    const place = { cwd, env: { ...env, ...(database.url !== undefined && { DATABASE_URL: database.url }) } };
    await answerOf(place, ['role', 'create', 'racer']);
    const file = path.join(cwd, 'people.jsonl');
    const total = 14_000;
    writeFileSync(file, Array.from({ length: total }, (_, index) => JSON.stringify(valueOfLine(index + 1))).join('\n'));
    const program = startProgram(place, ['user', 'import', file]);
    await program.shows(/10,000 rows: 10,000 made/);
    program.child.kill('SIGKILL');
    await program.ended;
    const began = await answerOf(place, ['audit', 'list', '--event', 'accounts.import_started']);
    expect(began).toMatchObject({ events: [{ actor: 'operator', details: { file: 'people.jsonl' } }] });
    expect(await answerOf(place, ['audit', 'list', '--event', 'accounts.imported'])).toMatchObject({ events: [] });
    const { created, unchanged, refused } = await answerOf(place, ['user', 'import', file]);
    expect(refused).toBe(0);
    expect(unchanged).toBeGreaterThanOrEqual(10_000);
    expect(Number(unchanged) % 500).toBe(0);
    expect(Number(created) + Number(unchanged)).toBe(total);
    await database.remove();
    rmSync(file);
  });

  /** 14,000 people on their way in. */
  async function importing() {
    const database = await makeTestDatabase(kind);
    onTestFinished(() => database.remove());
    const { cwd, env } = developmentPlace(database.dataDir);
    const place = { cwd, env: { ...env, ...(database.url !== undefined && { DATABASE_URL: database.url }) } };
    await answerOf(place, ['role', 'create', 'racer']);
    const file = path.join(cwd, 'people.jsonl');
    onTestFinished(() => rmSync(file));
    const total = 14_000;
    writeFileSync(file, Array.from({ length: total }, (_, index) => JSON.stringify(valueOfLine(index + 1))).join('\n'));
    return { database, place, file, total, program: startProgram(place, ['user', 'import', file]) };
  }

  const endOf = async (place: Place): Promise<readonly Record<string, unknown>[]> => {
    const { events } = await answerOf(place, ['audit', 'list', '--event', 'accounts.imported']);
    return (events as { outcome: string; details: object }[]).map(({ outcome, details }) => ({ outcome, ...details }));
  };

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'an import stopped by %s says how far it came, to the operator and in the audit log',
    async (signal) => {
      const { place, file, total, program } = await importing();
      await program.shows(/10,000 rows: 10,000 made/);
      program.child.kill(signal);
      expect(await program.ended).toBe(1);
      expect(program.output()).toContain('Stopped before the end of the file. Run it again to go on.');
      const [end, ...others] = await endOf(place);
      expect(others).toEqual([]);
      expect(end).toMatchObject({ outcome: 'failure', reason: 'stopped', updated: 0, unchanged: 0, refused: 0 });
      const made = Number(end?.['created']);
      expect(made).toBeGreaterThanOrEqual(10_000);
      expect(made).toBeLessThan(total);
      const { created, unchanged } = await answerOf(place, ['user', 'import', file]);
      expect({ created, unchanged }).toEqual({ created: total - made, unchanged: made });
    },
  );

  test.runIf(kind === 'postgres')(
    'an import that loses the database says how far it came once that is back',
    async () => {
      const { database, place, file, total, program } = await importing();
      await program.shows(/10,000 rows: 10,000 made/);
      const url = new URL(database.url ?? '');
      const name = url.pathname.slice(1);
      url.pathname = '/postgres';
      const operator = new Client({ connectionString: url.href });
      await operator.connect();
      onTestFinished(() => operator.end());
      await operator.query(`alter database "${name}" allow_connections false`);
      await operator.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
      await sleep(1000);
      await operator.query(`alter database "${name}" allow_connections true`);
      expect(await program.ended).toBe(1);
      const [end, ...others] = await endOf(place);
      expect(others).toEqual([]);
      expect(end).toMatchObject({ outcome: 'failure', reason: 'failed', refused: 0 });
      const made = Number(end?.['created']);
      expect(made).toBeGreaterThanOrEqual(10_000);
      const { created, unchanged } = await answerOf(place, ['user', 'import', file]);
      expect({ created, unchanged }).toEqual({ created: total - made, unchanged: made });
    },
  );
});
