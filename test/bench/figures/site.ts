// What is measured: the program as operators run it (production, a PostgreSQL as it comes, log lines written), in processes
// of its own. Nothing of it runs in the process that measures.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { resumeCluster, startCluster, stopCluster } from '../../support/postgres-cluster.ts';
import { ended } from '../../support/serve-process.ts';
import { API, CALLBACK, freePort, SPA_CALLBACK, WEB_SECRET } from '../../support/start-server.ts';

export const ISSUER = 'https://auth.gatehouse.test';
/** What a proxy in front of it sends along. */
export const FROM_PROXY = {
  host: new URL(ISSUER).host,
  'x-forwarded-proto': 'https',
  'x-forwarded-for': '198.51.100.7',
} as const;

/** Statements are counted by PostgreSQL itself; `none` while nothing is counted, so that it costs nothing. */
const POSTGRES = { shared_preload_libraries: "'pg_stat_statements'", 'pg_stat_statements.track': 'none' };

export interface Postgres {
  readonly url: string;
  /** Of all of its processes. */
  cpuSeconds(): number;
  /** A database of this name that is empty. */
  empty(name: string): Promise<string>;
  /** Until what was written stands in its files and no table is being looked after: it works on long after it was filled. */
  settle(): Promise<void>;
  stop(): void;
}

export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-bench-'));
  const bare = await startCluster(folder, {});
  stopCluster(folder);
  const file = path.join(folder, 'cluster', 'postgresql.conf');
  const settings = Object.entries(POSTGRES).map(([name, value]) => `${name} = ${value}\n`);
  writeFileSync(file, readFileSync(file, 'utf8') + settings.join(''));
  resumeCluster(folder);
  const postmaster = Number(readFileSync(path.join(folder, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const admin = new Client({ connectionString: `${bare}/postgres` });
  admin.on('error', () => undefined);
  await admin.connect();
  const stop = () => {
    admin.end().catch(() => undefined);
    stopCluster(folder);
    rmSync(folder, { recursive: true, force: true });
  };
  // Whoever has seen enough leaves no database running.
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
    process.once(signal, () => {
      stop();
      process.exit(code);
    });
  }
  return {
    url: bare,
    cpuSeconds: () => cpuSecondsOf([postmaster, ...childrenOf(postmaster)]),
    async empty(name) {
      await admin.query(`drop database if exists "${name}" with (force)`);
      await admin.query(`create database "${name}"`);
      return `${bare}/${name}`;
    },
    async settle() {
      await admin.query('checkpoint');
      execFileSync('sync');
      const workers = "select from pg_stat_activity where backend_type = 'autovacuum worker'";
      while ((await admin.query(workers)).rowCount !== 0) await sleep(1_000);
    },
    stop,
  };
}

export interface Site {
  readonly port: number;
  /** Seconds from its start to the first time that /readyz said so. */
  readonly readySeconds: number;
  /** Of all of its processes. */
  cpuSeconds(): number;
  /** Resident, of the largest of those that serve: now, and at most since its start. */
  megabytes(): number;
  megabytesAtMost(): number;
  stop(): Promise<void>;
}

export interface SiteOptions {
  /** The embedded database where there is none. */
  readonly databaseUrl?: string | undefined;
  readonly dataDir?: string;
  readonly workers?: number;
}

export async function startSite({ databaseUrl, dataDir, workers = 1 }: SiteOptions): Promise<Site> {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-site-'));
  writeConfiguration(folder, { embedded: databaseUrl === undefined });
  const port = await freePort();
  const log = openSync(path.join(folder, 'log'), 'w');
  const began = performance.now();
  const child = spawn(GATEHOUSE, ['serve', ...(workers > 1 ? ['--workers', String(workers)] : [])], {
    env: {
      PATH: process.env['PATH'],
      GATEHOUSE_MODE: 'production',
      GATEHOUSE_ISSUER: ISSUER,
      GATEHOUSE_SECRET: 'a-secret-of-the-benchmark-that-nobody-else-has-to-know',
      GATEHOUSE_CONFIG_DIR: folder,
      GATEHOUSE_DATA_DIR: dataDir ?? path.join(folder, 'data'),
      BENCH_CLIENT_SECRET: WEB_SECRET,
      HOST: '127.0.0.1',
      PORT: String(port),
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const readySeconds = await ready(port, began).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${readFileSync(path.join(folder, 'log'), 'utf8').slice(-3000)}`);
  });
  const pid = child.pid ?? 0;
  const serving = (): number[] => (workers > 1 ? childrenOf(pid) : [pid]);
  return {
    port,
    readySeconds,
    cpuSeconds: () => cpuSecondsOf([pid, ...childrenOf(pid)]),
    megabytes: () => Math.max(...serving().map((each) => residentMegabytes(each, 'VmRSS'))),
    megabytesAtMost: () => Math.max(...serving().map((each) => residentMegabytes(each, 'VmHWM'))),
    async stop() {
      await ended(child, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As operators start it. */
const GATEHOUSE = path.join(import.meta.dirname, '../../../bin/gatehouse');

async function ready(port: number, began: number): Promise<number> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return (performance.now() - began) / 1000;
    if (performance.now() - began > 60_000) throw new Error('the server does not get ready');
    await sleep(10);
  }
}

function writeConfiguration(folder: string, { embedded }: { embedded: boolean }): void {
  mkdirSync(path.join(folder, 'clients'));
  writeFileSync(path.join(folder, 'gatehouse.yaml'), SETTINGS + (embedded ? EMBEDDED : ''));
  for (const [name, yaml] of Object.entries(CLIENTS)) writeFileSync(path.join(folder, 'clients', `${name}.yaml`), yaml);
}

const EMBEDDED = 'database: { embedded_in_production: true }\n';

const SETTINGS = `
mfa: optional
server: { trusted_proxies: ["127.0.0.1/32"] }
mail: { plaintext_in_production: true }
resources:
  ${API}:
    name: Example API
    scopes:
      items:read: See your items
      items:write: Change your items
`;

const app = (clientId: string, consent: 'ask' | 'skip'): string => `
client_id: ${clientId}
client_name: App ${clientId}
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ env: BENCH_CLIENT_SECRET }]
consent: ${consent}
scope: openid profile email roles offline_access
resources: { "${API}": ["items:read"] }
introspect: ["${API}"]
`;

/** An app that asks, one that does not, one in the browser (its refresh tokens rotate), and a service. */
const CLIENTS = {
  ask: app('ask', 'ask'),
  web: app('web', 'skip'),
  spa: `
client_id: spa
client_name: Single Page App
preset: spa
redirect_uris: ["${SPA_CALLBACK}"]
consent: skip
scope: openid profile email roles offline_access
`,
  robot: `
client_id: robot
client_name: Robot
preset: service
client_secrets: [{ env: BENCH_CLIENT_SECRET }]
resources: { "${API}": ["items:read"] }
`,
} as const;

/** All of them, grandchildren too. */
function childrenOf(pid: number): number[] {
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = listed.map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    pairs.flatMap(([child = 0, of]) => (of === parent ? [child, ...below(child)] : []));
  return below(pid);
}

const TICKS_PER_SECOND = 100;

/** User and system time, of all threads, and of children that have ended. */
export function cpuSecondsOf(pids: readonly number[]): number {
  const of = (pid: number): number => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      // proc(5): utime, stime, cutime, cstime are fields 14 to 17; the first two are behind the ").
      return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / TICKS_PER_SECOND;
    } catch {
      return 0;
    }
  };
  return pids.reduce((sum, pid) => sum + of(pid), 0);
}

/** proc(5): VmRSS is what it has, VmHWM the most that it ever had. */
const residentMegabytes = (pid: number, which: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${which}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
