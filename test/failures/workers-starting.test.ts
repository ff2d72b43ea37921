// gatehouse serve --workers, while its workers start: SIGHUP ends none of them, and one that cannot be started is tried again.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Program, startProgram } from '../cli/command-line.ts';
import { configFiles } from '../support/config-files.ts';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { databaseLine } from '../support/database-line.ts';
import { freePort } from '../support/start-server.ts';

interface Line {
  readonly event: string;
  readonly worker?: number;
  readonly [field: string]: unknown;
}

const eventsOf = (program: Program, event: string): Line[] =>
  program
    .stdout()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as Line] : []))
    .filter((line) => line.event === event);
const workersIn = (lines: readonly Line[]) => lines.map(({ worker }) => worker);

/** Long, as the machine may be slow; whoever waits goes on as soon as it has come. */
const SOON = { timeout: 120_000 };
const happens = (program: Program, event: string, times: number) =>
  expect.poll(() => eventsOf(program, event).length, SOON).toBe(times);

/** Of Linux: there is nobody to ask in the program itself. */
const childrenOf = ({ child: { pid } }: Program): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

describe.skipIf(!postgresAvailable() || process.platform !== 'linux')('two workers', { timeout: 400_000 }, () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeTestDatabase('postgres');
  });
  afterAll(() => database.remove());

  async function start(url: string, more: Record<string, string> = {}) {
    const port = await freePort();
    const yaml = 'logging: { format: json }\ndatabase: { start_wait_seconds: 300 }\n';
    const files = configFiles({ 'config/gatehouse.yaml': yaml });
    const env = {
      GATEHOUSE_MODE: 'development',
      GATEHOUSE_DATA_DIR: database.dataDir,
      DATABASE_URL: url,
      HOST: '127.0.0.1',
      PORT: String(port),
      ...more,
    };
    const program = startProgram({ ...files, env }, ['serve', '--workers', '2']);
    return { program, port, cwd: files.cwd };
  }

  async function stops(program: Program): Promise<void> {
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
  }

  describe('that still wait for their database', () => {
    async function waiting() {
      const line = await databaseLine(database.url ?? '');
      onTestFinished(() => line.close());
      await line.refuse();
      const { program } = await start(line.url);
      await expect.poll(() => workersIn(eventsOf(program, 'database.awaited')), SOON).toContain(1);
      return { line, program };
    }

    test('read their files again when they have started, if the primary was asked to meanwhile', async () => {
      const { line, program } = await waiting();
      program.child.kill('SIGHUP');
      await line.mend();
      await expect.poll(() => workersIn(eventsOf(program, 'clients.unchanged')), SOON).toContain(1);
      await happens(program, 'server.started', 2);
      expect(eventsOf(program, 'worker.ended')).toEqual([]);
      program.child.kill('SIGHUP');
      await expect.poll(() => workersIn(eventsOf(program, 'clients.unchanged')), SOON).toContain(2);
      await stops(program);
    });

    test('are not ended by a signal of their own, and heed it when they have started', async () => {
      const { line, program } = await waiting();
      const [first = 0] = childrenOf(program);
      process.kill(first, 'SIGHUP');
      await line.mend();
      await expect.poll(() => workersIn(eventsOf(program, 'clients.unchanged')), SOON).toContain(1);
      await happens(program, 'server.started', 2);
      expect(childrenOf(program)).toContain(first);
      expect(eventsOf(program, 'worker.ended')).toEqual([]);
      await stops(program);
    });

    test('end with their primary when that is stopped', async () => {
      const { program } = await waiting();
      await stops(program);
      expect(eventsOf(program, 'worker.ended')).toEqual([]);
      expect(eventsOf(program, 'server.started')).toEqual([]);
    });
  });

  /** What the program believes that its own executable is, from the moment it is written here: no process starts from that. */
  const misled = (file: string) => {
    const code = `import fs from 'node:fs';const real=process.execPath;Object.defineProperty(process,'execPath',{get(){try{return fs.readFileSync(${JSON.stringify(file)},'utf8')}catch{return real}}})`;
    return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` };
  };
  // The system refuses the one by an event and the other by an exception, as it does without processes left and without memory.
  const NOWHERE = { 'an executable that is gone': '/nowhere/node', 'a name without end': `/${'n'.repeat(5_000)}` };

  describe.each(Object.entries(NOWHERE))('for whom there is no room (%s)', (_what, executable) => {
    test('at the start, it is said why, and the command ends with 1', async () => {
      const place = configFiles({ 'no-room': executable });
      const { program } = await start(database.url ?? '', misled(path.join(place.cwd, 'no-room')));
      expect(await program.ended).toBe(1);
      expect(eventsOf(program, 'worker.failed')).toEqual([expect.objectContaining({ err: expect.anything() })]);
      expect(eventsOf(program, 'worker.ended')).toEqual([]);
      expect(program.output()).not.toContain('/setup?token=');
    });

    test('later, are tried again until there is, and the other serves meanwhile', async () => {
      const file = path.join(configFiles({}).cwd, 'no-room');
      const { program, port } = await start(database.url ?? '', misled(file));
      await happens(program, 'server.started', 2);
      writeFileSync(file, executable);
      const [victim = 0, ...others] = childrenOf(program);
      process.kill(victim, 'SIGKILL');
      const refused = () => eventsOf(program, 'worker.ended').filter(({ reason }) => reason !== undefined);
      await expect.poll(() => refused().length, SOON).toBeGreaterThan(1);
      await expect.poll(() => childrenOf(program), SOON).toEqual(others);
      expect((await fetch(`http://127.0.0.1:${port}/livez`, { headers: { connection: 'close' } })).status).toBe(200);
      rmSync(file);
      await happens(program, 'server.started', 3);
      await expect.poll(() => childrenOf(program).length, SOON).toBe(2);
      await stops(program);
    });
  });
});
