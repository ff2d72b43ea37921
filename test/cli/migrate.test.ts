// The command line and the schema: alone, beside another process, and on PostgreSQL.
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrator.ts';
import { makeEmptyDatabase, makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { answerOf, developmentPlace, failureOf, gatehouse, type Place } from './command-line.ts';

async function placeOn(made: Promise<TestDatabase>): Promise<Place & { dataDir: string }> {
  const { dataDir, url, remove } = await made;
  onTestFinished(remove);
  const { cwd, env } = developmentPlace(dataDir);
  return { cwd, dataDir, env: url === undefined ? env : { ...env, DATABASE_URL: url } };
}

/** As a server has it; commands join in, which takes less time than to open it for each of them. */
async function opened({ dataDir }: { dataDir: string }): Promise<OpenDatabase> {
  const database = await openDatabase({ url: undefined, dataDir, poolSize: 2 });
  onTestFinished(() => database.close());
  return database;
}

test('--check lists what is pending with 1, migrate applies it, then there is nothing left', async () => {
  const place = await placeOn(makeEmptyDatabase('pglite'));
  await opened(place);
  const check = await gatehouse(place, ['migrate', '--check', '--json']);
  expect(check).toMatchObject({ exitCode: 1, stderr: '' });
  const { pending } = JSON.parse(check.stdout);
  expect(pending[0]).toBe('0001-accounts');
  expect((await gatehouse(place, ['migrate', '--check'])).stdout).toMatch(
    /^\d+ migrations pending:\n {2}0001-accounts\n/,
  );
  expect(await answerOf(place, ['migrate'])).toEqual({ applied: pending });
  expect(await gatehouse(place, ['migrate', '--check'])).toEqual({
    exitCode: 0,
    stdout: 'The database is up to date.\n',
    stderr: '',
  });
  expect((await gatehouse(place, ['migrate'])).stdout).toBe('The database was up to date.\n');
});

test('a command on a database that nobody has open brings it up to date first', async () => {
  const place = await placeOn(makeEmptyDatabase('pglite'));
  await answerOf(place, ['user', 'create', '--email', 'jane@example.test', '--role', 'gatehouse:admin']);
  expect(await answerOf(place, ['user', 'show', 'jane@example.test'])).toMatchObject({ roles: ['gatehouse:admin'] });
});

test('on a database of a newer version commands go on, and migrate names what it does not know', async () => {
  const place = await placeOn(makeTestDatabase('pglite'));
  const { db } = await opened(place);
  await sql`insert into kysely_migration (name, timestamp) values ('9999-future', '2030')`.execute(db);
  const lines = 'migrated by a newer Gatehouse; this one can go on with it. It does not know\n  9999-future\n';
  expect(await gatehouse(place, ['migrate', '--check'])).toEqual({
    exitCode: 0,
    stdout: `The database is ${lines}`,
    stderr: '',
  });
  expect((await gatehouse(place, ['migrate'])).stdout).toBe(`The database was ${lines}`);
  expect(await answerOf(place, ['migrate', '--check'])).toEqual({ pending: [], newer: ['9999-future'] });
  expect(await answerOf(place, ['user', 'list'])).toEqual({ accounts: [], more: false });
});

test('a database that needs a newer version is refused', async () => {
  const place = await placeOn(makeTestDatabase('pglite'));
  const { db } = await opened(place);
  await sql`insert into kysely_migration (name, timestamp) values ('9999-future.needs-12.0.0', '2030')`.execute(db);
  for (const words of [['migrate', '--check'], ['migrate'], ['user', 'list']]) {
    const failure = await failureOf(place, words);
    expect(failure).toMatchObject({ exitCode: 1, code: 'database_newer' });
    expect(failure.message).toContain('needs release 12.0.0 or later since 9999-future');
  }
});

test('beside a server that is just starting, a command waits for the tables', async () => {
  const place = await placeOn(makeEmptyDatabase('pglite'));
  const server = await opened(place);
  const listed = answerOf(place, ['user', 'list']);
  await sleep(400);
  await migrate(server);
  expect(await listed).toEqual({ accounts: [], more: false });
});

describe.skipIf(!postgresAvailable())('on PostgreSQL', () => {
  test('only migrate changes the schema: other commands say that it is behind', async () => {
    const place = await placeOn(makeEmptyDatabase('postgres'));
    const failure = await failureOf(place, ['user', 'list']);
    expect(failure).toMatchObject({ exitCode: 1, code: 'migrations_pending' });
    expect(failure.message).toMatch(/^The database lacks \d+ migrations \(0001-accounts, .*Run "gatehouse migrate"/);
    await answerOf(place, ['migrate']);
    expect(await answerOf(place, ['user', 'list'])).toEqual({ accounts: [], more: false });
  });

  test('a database that is not there is said to be missing', async () => {
    const { cwd, env } = await placeOn(makeEmptyDatabase('postgres'));
    const elsewhere = { cwd, env: { ...env, DATABASE_URL: `${env['DATABASE_URL']}_elsewhere` } };
    const { exitCode, stderr } = await gatehouse(elsewhere, ['migrate']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^The database refuses: database ".*_elsewhere" does not exist\. Check DATABASE_URL\.\n$/);
  });
});
