// A process that is killed leaves to the next one what it has compiled, so that it is soon there and as quick as the one before.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type Processes, startProcesses } from '../support/processes.ts';
import { authorizationRequest, newBrowser } from '../support/sign-in.ts';

/** Says on SIGUSR2 what has been loaded. */
const TELLS = `data:text/javascript,${encodeURIComponent(`import module from 'node:module';
process.on('SIGUSR2', () => console.log('loaded:' + [...Object.keys(module._cache), ...process.moduleLoadList].join(' ') + ' :told'));`)}`;

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

  test('finds modules and templates compiled, and loads neither the compiler of templates nor a client for WebSockets', async () => {
    const [one] = processes.all;
    const showsSignIn = async () => {
      const { page } = await newBrowser().open(authorizationRequest(processes.issuer).url);
      expect(page.text).toContain('name="password"');
    };
    const loaded = async () => {
      one?.signal('SIGUSR2');
      await expect.poll(() => one?.output, { timeout: 20_000 }).toContain(':told');
      return one?.output.slice(one.output.indexOf('loaded:')) ?? '';
    };
    await showsSignIn();
    expect(await loaded()).toContain('pug-lexer');
    await one?.kill();
    expect(readdirSync(compiled, { recursive: true }).length).toBeGreaterThan(500);

    await one?.start();
    await showsSignIn();
    const found = await loaded();
    expect(found).toContain('pug-runtime');
    expect(found).not.toContain('pug-lexer');
    expect(found).not.toContain('undici');
  });
});
