// The command line and the configuration: everything wrong at once, nothing opened before; and whose database is meant.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configFiles, PRODUCTION } from '../support/config-files.ts';
import { type OpenTestDatabase, openTestDatabase } from '../support/database.ts';
import { freePort } from '../support/start-server.ts';
import { developmentPlace, failureOf, gatehouse, type Place } from './command-line.ts';

let database: OpenTestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
  // As a development server leaves it.
  writeFileSync(path.join(database.dataDir, 'secret'), `${'s'.repeat(43)}\n`);
});

afterAll(() => database.close());

const BROKEN = {
  'config/gatehouse.yaml': 'nmae: Gate\nserver:\n  port: 99999\n',
  'config/clients/app.yaml': 'client_id: app\npreset: wbe\n',
};

test('serve prints every problem of every file and opens neither port nor database', async () => {
  const port = await freePort();
  const { cwd } = configFiles(BROKEN);
  const env = { GATEHOUSE_MODE: 'development', GATEHOUSE_ISSUER: 'ftp://x', PORT: String(port) };
  const { exitCode, stdout, stderr } = await gatehouse({ cwd, env }, ['serve']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(/^The configuration has \d problems:\n {2}environment {2}GATEHOUSE_ISSUER: /);
  for (const place of ['gatehouse.yaml:1  nmae', 'gatehouse.yaml:3  server.port', 'clients/app.yaml:2  preset']) {
    expect(stderr).toContain(place);
  }
  expect(stderr).toContain('did you mean "name"');
  expect(await isOpen(port)).toBe(false);
  expect(existsSync(path.join(cwd, 'data'))).toBe(false);
});

test('with --json the problems are a list', async () => {
  const { stderr, exitCode } = await gatehouse({ ...configFiles(BROKEN), env: {} }, ['serve', '--json']);
  expect(exitCode).toBe(1);
  const { error } = JSON.parse(stderr);
  expect(error.code).toBe('configuration_invalid');
  expect(error.problems).toContainEqual(expect.objectContaining({ file: 'config/clients/app.yaml', line: 2 }));
});

test('a mistake in a client file stops the server but nobody who has to shut somebody out', async () => {
  const place = developmentPlace(database.dataDir, { 'config/clients/app.yaml': BROKEN['config/clients/app.yaml'] });
  expect((await gatehouse(place, ['serve'])).exitCode).toBe(1);
  expect((await gatehouse(place, ['user', 'list'])).exitCode).toBe(0);
});

const withoutMode = (dataDir: string, files: Record<string, string> = {}): Place => ({
  ...configFiles(files),
  env: { GATEHOUSE_DATA_DIR: dataDir },
});

test('without a mode, in the data directory of a development server, that database is used and named', async () => {
  const place = withoutMode(database.dataDir);
  const { exitCode, stderr } = await gatehouse(place, ['role', 'list']);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: `No mode is set: using the development database in ${database.dataDir}.\n`,
  });
  expect(await gatehouse(place, ['role', 'list', '--json'])).toMatchObject({ exitCode: 0, stderr: '' });
});

test('without a mode, anywhere else, it has to be set', async () => {
  const place = withoutMode('data');
  const dataDir = path.join(place.cwd, 'data');
  mkdirSync(dataDir);
  expect(await failureOf(place, ['user', 'list'])).toMatchObject({ code: 'configuration_invalid', ...modeMissing });
  expect(existsSync(path.join(dataDir, 'pglite'))).toBe(false);
});

const modeMissing = { exitCode: 1, message: expect.stringContaining('GATEHOUSE_MODE: is not set') };

test('the server itself never takes a mode for granted', async () => {
  expect(await failureOf(withoutMode(database.dataDir), ['serve'])).toMatchObject(modeMissing);
});

test.each([
  ['DATABASE_URL', 'postgres://gatehouse@127.0.0.1:1/gatehouse'],
  ['GATEHOUSE_SECRET', PRODUCTION['GATEHOUSE_SECRET']],
  ['GATEHOUSE_SECRET_FILE', '/dev/null'],
])('without a mode but with %s, the development database is not meant', async (name, value) => {
  const { cwd, env } = withoutMode(database.dataDir);
  expect(await failureOf({ cwd, env: { ...env, [name]: value } }, ['user', 'list'])).toMatchObject(modeMissing);
});

test('nor is it when the file names a database or says that this is production', async () => {
  const url = { 'config/gatehouse.yaml': 'database:\n  url: postgres://gatehouse@127.0.0.1:1/gatehouse\n' };
  expect(await failureOf(withoutMode(database.dataDir, url), ['user', 'list'])).toMatchObject(modeMissing);
  const production = withoutMode(database.dataDir, { 'config/gatehouse.yaml': 'mode: production\n' });
  expect((await failureOf(production, ['user', 'list'])).message).toContain('production needs a master secret');
});

test('a database that does not answer is said to be unreachable, without a stack', async () => {
  const place = { ...configFiles({}), env: { ...PRODUCTION, DATABASE_URL: 'postgres://x@127.0.0.1:1/x' } };
  const { exitCode, stderr } = await gatehouse(place, ['user', 'list']);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^The database cannot be reached: .*ECONNREFUSED.*\n$/);
});

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
