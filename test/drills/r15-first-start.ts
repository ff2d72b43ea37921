// R15: eight processes start at once on a database with nothing in it, and the one that migrates is killed halfway.
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { knownMigrations } from '../../src/database/migrator.ts';
import { throughProxy } from '../support/proxy.ts';
import { ended, saysThatItListens, spawnServer } from '../support/serve-process.ts';
import { freePort } from '../support/start-server.ts';
import { type Cluster, sharedCluster, withClient } from './cluster.ts';
import { type Drill, missedOf, type Report } from './drill.ts';
import { schemaHash } from './schema-hash.ts';
import { spreadOf } from './spread.ts';

const ISSUER = 'http://localhost:3000';
/** Seconds. */
const READY_WITHIN = 20;
/** Milliseconds, as `RestartSec` of a service. */
const RESTART_AFTER_MS = 1000;
/** Milliseconds after it has begun to migrate: at most about as long as that takes. */
const KILL_WITHIN_MS = 250;

export const firstStart: Drill = {
  id: 'R15',
  title: 'processes that start at once on an empty database, one killed while it migrates',
  async run({ short, say }) {
    const [rounds, count] = short ? [2, 3] : [20, 8];
    const cluster = await sharedCluster();
    const alone = await start(cluster, { count: 1, kill: false });
    const seen: Start[] = [];
    while (seen.length < rounds) {
      seen.push(await start(cluster, { count, kill: true }));
      const last = seen.at(-1);
      say(`round ${seen.length}: ready after ${last?.seconds.toFixed(1)} s, killed: ${last?.killed}`);
    }
    return reportOf(seen, { alone, short });
  },
};

interface Start {
  /** Until the last of them was ready, the killed one among them. */
  readonly seconds: number;
  /** Milliseconds of each. */
  readonly each: readonly number[];
  readonly killed: boolean;
  /** Processes that ended without being killed. */
  readonly gaveUp: number;
  /** Processes that say that they have migrated. */
  readonly migrators: number;
  readonly complete: boolean;
  /** What they publish at /jwks, and what the schema is. */
  readonly keySets: number;
  readonly schema: string;
  /** Milliseconds in which one of them is ready again. */
  readonly again: number;
}

async function start(cluster: Cluster, { count, kill }: { count: number; kill: boolean }): Promise<Start> {
  const url = await cluster.database('first_start');
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-first-start-'));
  mkdirSync(path.join(folder, 'config'));
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const startedAt = performance.now();
  const starting = ports.map((port, at) => newcomer({ port, folder, url: `${url}?application_name=newcomer-${at}` }));
  try {
    const killing = kill ? killMigrator(url, starting) : Promise.resolve(false);
    const each = await Promise.all(starting.map(({ ready }) => ready));
    const seconds = (performance.now() - startedAt) / 1000;
    const keySets = new Set(await Promise.all(ports.map(keySetOf)));
    return {
      seconds,
      each,
      killed: await killing,
      gaveUp: starting.filter((one) => one.gaveUp()).length,
      migrators: starting.filter((one) => one.output().includes('database.migrated')).length,
      complete: await isComplete(url),
      keySets: keySets.size,
      schema: schemaHash(url),
      again: await startedAgain(starting[0] as Newcomer),
    };
  } finally {
    await Promise.all(starting.map((one) => one.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startedAgain(one: Newcomer): Promise<number> {
  await one.stop();
  const again = one.again();
  try {
    return await again.ready;
  } finally {
    await again.stop();
  }
}

const keySetOf = async (port: number): Promise<string> =>
  (await throughProxy(port)(`${ISSUER}/jwks`, { method: 'GET', headers: {} })).text();

interface Newcomer {
  /** Milliseconds from its first start. */
  readonly ready: Promise<number>;
  output(): string;
  gaveUp(): boolean;
  /** As the kernel does; it is started again. */
  kill(): void;
  stop(): Promise<void>;
  again(): Newcomer;
}

interface Place {
  readonly port: number;
  readonly folder: string;
  readonly url: string;
}

function newcomer(place: Place): Newcomer {
  const { folder } = place;
  const startedAt = performance.now();
  let output = '';
  let killed = false;
  let gaveUp = false;
  let child: ChildProcess;
  const run = async (): Promise<number> => {
    child = spawnServer(environmentOf(place), path.join(folder, 'config'));
    const ours = child;
    for (const stream of [ours.stdout, ours.stderr]) stream?.on('data', (text) => (output += String(text)));
    try {
      await saysThatItListens(ours);
      return performance.now() - startedAt;
    } catch (error) {
      if (ours.signalCode !== 'SIGKILL' || !killed) {
        gaveUp = true;
        throw error;
      }
    }
    await sleep(RESTART_AFTER_MS);
    return run();
  };
  return {
    ready: run(),
    output: () => output,
    gaveUp: () => gaveUp,
    kill() {
      killed = true;
      child.kill('SIGKILL');
    },
    stop: () => ended(child, 'SIGKILL'),
    again: () => newcomer(place),
  };
}

/** One directory for all: what the first of them leaves there is everybody's. */
const environmentOf = ({ port, folder, url }: Place): Record<string, string> => ({
  GATEHOUSE_MODE: 'development',
  GATEHOUSE_ISSUER: ISSUER,
  GATEHOUSE_CONFIG_DIR: path.join(folder, 'config'),
  GATEHOUSE_DATA_DIR: path.join(folder, 'data'),
  GATEHOUSE_LOG_LEVEL: 'info',
  DATABASE_URL: url,
  HOST: '127.0.0.1',
  PORT: String(port),
});

const MIGRATOR = `select application_name as name from pg_locks join pg_stat_activity activity using (pid)
  where locktype = 'advisory' and granted and activity.datname = current_database() and application_name like 'gatehouse: newcomer-%'`;

/** Whoever holds the lock of migrations. False where it was ready before it could be killed. */
const killMigrator = (url: string, starting: readonly Newcomer[]): Promise<boolean> =>
  withClient(url, async (client) => {
    const holder = async () => (await client.query<{ name: string }>(MIGRATOR)).rows[0]?.name;
    const ready = Promise.allSettled(starting.map((one) => one.ready)).then(() => 'ready' as const);
    let migrator = await holder();
    while (migrator === undefined) {
      if ((await Promise.race([ready, sleep(2)])) === 'ready') return false;
      migrator = await holder();
    }
    await sleep(Math.random() * KILL_WITHIN_MS);
    if ((await holder()) !== migrator) return false;
    starting[Number(migrator.split('-')[1])]?.kill();
    return true;
  });

const isComplete = (url: string): Promise<boolean> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>('select name from kysely_migration order by name');
    return JSON.stringify(rows.map(({ name }) => name)) === JSON.stringify(await knownMigrations());
  });

function reportOf(rounds: readonly Start[], { alone, short }: { alone: Start; short: boolean }): Report {
  const count = (fits: (round: Start) => boolean) => rounds.filter(fits).length;
  const all = rounds.length;
  const gaveUp = rounds.reduce((sum, round) => sum + round.gaveUp, 0);
  const killed = count((round) => round.killed);
  const slowest = Math.max(...rounds.map(({ seconds }) => seconds));
  return {
    chains: { tried: all, lost: count(({ complete }) => !complete), doubled: count(({ migrators }) => migrators > 1) },
    errors: gaveUp,
    latency: {
      before: spreadOf(alone.each),
      during: spreadOf(rounds.flatMap(({ each }) => each)),
      after: spreadOf(rounds.map(({ again }) => again)),
    },
    recoverySeconds: Math.round(slowest * 10) / 10,
    more: {
      'processes in a round': rounds[0]?.each.length ?? 0,
      'rounds in which the migrating process was killed': killed,
      schemas: new Set(rounds.map(({ schema }) => schema)).size,
    },
    missed: missedOf({
      'every schema is the one that a single process makes': count(({ schema }) => schema !== alone.schema) === 0,
      'every migration is applied, by one process': count((one) => !one.complete || one.migrators > 1) === 0,
      'all processes have the same keys': count(({ keySets }) => keySets !== 1) === 0,
      'no process has to be started by hand': gaveUp === 0,
      'the process that migrates is killed in half of the rounds at least': killed >= all / 2,
      [`all are ready within ${READY_WITHIN} s`]: short || slowest <= READY_WITHIN,
    }),
  };
}
