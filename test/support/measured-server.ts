// The program as operators start it, in a process of its own that tells what requests cost it: none of the test's own work is in that.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPasswordHasher } from '../../src/accounts/password-hash.ts';
import { passwordRulesFor } from '../../src/accounts/password-rules.ts';
import { loadConfiguration } from '../../src/clients/load-configuration.ts';
import { openDatabase } from '../../src/database/database.ts';
import { type DatabaseKind, makeTestDatabase, type TestDatabase } from './database.ts';
import { movingClock } from './moving-clock.ts';
import { ended, saysThatItListens } from './serve-process.ts';
import { environmentOf, freePort, PASSWORD, type TestServerOptions, writeConfigDir } from './start-server.ts';
import { createAccount } from './stored-account.ts';

const ROOT = path.join(import.meta.dirname, '../..');
/** Milliseconds that a caller waits for an answer. */
const PATIENCE_MS = 10_000;
const TRIES = 5;

export interface Figures {
  /** Milliseconds of CPU so far, of all threads: the embedded database, password hashes and what collects garbage, too. */
  readonly cpuMs: number;
  /** Of the thread that answers requests, and which nothing else may keep for long. */
  readonly mainMs: number;
  readonly rssMib: number;
  /** What that thread was busy for between two moments when it could turn to a timer, all but one of a hundred times since it was last asked. */
  readonly delayP99Ms: number;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface Cost extends Pick<Figures, 'cpuMs' | 'mainMs'> {
  /** 0 where the connection was closed without an answer. */
  readonly status: number;
}

export interface MeasuredServer {
  readonly issuer: string;
  /** Everything it has logged. */
  readonly output: () => string;
  figures(): Promise<Figures>;
  /** The cost of whatever is done meanwhile. */
  costOf<T>(work: () => Promise<T>): Promise<{ result: T } & Omit<Cost, 'status'>>;
  /** Sent byte by byte as it stands, to the end, whatever the server says meanwhile. */
  sends(path: string, sent?: Sent): Promise<number>;
  /**
   * The same, and what it costs. A machine that is busy with other things, or a collection of garbage, is no cost of a
   * request: the least of a few times, where the first was more than `enough`.
   */
  costs(path: string, sent: Sent, enough: (cost: Cost) => boolean): Promise<Cost>;
  stop(): Promise<void>;
}

/**
 * Runs within the server before the program does, and answers whoever started it. A turn of the loop is counted in CPU
 * time of its thread, not by the clock: what other processes take of the machine is no delay of the server's making.
 */
const TELLS = `
import { createHistogram } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
if (isMainThread && process.send) {
  const micros = ({ user, system }) => user + system;
  const turns = createHistogram();
  let last = micros(process.threadCpuUsage());
  setInterval(() => {
    const now = micros(process.threadCpuUsage());
    turns.record(Math.max(1, now - last));
    last = now;
  }, 1).unref();
  process.on('message', () => {
    const rssMib = process.memoryUsage.rss() / 2 ** 20;
    const mainMs = micros(process.threadCpuUsage()) / 1000;
    process.send({ cpuMs: micros(process.cpuUsage()) / 1000, mainMs, rssMib, delayP99Ms: turns.percentile(99) / 1000 });
    turns.reset();
  });
  process.channel.unref();
}`;

/** With these people, who have PASSWORD, on a database of its own: an embedded one, unless stated. */
export async function startMeasuredServer(
  people: readonly string[],
  { database = 'pglite', ...options }: Pick<TestServerOptions, 'settings'> & { database?: DatabaseKind } = {},
): Promise<MeasuredServer> {
  const place = await makeTestDatabase(database);
  const configDir = writeConfigDir(options);
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const env = { PATH: process.env['PATH'] ?? '', ...environmentOf(place, { issuer, configDir, port }) };
  await addPeople(people, { env, place });
  const child = spawn(path.join(ROOT, 'bin/gatehouse'), ['serve'], {
    env: { ...env, NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(TELLS)}` },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const stop = async () => {
    await ended(child, 'SIGTERM');
    rmSync(configDir, { recursive: true, force: true });
    await place.remove();
  };
  await saysThatItListens(child).catch(async (error) => {
    await stop();
    throw error;
  });
  return { issuer, output: () => output, ...measuring(child, port), stop };
}

function measuring(child: ChildProcess, port: number): Pick<MeasuredServer, 'figures' | 'costOf' | 'sends' | 'costs'> {
  const figures = async () => {
    const told = once(child, 'message');
    child.send('figures');
    return (await told)[0] as Figures;
  };
  const sends = (url: string, sent: Sent = {}) => sendsByHand(port, url, sent);
  const costOf = async <T>(work: () => Promise<T>) => {
    const before = await figures();
    const result = await work();
    const after = await figures();
    return { result, cpuMs: after.cpuMs - before.cpuMs, mainMs: after.mainMs - before.mainMs };
  };
  const costs = async (url: string, sent: Sent, enough: (cost: Cost) => boolean) => {
    for (let left = TRIES; ; left -= 1) {
      const { result: status, ...cost } = await costOf(() => sends(url, sent));
      if (left === 1 || enough({ status, ...cost })) return { status, ...cost };
    }
  };
  return { figures, costOf, sends, costs };
}

/** On a connection that stays open: a server that closes it on somebody who still sends takes the answer back with it. */
async function sendsByHand(
  port: number,
  url: string,
  { method = 'GET', headers = {}, body = '' }: Sent,
): Promise<number> {
  const all = {
    host: `localhost:${port}`,
    ...(method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('error', () => {});
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.includes('\r\n\r\n')) resolve();
    });
  });
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${method} ${url} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1');
  const sent = new Promise<void>((resolve) => socket.write(body, () => resolve()));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await Promise.race([closed, Promise.all([sent, answered]), sleep(PATIENCE_MS, undefined, { ref: false })]);
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
}

async function addPeople(
  people: readonly string[],
  { env, place }: { env: Record<string, string>; place: TestDatabase },
): Promise<void> {
  const { config } = loadConfiguration({ env, cwd: place.dataDir });
  const { db, close } = await openDatabase({ url: place.url, dataDir: place.dataDir, poolSize: 1 });
  const hasher = createPasswordHasher({ parallel: 1, queue: people.length });
  const rules = passwordRulesFor(config.accounts, config.name);
  for (const email of people) {
    const asked = { email, username: undefined, displayName: undefined, password: PASSWORD, emailVerified: true };
    const { outcome } = await createAccount({ db, clock: movingClock, hasher, rules }, asked);
    if (outcome !== 'created') throw new Error(`${email}: ${outcome}`);
  }
  await close();
}
