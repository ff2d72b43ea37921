// gatehouse serve --workers: several processes behind one port, on PostgreSQL.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { answerOf, gatehouse, type Program, startProgram } from '../cli/command-line.ts';
import { configFiles } from '../support/config-files.ts';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type Exposition, parseExposition } from '../support/exposition.ts';
import { CLIENTS, freePort, PASSWORD, RESOURCES } from '../support/start-server.ts';
import { goThroughEverything, newSigner } from './whole-flow.ts';

const TOKEN = 'bWV0cmljcyBmb3Igd29ya2VycyBhbG9uZQ';

interface Line {
  readonly event: string;
  readonly worker?: number;
  readonly [field: string]: unknown;
}

const linesOf = (program: Program): Line[] =>
  program
    .stdout()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as Line] : []));

const eventsOf = (program: Program, event: string): Line[] => linesOf(program).filter((line) => line.event === event);

/** Of Linux: there is nobody to ask in the program itself. */
const childrenOf = ({ child: { pid } }: Program): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

const isAlive = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

test('with the embedded database, several workers are refused, with the reason and what to do', async () => {
  const place = { ...configFiles({}), env: { GATEHOUSE_MODE: 'development', GATEHOUSE_LOG_LEVEL: 'silent' } };
  for (const count of ['2', 'auto']) {
    const { exitCode, stderr } = await gatehouse(place, ['serve', '--workers', count]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('the embedded database belongs to one process');
    expect(stderr).toContain('Set DATABASE_URL');
  }
  const configured = { ...place, ...configFiles({ 'config/gatehouse.yaml': 'server:\n  workers: 2\n' }) };
  expect((await gatehouse(configured, ['serve'])).stderr).toContain('the embedded database belongs to one process');
  expect((await gatehouse(place, ['serve', '--workers', '0'])).exitCode).toBe(2);
});

describe.skipIf(!postgresAvailable() || process.platform !== 'linux')(
  'two workers on one port',
  { timeout: 600_000 },
  () => {
    let database: TestDatabase;
    let signer: Awaited<ReturnType<typeof newSigner>>;
    beforeAll(async () => {
      signer = await newSigner();
      database = await makeTestDatabase('postgres');
    });
    afterAll(() => database.remove());

    async function start(more: Record<string, string> = {}, moreFiles: Record<string, string> = {}) {
      const port = await freePort();
      const metricsPort = await freePort();
      const issuer = `http://localhost:${port}`;
      const clients = Object.entries({ ...CLIENTS, signer: signer.yaml }).map(
        ([name, yaml]) => [`config/clients/${name}.yaml`, yaml] as const,
      );
      const files = {
        'config/gatehouse.yaml': `mfa: optional\nlogging: { format: json }\nmetrics: { port: ${metricsPort}, token: "${TOKEN}" }${RESOURCES}`,
        ...Object.fromEntries(clients),
        ...moreFiles,
      };
      const env = {
        GATEHOUSE_MODE: 'development',
        GATEHOUSE_ISSUER: issuer,
        GATEHOUSE_DATA_DIR: database.dataDir,
        DATABASE_URL: database.url ?? '',
        HOST: '127.0.0.1',
        PORT: String(port),
        ...more,
      };
      const place = { ...configFiles(files), env };
      const program = startProgram(place, ['serve', '--workers', '2']);
      return { program, place, issuer, metricsPort };
    }

    const allStarted = (program: Program) =>
      expect.poll(() => eventsOf(program, 'server.started').length, { timeout: 180_000 }).toBe(2);

    const figures = async (origin: string) =>
      parseExposition(
        await (await fetch(`${origin}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })).text(),
      );

    /** What Prometheus would take for a restart. */
    const fallen = (before: Exposition, after: Exposition) => {
      const key = ({ name, labels }: Exposition['samples'][number]) => JSON.stringify([name, labels]);
      const values = new Map(after.samples.map((sample) => [key(sample), sample.value]));
      const counted = before.samples.filter(({ name }) => before.types.get(name) !== 'gauge');
      expect(counted.length).toBeGreaterThan(100);
      return counted.filter((sample) => !((values.get(key(sample)) ?? -1) >= sample.value));
    };

    const answers = async (issuer: string) =>
      (await fetch(`${issuer}/readyz`, { headers: { connection: 'close' } })).status;

    test('say once what there is to say, number their lines, and carry everything, and outlive each other', async () => {
      const { program, place, issuer, metricsPort } = await start();
      await allStarted(program);
      await program.shows(/\/setup\?token=/);
      expect(program.output().match(/\/setup\?token=/g)).toHaveLength(1);
      expect(new Set(eventsOf(program, 'server.started').map(({ worker }) => worker))).toEqual(new Set([1, 2]));
      expect(eventsOf(program, 'workers.started')).toEqual([expect.objectContaining({ workers: 2 })]);

      const quiet = { ...place, env: { ...place.env, GATEHOUSE_LOG_LEVEL: 'silent' } };
      const email = 'workers@example.test';
      await answerOf(quiet, ['user', 'create', '--email', email, '--password-stdin'], { stdin: `${PASSWORD}\n` });
      await goThroughEverything({ issuer, email, signer });
      const took = new Set(eventsOf(program, 'http.request').map(({ worker }) => worker));
      expect(took.size).toBeGreaterThan(1);
      expect(linesOf(program).filter(({ level }) => level === 'error')).toEqual([]);

      // At a port of their own, and at the common one whoever answers: all of them, added up.
      const added = await figures(`http://127.0.0.1:${metricsPort}`);
      const atOneOfThem = await figures(issuer);
      for (const { sum } of [added, atOneOfThem]) {
        expect(sum('gatehouse_info')).toBe(2);
        expect(sum('gatehouse_http_requests_total')).toBeGreaterThanOrEqual(eventsOf(program, 'http.request').length);
        expect(sum('gatehouse_sign_ins_total', { outcome: 'succeeded' })).toBeGreaterThan(0);
        expect(sum('gatehouse_signing_key_rotation_days', { algorithm: 'RS256' })).toBeLessThanOrEqual(90);
      }

      program.child.kill('SIGHUP');
      await expect.poll(() => eventsOf(program, 'clients.unchanged').length, { timeout: 20_000 }).toBe(2);
      const [victim = 0, ...others] = childrenOf(program);
      expect(others).toHaveLength(1);
      // They wait for the same cores: one thread more than hashes at once, not Node's four.
      const threads = 1 + Math.max(1, Math.floor(availableParallelism() / 2));
      for (const pid of [victim, ...others]) {
        expect(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')).toContain(`UV_THREADPOOL_SIZE=${threads}`);
      }
      const statuses: number[] = [];
      process.kill(victim, 'SIGKILL');
      // What it had in its hands is lost; the next connection is another's once the kernel has told the primary.
      await program.shows(/worker\.ended/);
      while (eventsOf(program, 'server.started').length < 3) {
        statuses.push(await answers(issuer));
        await sleep(20);
      }
      expect(statuses.length).toBeGreaterThan(20);
      expect(statuses.filter((status) => status !== 200)).toEqual([]);
      expect(eventsOf(program, 'worker.ended')).toEqual([
        expect.objectContaining({ pid: victim, exitStatus: null, signal: 'SIGKILL', restartInMs: 1_000 }),
      ]);

      // What it had counted is not forgotten, nor what one has that says nothing now; gauges are of those that answer.
      const afterwards = await figures(`http://127.0.0.1:${metricsPort}`);
      expect(fallen(added, afterwards)).toEqual([]);
      expect(afterwards.sum('gatehouse_info')).toBe(2);
      const [silent = 0] = childrenOf(program);
      process.kill(silent, 'SIGSTOP');
      const meanwhile = await figures(`http://127.0.0.1:${metricsPort}`);
      process.kill(silent, 'SIGCONT');
      expect(fallen(afterwards, meanwhile)).toEqual([]);
      expect(meanwhile.sum('gatehouse_info')).toBeLessThan(2);
      const again = await figures(`http://127.0.0.1:${metricsPort}`);
      expect(fallen(meanwhile, again)).toEqual([]);

      // At a terminal everybody gets the signal, and a moment later the primary's.
      const workers = childrenOf(program);
      expect(workers).toHaveLength(2);
      for (const pid of workers) process.kill(pid, 'SIGINT');
      await sleep(600);
      program.child.kill('SIGTERM');
      expect(await program.ended).toBe(0);
      expect(eventsOf(program, 'server.stopped')).toHaveLength(2);
      expect(eventsOf(program, 'worker.ended')).toHaveLength(1);
      expect(workers.filter(isAlive)).toEqual([]);
    });

    test('are replaced by one that serves what the others serve, whatever has become of the files since', async () => {
      const { program, place, issuer } = await start({}, { 'config/roles.yaml': 'roles: { keeper: {} }\n' });
      await allStarted(program);
      const file = (name: string) => path.join(place.cwd, 'config', name);
      /** Appears as a whole: nobody reads half of it. */
      const write = (name: string, text: string) => {
        writeFileSync(file('draft'), text);
        renameSync(file('draft'), file(name));
      };
      const bothSay = (event: string) =>
        expect
          .poll(() => new Set(eventsOf(program, event).map(({ worker }) => worker)), { timeout: 120_000 })
          .toEqual(new Set([1, 2]));

      // Taken by both, so it is in force; then nothing can be read any longer.
      const secret = 'an-example-secret-of-32-or-more-characters';
      write('clients/late.yaml', `client_id: late\npreset: service\nclient_secrets: [{ value: ${secret} }]\n`);
      await bothSay('clients.reloaded');
      write('clients/broken.yaml', 'client_id: broken\npreset: none\n');
      await bothSay('clients.reload_failed');
      rmSync(file('roles.yaml'));
      await bothSay('roles.reload_failed');
      write('gatehouse.yaml', `name: Otherwise\n${readFileSync(file('gatehouse.yaml'), 'utf8')}`);
      await bothSay('config.changed_needs_restart');

      const [victim = 0] = childrenOf(program);
      process.kill(victim, 'SIGKILL');
      await expect.poll(() => eventsOf(program, 'server.started').length, { timeout: 180_000 }).toBe(3);
      expect(childrenOf(program)).toHaveLength(2);
      const tokens = async () => {
        const headers = { authorization: `Basic ${btoa(`late:${secret}`)}`, connection: 'close' };
        const body = new URLSearchParams({ grant_type: 'client_credentials' });
        return (await fetch(`${issuer}/token`, { method: 'POST', headers, body })).status;
      };
      const names = async () => {
        const page = await (await fetch(issuer, { headers: { connection: 'close' } })).text();
        return page.match(/<title>(.*?)<\/title>/)?.[1];
      };
      /** Until each has been asked: connections go to them in turn, as a rule. */
      const asked = async <T>(ask: () => Promise<T>) => {
        const before = eventsOf(program, 'http.request').length;
        const took = () =>
          new Set(
            eventsOf(program, 'http.request')
              .slice(before)
              .map(({ worker }) => worker),
          );
        const answers = new Set<T>();
        for (let round = 0; round < 6 || (took().size < 2 && round < 500); round += 1) answers.add(await ask());
        expect(took().size).toBe(2);
        return [...answers];
      };
      expect(await asked(tokens)).toEqual([200]);
      expect(await asked(names)).toEqual([expect.stringContaining('Gatehouse')]);

      // It has looked at the files, as the others do, and says what they say.
      const third = { worker: 3 };
      expect(eventsOf(program, 'clients.reload_failed')).toContainEqual(expect.objectContaining(third));
      expect(eventsOf(program, 'roles.reload_failed')).toContainEqual(expect.objectContaining(third));
      expect(eventsOf(program, 'roles.reloaded').filter(({ worker }) => worker === 3)).toEqual([]);
      expect(eventsOf(program, 'config.changed_needs_restart')).toContainEqual(
        expect.objectContaining({ ...third, keys: ['name'] }),
      );
      program.child.kill('SIGTERM');
      expect(await program.ended).toBe(0);
    });

    test('end with their primary, even if that is killed', async () => {
      const { program } = await start();
      await allStarted(program);
      const workers = childrenOf(program);
      program.child.kill('SIGKILL');
      await expect.poll(() => workers.filter(isAlive), { timeout: 10_000 }).toEqual([]);
    });

    test('do not start on a port that somebody has, which is said once', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      onTestFinished(() => void other.close());
      await new Promise((resolve) => other.once('listening', resolve));
      const { port } = other.address() as { port: number };
      const { program } = await start({ PORT: String(port) });
      expect(await program.ended).toBe(1);
      expect(program.output().match(/in use by another program/g)).toHaveLength(1);
      expect(program.output()).not.toContain('/setup?token=');
    });
  },
);
