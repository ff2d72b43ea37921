// The embedded database: one server at a time, commands beside it, and nothing left behind by a killed process.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Worker } from 'node:worker_threads';
import { sql } from 'kysely';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../src/database/database.ts';
import { DatabaseInUse } from '../../../src/database/embedded.ts';
import { writeHolder } from '../../../src/database/embedded-lock.ts';
import { isDatabaseUnavailable } from '../../../src/database/outages/unavailable.ts';
import { SOCKET_NAME } from '../../../src/database/socket-directory.ts';
import { makeTestDatabase, openTestDatabase } from '../../support/database.ts';

interface Opened {
  readonly child: ChildProcess;
  readonly rows?: unknown[][];
  readonly error?: string;
}

/** Opens the database in another process and waits until that has answered. */
async function openElsewhere(dataDir: string, embedded: 'start' | 'attach-or-start', ...statements: string[]) {
  const script = path.join(import.meta.dirname, 'embedded-process.ts');
  const child = spawn(process.execPath, [script, dataDir, embedded, ...statements], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, ...JSON.parse(line) } as Opened;
}

async function finish({ child }: Opened): Promise<void> {
  const exited = once(child, 'exit');
  child.stdin?.end();
  await exited;
}

async function kill({ child }: Opened): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function dataDirOfTest(): Promise<string> {
  const place = await makeTestDatabase();
  onTestFinished(place.remove);
  return place.dataDir;
}

const insert = (key: string) => `insert into server_state (key) values ('${key}')`;
const select = 'select key from server_state order by key';

test('a second server is refused, and told which process has the database and where', async () => {
  const dataDir = await dataDirOfTest();
  const first = await openElsewhere(dataDir, 'start');

  const second = await openElsewhere(dataDir, 'start');
  expect(second.error).toContain(`in use by process ${first.child.pid}`);
  expect(second.error).toContain(dataDir);
  await expect(openDatabase({ url: undefined, dataDir, poolSize: 1 })).rejects.toThrow(DatabaseInUse);

  await finish(first);
  const third = await openElsewhere(dataDir, 'start', select);
  expect(third.rows).toEqual([[]]);
  await finish(third);
});

test('a killed server leaves its rows, and nothing that keeps the next one out', async () => {
  const dataDir = await dataDirOfTest();
  const killed = await openElsewhere(dataDir, 'start', insert('before the kill'));
  await kill(killed);

  const next = await openElsewhere(dataDir, 'start', select);
  expect(next.rows).toEqual([[{ key: 'before the kill' }]]);
  await finish(next);
});

test('a command works beside a running server, on the same rows', async () => {
  const server = await openTestDatabase();
  onTestFinished(() => server.close());
  await server.db.insertInto('server_state').values({ key: 'by the server' }).execute();

  const command = await openElsewhere(server.dataDir, 'attach-or-start', insert('by the command'), select);
  expect(command.rows?.[1]).toEqual([{ key: 'by the command' }, { key: 'by the server' }]);
  await finish(command);
  expect(await server.db.selectFrom('server_state').select('key').execute()).toHaveLength(2);
});

test('a command without a server runs the database itself, and a second command joins it', async () => {
  const dataDir = await dataDirOfTest();
  const [first, second] = await Promise.all([
    openElsewhere(dataDir, 'attach-or-start', insert('first')),
    openElsewhere(dataDir, 'attach-or-start', insert('second')),
  ]);
  expect([first.error, second.error]).toEqual([undefined, undefined]);
  await Promise.all([finish(first), finish(second)]);

  const server = await openElsewhere(dataDir, 'start', select);
  expect(server.rows).toEqual([[{ key: 'first' }, { key: 'second' }]]);
  await finish(server);
});

test('a stopping server lets a command finish its work', async () => {
  const server = await openTestDatabase();
  const command = await openDatabase({
    url: undefined,
    dataDir: server.dataDir,
    poolSize: 1,
    embedded: 'attach-or-start',
  });
  let stopped: Promise<void> = Promise.resolve();
  await command.db.transaction().execute(async (tx) => {
    await tx.insertInto('server_state').values({ key: 'started' }).execute();
    stopped = server.close();
    await sql`select pg_sleep(0.3)`.execute(tx);
    await tx.insertInto('server_state').values({ key: 'finished' }).execute();
  });
  await command.close();
  await stopped;
});

test('a path too long for a socket is no obstacle, here or for a command', async () => {
  const parent = mkdtempSync(path.join(tmpdir(), 'gatehouse-long-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const dataDir = path.join(parent, 'deep'.repeat(15), 'deeper'.repeat(15));
  mkdirSync(dataDir, { recursive: true });

  const server = await openElsewhere(dataDir, 'start', 'create table server_state (key text)', insert('far away'));
  const { socketDirectory } = JSON.parse(readFileSync(path.join(dataDir, 'pglite/holder.json'), 'utf8'));
  expect(socketDirectory.length).toBeLessThan(90);
  expect(statSync(socketDirectory).mode & 0o777).toBe(0o700);

  const command = await openElsewhere(dataDir, 'attach-or-start', select);
  expect(command.rows).toEqual([[{ key: 'far away' }]]);
  await finish(command);
  await finish(server);
  expect(existsSync(socketDirectory)).toBe(false);
});

test('a note that a killed server left leads no command to whoever listens there now', async () => {
  const dataDir = await dataDirOfTest();
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'gatehouse-elsewhere-'));
  let asked = 0;
  const stranger = createServer((socket) => {
    asked += 1;
    socket.destroy();
  });
  stranger.listen(path.join(elsewhere, SOCKET_NAME));
  await once(stranger, 'listening');
  onTestFinished(() => {
    stranger.close();
    rmSync(elsewhere, { recursive: true, force: true });
  });
  writeHolder(path.join(dataDir, 'pglite'), { pid: 1, socketDirectory: elsewhere });

  const command = await openDatabase({ url: undefined, dataDir, poolSize: 1, embedded: 'attach-or-start' });
  onTestFinished(() => command.close());
  expect(await command.db.selectFrom('server_state').select('key').execute()).toEqual([]);
  expect(asked).toBe(0);
});

test('nobody else on the machine can reach the files or the socket, and the data directory stays as it was', async () => {
  const dataDir = await dataDirOfTest();
  chmodSync(dataDir, 0o755);
  chmodSync(path.join(dataDir, 'pglite'), 0o755);
  const database = await openDatabase({ url: undefined, dataDir, poolSize: 1 });
  onTestFinished(() => database.close());
  expect(statSync(path.join(dataDir, 'pglite')).mode & 0o777).toBe(0o700);
  expect(statSync(dataDir).mode & 0o777).toBe(0o755);
});

test('a database that cannot be started is an error, and the directory is free again', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-broken-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  mkdirSync(path.join(dataDir, 'pglite'));
  writeFileSync(path.join(dataDir, 'pglite/data'), 'not a directory');
  const open = () => openDatabase({ url: undefined, dataDir, poolSize: 1 });
  await expect(open()).rejects.not.toThrow(DatabaseInUse);
  await expect(open()).rejects.not.toThrow(DatabaseInUse);
});

test('a client that dies in the middle of a transaction takes nothing with it and blocks nobody', async () => {
  const server = await openTestDatabase();
  onTestFinished(() => server.close());
  const socketDirectory = path.join(server.dataDir, 'pglite');
  const doomed = new Client({ host: socketDirectory, port: 5432, user: 'postgres', database: 'postgres' });
  doomed.on('error', () => undefined);
  await doomed.connect();
  await doomed.query('begin');
  await doomed.query(insert('half done'));
  const waiting = server.db.selectFrom('server_state').select('key').execute();
  // What a killed process looks like from the other end.
  (doomed as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  expect(await waiting).toEqual([]);
});

test('clients that wait for one another’s transactions get their own answers', async () => {
  const server = await openTestDatabase();
  onTestFinished(() => server.close());
  const own = async (number: number) => {
    const query = sql<{ a: number; b: number }>`select ${number}::int as a, ${sql.lit(number)} as b`;
    const { rows } =
      number % 3 === 0
        ? await server.db.transaction().execute(async (tx) => {
            await query.execute(tx);
            return query.execute(tx);
          })
        : await query.execute(server.db);
    expect(rows).toEqual([{ a: number, b: number }]);
  };
  await Promise.all(Array.from({ length: 300 }, (_, number) => own(number)));
});

test('a database whose thread dies is unavailable for a moment, then there again with all its rows', async () => {
  const dataDir = await dataDirOfTest();
  const workers: Worker[] = [];
  const note = (worker: Worker) => void workers.push(worker);
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  const events: unknown[] = [];
  const record = ({ event }: Record<string, unknown>) => void events.push(event);
  const log = { warn: record, error: record };
  const database = await openDatabase({ url: undefined, dataDir, poolSize: 2, log });
  onTestFinished(() => database.close());
  await sql`create table kept (id int)`.execute(database.db);
  await sql`insert into kept values (1)`.execute(database.db);
  const rows = async () => (await sql`select id from kept`.execute(database.db)).rows;
  const unfinished = database.inRequestTransaction(async () => {
    await sql`insert into kept values (2)`.execute(database.db);
    await workers[0]?.terminate();
    await rows();
  });
  expect(isDatabaseUnavailable(await unfinished.catch((error: unknown) => error))).toBe(true);
  expect(isDatabaseUnavailable(await rows().catch((error: unknown) => error))).toBe(true);
  await expect.poll(() => rows().catch(() => 'away'), { timeout: 60_000, interval: 100 }).toEqual([{ id: 1 }]);
  expect(workers.length).toBe(2);
  expect(events).toContain('database.embedded_ended');
  expect(events).toContain('database.embedded_restarted');
  expect(events.filter((event) => event === 'database.back').length).toBe(1);
});
