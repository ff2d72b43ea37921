// A process that is killed leaves to the next one what it has compiled, so that it is soon there and as quick as the one before.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type Processes, startProcesses } from '../support/processes.ts';
import { authorizationRequest, newBrowser } from '../support/sign-in.ts';

/** Says on SIGUSR2 what has been loaded. */
const TELLS = `data:text/javascript,${encodeURIComponent(`import module from 'node:module';
const modules = [];
module.registerHooks({ load: (url, context, next) => { modules.push(url); return next(url, context); } });
process.on('SIGUSR2', () => console.log('loaded:' + [...Object.keys(module._cache), ...process.moduleLoadList, ...modules].join(' ') + ' :told'));`)}`;

describe.skipIf(!postgresAvailable())('a process that is started where one was killed', { timeout: 120_000 }, () => {
  let database: TestDatabase;
  let processes: Processes;
  const compiled = mkdtempSync(path.join(tmpdir(), 'gatehouse-compiled-'));
  beforeAll(async () => {
    database = await makeTestDatabase('postgres');
    const variables = { NODE_COMPILE_CACHE: compiled, NODE_OPTIONS: `--import ${TELLS}` };
    processes = await startProcesses({ count: 1, database, variables });
  });
  afterAll(async () => {
    await processes.stop();
    await database.remove();
    rmSync(compiled, { recursive: true, force: true });
  });

  test('finds modules and templates compiled, and loads neither a compiler nor a client for HTTP, nor the console before its first visitor', async () => {
    const [one] = processes.all;
    const showsSignIn = async () => {
      const { page } = await newBrowser().open(authorizationRequest(processes.issuer).url);
      expect(page.text).toContain('name="password"');
    };
    const loaded = async () => {
      const told = () => one?.output.split(':told') ?? [];
      const before = told().length;
      one?.signal('SIGUSR2');
      await expect.poll(() => told().length, { timeout: 20_000 }).toBe(before + 1);
      return told()[before - 1] ?? '';
    };
    const visitsConsole = async () => {
      const answer = await fetch(`${processes.issuer}/admin`, { redirect: 'manual' });
      expect(answer.status).toBe(303);
    };
    const answersJson = async () => {
      const answer = await fetch(`http://127.0.0.1:${one?.port}/readyz`);
      expect(await answer.json()).toMatchObject({ ready: true });
    };
    await answersJson();
    await showsSignIn();
    const first = await loaded();
    expect(first).toContain('pug-lexer');
    expect(first).toContain('internal/deps/amaro');
    expect(first).not.toContain('src/admin/routes.ts');
    await visitsConsole();
    await one?.kill();
    expect(readdirSync(compiled, { recursive: true }).length).toBeGreaterThan(500);

    await one?.start();
    await answersJson();
    await showsSignIn();
    await visitsConsole();
    const found = await loaded();
    expect(found).toContain('pug-runtime');
    expect(found).toContain('src/admin/routes.ts');
    expect(found).not.toContain('internal/deps/amaro');
    expect(found).not.toContain('pug-lexer');
    expect(found).not.toContain('undici');
  });
});

test('what Node brings along compiled is taken by whoever starts bin/gatehouse', () => {
  const prints = `data:text/javascript,${encodeURIComponent('console.log(JSON.stringify(process.execArgv))')}`;
  const program = path.join(import.meta.dirname, '../../bin/gatehouse');
  const env = { PATH: process.env['PATH'], NODE_OPTIONS: `--import ${prints}` };
  const flags: string[] = JSON.parse(spawnSync(program, ['--version'], { env }).stdout.toString().split('\n')[0] ?? '');
  expect(flags).toContain('--max-semi-space-size=16');
  const asks = `require('node:https');
    const { internalBinding } = require('internal/test/binding');
    console.log(JSON.stringify([...internalBinding('builtins').getCacheUsage().compiledWithoutCache]));`;
  const compiledAnew = (given: readonly string[]): unknown => {
    const ran = spawnSync(process.execPath, [...given, '--expose-internals', '-e', asks], {
      env: { PATH: process.env['PATH'] },
    });
    return JSON.parse(ran.stdout.toString());
  };
  expect(compiledAnew([...flags, '--expose-gc'])).not.toEqual([]);
  expect(compiledAnew(flags)).toEqual([]);
});

test('who is started through a link keeps to the release that it led to', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-link-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const release = realpathSync(path.join(import.meta.dirname, '../..'));
  symlinkSync(release, path.join(folder, 'gatehouse'));
  const prints = `data:text/javascript,${encodeURIComponent('console.log(process.argv[1])')}`;
  const env = { PATH: process.env['PATH'], NODE_OPTIONS: `--import ${prints}` };
  const ran = spawnSync(path.join(folder, 'gatehouse/bin/gatehouse'), ['--version'], { env });
  expect(ran.stdout.toString().split('\n')[0]).toBe(path.join(release, 'src/main.ts'));
});
