// A throwaway PostgreSQL cluster from the machine's own binaries: one per test run, started by the first test that needs it.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

const DEBIAN_VERSIONS = '/usr/lib/postgresql';

/** The newest PostgreSQL of the machine: Debian's directory of versions, else the PATH. */
export function findPostgresBinaries(): string | undefined {
  const versions = existsSync(DEBIAN_VERSIONS) ? readdirSync(DEBIAN_VERSIONS) : [];
  const debian = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => path.join(DEBIAN_VERSIONS, version, 'bin'));
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter);
  return [...debian, ...onPath].find((directory) =>
    ['initdb', 'pg_ctl', 'postgres'].every((program) => existsSync(path.join(directory, program))),
  );
}

/** For `describe.skipIf(!postgresAvailable())`. On CI a missing PostgreSQL has failed the run already (global-setup.ts). */
export const postgresAvailable = (): boolean => findPostgresBinaries() !== undefined;

/** What makes tests fast, and no difference to them: a machine that fails loses what was committed. */
export const FAST = {
  shared_buffers: '64MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
} as const;

/**
 * Starts a cluster below `runDirectory` and returns its URL, without a database name. The caller makes sure it is the only
 * one. `settings` replace those that make tests fast: with none, PostgreSQL is as it comes.
 */
export async function startCluster(
  runDirectory: string,
  settings: Readonly<Record<string, string | number>> = FAST,
): Promise<string> {
  const started = path.join(runDirectory, 'cluster-url');
  if (existsSync(started)) return readFileSync(started, 'utf8');
  const cluster = makeClusterDirectory(runDirectory);
  run(
    'initdb',
    ['-D', cluster, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8'],
    cluster,
  );
  const port = await freePort();
  const where = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: cluster,
    max_connections: 200,
  };
  const lines = Object.entries({ ...where, ...settings }).map(([name, value]) => `${name} = '${value}'\n`);
  appendFileSync(path.join(cluster, 'postgresql.conf'), lines.join(''));
  resumeCluster(runDirectory);
  const url = `postgres://postgres@127.0.0.1:${port}`;
  writeFileSync(started, url);
  return url;
}

/** Starts a cluster again that was stopped. */
export function resumeCluster(runDirectory: string): void {
  const cluster = clusterDirectory(runDirectory);
  run('pg_ctl', ['start', '-w', '-D', cluster, '-l', path.join(cluster, 'log')], cluster);
}

/** As if the machine had failed: nobody is told, and what was committed is found again by the next start. */
export function stopCluster(runDirectory: string, mode: 'immediate' | 'fast' = 'immediate'): void {
  const cluster = clusterDirectory(runDirectory);
  if (!existsSync(path.join(cluster, 'postmaster.pid'))) return;
  run('pg_ctl', ['stop', '-w', '-m', mode, '-D', cluster], cluster);
}

const clusterDirectory = (runDirectory: string): string => path.join(runDirectory, 'cluster');

function makeClusterDirectory(runDirectory: string): string {
  const cluster = clusterDirectory(runDirectory);
  mkdirSync(cluster, { mode: 0o700 });
  const owner = unprivilegedUser();
  if (owner !== undefined) {
    chmodSync(runDirectory, 0o711);
    chownSync(cluster, owner.uid, owner.gid);
  }
  return cluster;
}

/** PostgreSQL refuses to run as root; undefined when we are not root. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = entries.find(([name]) => name === 'postgres') ?? entries.find(([name]) => name === 'nobody');
  return { uid: Number(entry?.[2] ?? 65534), gid: Number(entry?.[3] ?? 65534) };
}

function run(program: string, args: string[], directory: string): void {
  const binaries = findPostgresBinaries();
  if (binaries === undefined) throw new Error('PostgreSQL is not installed.');
  // Without pipes of ours: the server that pg_ctl leaves behind would keep them open.
  execFileSync(path.join(binaries, program), args, { cwd: directory, stdio: 'ignore', ...unprivilegedUser() });
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
