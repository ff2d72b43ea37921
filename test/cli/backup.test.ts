// gatehouse backup and restore: what an operator is told, and what is refused before anything is lost.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { FileMigrationProvider, Migrator } from 'kysely/migration';
import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { type DatabaseKind, makeEmptyDatabase, makeTestDatabase, postgresAvailable } from '../support/database.ts';
import { answerOf, developmentPlace, failureOf, gatehouse, type Place } from './command-line.ts';

const SECRET = 'the-master-secret-of-these-tests-0123456789';

type Operator = Place & { readonly dataDir: string; readonly url: string | undefined };

/** At a machine with this database; `pg_dump` is found on its PATH. */
async function operatorOn(kind: DatabaseKind, make: typeof makeEmptyDatabase = makeTestDatabase): Promise<Operator> {
  const { dataDir, url, remove } = await make(kind);
  onTestFinished(remove);
  const { cwd, env } = developmentPlace(dataDir);
  const own = { ...env, PATH: process.env['PATH'], GATEHOUSE_SECRET: SECRET };
  return { cwd, dataDir, url, env: url === undefined ? own : { ...own, DATABASE_URL: url } };
}

const withEnv = (place: Operator, env: Record<string, string>): Operator => ({
  ...place,
  env: { ...place.env, ...env },
});

const makesJane = (place: Place): Promise<unknown> =>
  answerOf(place, ['user', 'create', '--email', 'jane@example.test']);

const people = async (place: Place): Promise<readonly string[]> =>
  ((await answerOf(place, ['user', 'list']))['accounts'] as { email: string }[]).map(({ email }) => email);

const fileIn = ({ cwd }: Place, name: string): string => path.join(cwd, name);

const kinds: readonly DatabaseKind[] = postgresAvailable() ? ['pglite', 'postgres'] : ['pglite'];

describe.each(kinds)('on %s', (kind) => {
  test('an operator writes a backup, loses the machine, and has everybody back on another one', async () => {
    const place = await operatorOn(kind);
    await makesJane(place);
    const { exitCode, stdout } = await gatehouse(place, ['backup', 'jane.backup']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Written and verified .*jane\.backup\nAccounts +1\n/);
    expect(stdout).toContain('The master secret (GATEHOUSE_SECRET) is not in it.');
    expect(statSync(fileIn(place, 'jane.backup')).mode & 0o777).toBe(0o600);
    expect(readFileSync(fileIn(place, 'jane.backup'), 'latin1')).not.toContain(SECRET);
    expect(readdirSync(place.cwd).filter((name) => name.endsWith('.part'))).toEqual([]);

    const elsewhere = await operatorOn(kind, makeEmptyDatabase);
    const restored = await gatehouse(elsewhere, ['restore', fileIn(place, 'jane.backup')]);
    expect(restored).toMatchObject({ exitCode: 0, stderr: '' });
    expect(restored.stdout).toMatch(/^Restored the database of .* \(1 account\) in [\d.]+ s\./);
    expect(restored.stdout).toContain('passwords changed or reset');
    expect(await people(elsewhere)).toEqual(['jane@example.test']);
    const { events } = await answerOf(place, ['audit', 'list', '--event', 'database.backed_up']);
    expect(events).toHaveLength(1);
  });

  test('a backup of an older release is brought up to date', async () => {
    const place = await operatorOn(kind, makeEmptyDatabase);
    const names = await migrateOnlyTo('0030-audit-subjects', place);
    await answerOf(place, ['backup', 'old.backup']);
    const elsewhere = await operatorOn(kind, makeEmptyDatabase);
    const { migrated } = await answerOf(elsewhere, ['restore', fileIn(place, 'old.backup')]);
    expect(migrated).toEqual(names.slice(names.indexOf('0030-audit-subjects') + 1));
    expect(await people(elsewhere)).toEqual([]);
  });

  test('a database with something in it is replaced only when that is said, and confirmed', async () => {
    const place = await operatorOn(kind);
    await answerOf(place, ['backup', 'empty.backup']);
    await makesJane(place);
    const restore = ['restore', 'empty.backup'];
    expect(await failureOf(place, restore)).toMatchObject({ exitCode: 1, code: 'database_not_empty' });
    expect(await failureOf(place, [...restore, '--replace'])).toMatchObject({ exitCode: 2, code: 'usage' });
    const declined = await gatehouse(place, [...restore, '--replace'], { typed: 'n\n' });
    expect(declined).toMatchObject({ exitCode: 1, stdout: '' });
    expect(declined.stderr).toContain('What is in the database now is lost. Replace it? [y/N]');
    expect(await people(place)).toEqual(['jane@example.test']);
    expect((await gatehouse(place, [...restore, '--replace'], { typed: 'y\n' })).exitCode).toBe(0);
    expect(await people(place)).toEqual([]);
  });

  test('under another master secret, damaged, or of a newer release it is refused, and nothing is changed', async () => {
    const place = await operatorOn(kind);
    await answerOf(place, ['backup', 'good.backup']);
    await makesJane(place);
    const good = readFileSync(fileIn(place, 'good.backup'));
    const altered = (name: string, change: (bytes: Buffer) => Buffer) => {
      writeFileSync(fileIn(place, name), change(Buffer.from(good)));
      return ['restore', name, '--replace', '--yes'];
    };
    const damaged = altered('damaged', (bytes) => {
      bytes[20_000] = (bytes[20_000] ?? 0) ^ 1;
      return bytes;
    });
    const cut = altered('cut', (bytes) => bytes.subarray(0, -1));
    const newer = altered('newer', (bytes) => {
      bytes.write(bytes.toString('latin1', 0, 16_384).replace('0001-accounts', '9999-accounts'), 'latin1');
      return bytes;
    });
    // What the head says of the rest can be made to fit, but not without the master secret.
    const forged = altered('forged', (bytes) => {
      bytes[20_000] = (bytes[20_000] ?? 0) ^ 1;
      const digest = createHash('sha256').update(bytes.subarray(16_384)).digest('hex');
      bytes.write(bytes.toString('latin1', 0, 16_384).replace(/"sha256":"\w+"/, `"sha256":"${digest}"`), 'latin1');
      return bytes;
    });
    const dated = altered('dated', (bytes) => {
      bytes.write(bytes.toString('latin1', 0, 16_384).replace(/"made_at":"20\d\d/, '"made_at":"2031'), 'latin1');
      return bytes;
    });
    const none = altered('none', () => Buffer.from('hello'));
    for (const [words, code] of [
      [damaged, 'backup_broken'],
      [cut, 'backup_broken'],
      [forged, 'backup_broken'],
      [dated, 'backup_broken'],
      [newer, 'backup_newer'],
      [none, 'backup_broken'],
    ] as const) {
      expect(await failureOf(place, words)).toMatchObject({ exitCode: 1, code });
    }
    const another = withEnv(place, { GATEHOUSE_SECRET: 'another-master-secret-of-these-tests-98765' });
    const failure = await failureOf(another, ['restore', 'good.backup', '--replace', '--yes']);
    expect(failure).toMatchObject({ exitCode: 1, code: 'wrong_secret' });
    expect(failure.message).toContain('was made under another master secret. Nothing was changed.');
    expect(await people(place)).toEqual(['jane@example.test']);
  });

  test('while somebody has the database open it is not replaced, and a backup can be made', async () => {
    const place = await operatorOn(kind);
    const server = await openDatabase({ url: place.url, dataDir: place.dataDir, poolSize: 2 });
    onTestFinished(() => server.close());
    await server.db.selectFrom('accounts').select('id').execute();
    await answerOf(place, ['backup', 'beside.backup']);
    const failure = await failureOf(place, ['restore', 'beside.backup', '--replace', '--yes']);
    expect(failure).toMatchObject({ exitCode: 1, code: 'database_in_use' });
  });

  test.runIf(kind === 'postgres').each([
    ['shop-eu', 'application_name=shop-eu'],
    ['one that says it is somebody else', 'application_name=psql&application_name=metrics%20of%20somebody'],
    ['one that is too long', `application_name=${'long'.repeat(30)}`],
  ])('a server whose DATABASE_URL gives its connections a name, %s, is seen as well', async (_name, query) => {
    const place = await operatorOn(kind);
    await makesJane(place);
    await answerOf(place, ['backup', 'jane.backup']);
    const server = await openDatabase({ url: `${place.url}?${query}`, dataDir: place.dataDir, poolSize: 2 });
    onTestFinished(() => server.close().catch(() => undefined));
    await server.db.selectFrom('accounts').select('id').execute();
    const failure = await failureOf(place, ['restore', 'jane.backup', '--replace', '--yes']);
    expect(failure).toMatchObject({ exitCode: 1, code: 'database_in_use' });
    await server.close();
    const named = withEnv(place, { DATABASE_URL: `${place.url}?application_name=operator` });
    await answerOf(named, ['restore', 'jane.backup', '--replace', '--yes']);
    expect(await people(place)).toEqual(['jane@example.test']);
  });

  test.runIf(kind === 'postgres')('a connection that a stopped server has just left is waited for', async () => {
    const place = await operatorOn(kind);
    await makesJane(place);
    await answerOf(place, ['backup', 'left.backup']);
    const leaving = new Client({ connectionString: place.url, application_name: 'gatehouse' });
    await leaving.connect();
    const restoring = answerOf(place, ['restore', 'left.backup', '--replace', '--yes']);
    const client = new Client({ connectionString: place.url });
    await client.connect();
    onTestFinished(() => client.end());
    const ours = "select from pg_stat_activity where datname = current_database() and application_name = 'gatehouse'";
    await expect.poll(async () => (await client.query(ours)).rowCount).toBeGreaterThan(1);
    await sleep(300);
    await leaving.end();
    await restoring;
    expect(await people(place)).toEqual(['jane@example.test']);
  });

  test('a file that exists is not overwritten', async () => {
    const place = await operatorOn(kind);
    writeFileSync(fileIn(place, 'mine'), 'something else');
    expect(await failureOf(place, ['backup', 'mine'])).toMatchObject({ exitCode: 1, code: 'file_exists' });
    expect(readFileSync(fileIn(place, 'mine'), 'utf8')).toBe('something else');
  });
});

test('a restore that was killed just as it put the new database in the place of the old one leaves the old one', async () => {
  const place = await operatorOn('pglite');
  await makesJane(place);
  const data = path.join(place.dataDir, 'pglite/data');
  renameSync(data, `${data}.replaced`);
  expect(await people(place)).toEqual(['jane@example.test']);
  await answerOf(place, ['backup', 'jane.backup']);
  renameSync(data, `${data}.replaced`);
  expect(await failureOf(place, ['restore', 'jane.backup'])).toMatchObject({ code: 'database_not_empty' });
  expect(await people(place)).toEqual(['jane@example.test']);
});

describe.skipIf(!postgresAvailable())('the programs of PostgreSQL', () => {
  /** In the place of pg_dump and pg_restore. */
  function fakePrograms(place: Place, script: string): string {
    const directory = fileIn(place, 'programs');
    mkdirSync(directory);
    for (const program of ['pg_dump', 'pg_restore', 'psql']) {
      writeFileSync(path.join(directory, program), `#!/bin/sh\n${program === 'psql' ? 'exec psql "$@"' : script}\n`);
      chmodSync(path.join(directory, program), 0o755);
    }
    return directory;
  }

  test('that are not there are named, with the package that has them', async () => {
    const place = await operatorOn('postgres');
    const failure = await failureOf(place, ['backup', 'never', '--pg-bin', '/nowhere']);
    expect(failure).toMatchObject({ exitCode: 1, code: 'program_missing' });
    expect(failure.message).toContain('apt-get install postgresql-client');
    expect(readdirSync(place.cwd)).not.toContain('never');
  });

  test('are told the password where nobody else can read it', async () => {
    const place = await operatorOn('postgres');
    const url = new URL(String(place.url));
    url.password = 'hunter2-of-the-database';
    const told = withEnv(place, { DATABASE_URL: url.href });
    const directory = fakePrograms(place, `echo "$@" > ${fileIn(place, 'words')}; echo "$PGPASSWORD" >&2; exit 3`);
    const failure = await failureOf(told, ['backup', 'never', '--pg-bin', directory]);
    expect(failure).toMatchObject({
      code: 'program_failed',
      message: expect.stringContaining('hunter2-of-the-database'),
    });
    expect(readFileSync(fileIn(place, 'words'), 'utf8')).not.toContain('hunter2');
  });

  test('that fail in the middle of a restore leave a database that nobody starts on until it is done again', async () => {
    const place = await operatorOn('postgres');
    await makesJane(place);
    await answerOf(place, ['backup', 'jane.backup']);
    const restore = ['restore', 'jane.backup', '--replace', '--yes'];
    const broken = fakePrograms(
      place,
      'case "$*" in *--list*|*--schema=gatehouse_restoring*) exec pg_restore "$@";; esac; pg_restore "$@" | head -c 20000; echo "no space left" >&2; exit 1',
    );
    const failure = await failureOf(place, [...restore, '--pg-bin', broken]);
    expect(failure).toMatchObject({ code: 'program_failed', message: expect.stringContaining('no space left') });
    const somebody = new Client({ connectionString: place.url });
    await somebody.connect();
    onTestFinished(() => somebody.end());
    const tables = await somebody.query("select tablename from pg_tables where schemaname = 'public'");
    expect(tables.rows).toEqual([{ tablename: 'gatehouse_restoring' }]);
    for (const words of [['user', 'list'], ['migrate'], ['serve']]) {
      expect((await gatehouse(place, [...words, '--json'])).stderr).toContain('restore_unfinished');
    }
    await answerOf(place, restore);
    expect(await people(place)).toEqual(['jane@example.test']);
  });

  test.each([
    ['are not there', undefined, 'program_missing'],
    ['cannot read the file', 'echo "unsupported version (1.99) in file header" >&2; exit 1', 'program_failed'],
    [
      'are not understood by the server',
      `case "$*" in *--list*) exec pg_restore "$@";; esac
       cat > /dev/null; printf '%s\\n' '\\restrict key' 'SET timeout_of_another_year = 0;'`,
      'program_failed',
    ],
  ])('that %s restore nothing, and nothing is lost', async (_why, script, code) => {
    const place = await operatorOn('postgres');
    await makesJane(place);
    await answerOf(place, ['backup', 'jane.backup']);
    const directory = script === undefined ? '/nowhere' : fakePrograms(place, script);
    const restore = ['restore', 'jane.backup', '--replace', '--yes', '--pg-bin', directory];
    expect(await failureOf(place, restore)).toMatchObject({ exitCode: 1, code });
    expect(await people(place)).toEqual(['jane@example.test']);
  });

  test('that write what PostgreSQL 17 writes (the line is put in here) restore into a server that does not know it', async () => {
    const place = await operatorOn('postgres');
    await makesJane(place);
    const somebody = new Client({ connectionString: place.url });
    await somebody.connect();
    onTestFinished(() => somebody.end());
    await somebody.query('create table notes as select $1::text as line', [`SET transaction_timeout = 0;`]);
    await answerOf(place, ['backup', 'jane.backup']);
    const directory = fakePrograms(
      place,
      `case "$*" in *--file=-*) ;; *) exec "$(basename "$0")" "$@";; esac
       pg_restore "$@" | sed 's/^SET idle_in_transaction_session_timeout = 0;$/&\\nSET transaction_timeout = 0;/'`,
    );
    await answerOf(place, ['restore', 'jane.backup', '--replace', '--yes', '--pg-bin', directory]);
    expect(await people(place)).toEqual(['jane@example.test']);
    expect((await somebody.query('select line from notes')).rows).toEqual([{ line: 'SET transaction_timeout = 0;' }]);
  });

  test('that do not tell psql to obey no commands in what they write run nothing', async () => {
    const place = await operatorOn('postgres');
    await makesJane(place);
    await answerOf(place, ['backup', 'jane.backup']);
    const file = fileIn(place, 'done');
    const script = `case "$*" in *--list*) exec pg_restore "$@";; esac; printf '%s\\n' '-- ' '\\! touch ${file}'; pg_restore "$@"`;
    const words = ['restore', 'jane.backup', '--replace', '--yes', '--pg-bin', fakePrograms(place, script)];
    const { code, message } = await failureOf(place, words);
    expect({ code, message }).toEqual({
      code: 'program_failed',
      message: expect.stringContaining('pg_restore is too old'),
    });
    expect(existsSync(file)).toBe(false);
    expect(await people(place)).toEqual(['jane@example.test']);
  });

  test('of which psql is not there restore nothing, and it is named', async () => {
    const place = await operatorOn('postgres');
    await makesJane(place);
    await answerOf(place, ['backup', 'jane.backup']);
    const directory = fakePrograms(place, 'exec "$(basename "$0")" "$@"');
    rmSync(path.join(directory, 'psql'));
    const failure = await failureOf(place, ['restore', 'jane.backup', '--replace', '--yes', '--pg-bin', directory]);
    expect(failure).toMatchObject({
      code: 'program_missing',
      message: expect.stringContaining('psql is not installed'),
    });
    expect(await people(place)).toEqual(['jane@example.test']);
  });

  test('that are not understood by the server are to be those of its version', async () => {
    const place = await operatorOn('postgres');
    await answerOf(place, ['backup', 'good.backup']);
    const script = `case "$*" in *--list*) exec pg_restore "$@";; esac; cat > /dev/null; printf '%s\\n' '\\restrict key' 'SET timeout_of_another_year = 0;'`;
    const words = ['restore', 'good.backup', '--replace', '--yes', '--pg-bin', fakePrograms(place, script)];
    const { message } = await failureOf(place, words);
    expect(message).toContain('unrecognized configuration parameter "timeout_of_another_year"');
    expect(message).toContain('Install the programs of the server’s version');
  });

  test('that are slow let somebody else write a file of that name, which is not replaced', async () => {
    const place = await operatorOn('postgres');
    const script = `case "$*" in *--list*) echo mine > ${fileIn(place, 'same.backup')};; esac; exec "$(basename "$0")" "$@"`;
    const failure = await failureOf(place, ['backup', 'same.backup', '--pg-bin', fakePrograms(place, script)]);
    expect(failure).toMatchObject({ exitCode: 1, code: 'file_exists' });
    expect(readFileSync(fileIn(place, 'same.backup'), 'utf8')).toBe('mine\n');
    expect(readdirSync(place.cwd).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('a backup of another schema is refused with both names, and one of the same is restored', async () => {
    const place = await operatorOn('postgres');
    await answerOf(place, ['backup', 'public.backup']);
    const own = await operatorOn('postgres', makeEmptyDatabase);
    const url = new URL(String(own.url));
    const somebody = new Client({ connectionString: url.href });
    await somebody.connect();
    onTestFinished(() => somebody.end());
    await somebody.query('create schema gh');
    url.searchParams.set('options', '-c search_path=gh');
    const inGh = withEnv(own, { DATABASE_URL: url.href });
    await answerOf(inGh, ['migrate']);
    await makesJane(inGh);
    const failure = await failureOf(inGh, ['restore', fileIn(place, 'public.backup'), '--replace', '--yes']);
    expect(failure).toMatchObject({ exitCode: 1, code: 'backup_of_another_schema' });
    expect(failure.message).toMatch(/"public".*"gh".*Nothing was changed/);
    expect(await people(inGh)).toEqual(['jane@example.test']);
    await answerOf(inGh, ['backup', 'gh.backup']);
    await answerOf(inGh, ['restore', 'gh.backup', '--replace', '--yes']);
    expect(await people(inGh)).toEqual(['jane@example.test']);
  });

  test.each([
    ['another schema', 'create schema other; create table other.things (a int)', 'select from other.things'],
    ['a view', 'create view addresses as select email from accounts', 'select from addresses'],
    ['a view of nothing of ours', 'create view figures as select 1 as one', 'select from figures'],
    [
      'a sequence, a type and a domain',
      "create sequence s; create type mood as enum ('fine'); create domain word as text",
      "select nextval('s'), 'fine'::mood, 'a'::word",
    ],
  ])('%s beside our tables is in the way of no restore', async (_what, made, asked) => {
    const place = await operatorOn('postgres');
    await makesJane(place);
    const somebody = new Client({ connectionString: place.url });
    await somebody.connect();
    onTestFinished(() => somebody.end());
    await somebody.query(made);
    await answerOf(place, ['backup', 'jane.backup']);
    await answerOf(place, ['restore', 'jane.backup', '--replace', '--yes']);
    expect(await people(place)).toEqual(['jane@example.test']);
    await somebody.query(asked);
  });

  test('a backup of one kind of database is refused by the other, which says what to do', async () => {
    const embedded = await operatorOn('pglite');
    const postgres = await operatorOn('postgres');
    await answerOf(embedded, ['backup', 'embedded.backup']);
    const failure = await failureOf(postgres, ['restore', fileIn(embedded, 'embedded.backup'), '--replace', '--yes']);
    expect(failure).toMatchObject({ exitCode: 1, code: 'backup_of_another_kind' });
  });
});

/** As an older release has left it. Returns the names of all migrations there are. */
async function migrateOnlyTo(name: string, { url, dataDir }: Operator): Promise<readonly string[]> {
  const provider = new FileMigrationProvider({
    fs: { readdir },
    path,
    migrationFolder: path.join(import.meta.dirname, '../../migrations'),
    import: (file) => import(pathToFileURL(file).href),
  });
  const database = await openDatabase({ url, dataDir, poolSize: 2 });
  try {
    await database.withPatientConnection(async (db) => {
      const { error } = await new Migrator({ db, provider }).migrateTo(name);
      if (error !== undefined) throw error;
    });
  } finally {
    await database.close();
  }
  return Object.keys(await provider.getMigrations()).sort();
}
