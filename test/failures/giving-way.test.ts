// A process that starts lets those go first that serve, and takes its turn when it is up.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mayTakeTurn } from '../../src/cli/serve/gives-way.ts';
import { makeTestDatabase, postgresAvailable } from '../support/database.ts';
import { ended, saysThatItListens } from '../support/serve-process.ts';
import { environmentOf, freePort, RESOURCES, writeConfigDir } from '../support/start-server.ts';

const MAIN = path.join(import.meta.dirname, '../../src/main.ts');
const USUAL = 0;
const LOW = 7;

/** Tried, not read from anywhere: whether a process of these words may take its priority back. */
const mayReturn = (words: readonly string[]): boolean => {
  const tries = `const { setPriority } = require('node:os'); setPriority(1); setPriority(0)`;
  const [program = '', ...rest] = [...words, process.execPath, '-e', tries];
  return spawnSync(program, rest).status === 0;
};

/** Without what lets a process raise its priority, even for root. */
const CONFINED = ['setpriv', '--bounding-set=-sys_nice'];
/** Root in a namespace of its own, as in a rootless container: it has the capability there, and it counts for nothing. */
const ROOTLESS = ['unshare', '--user', '--map-root-user'];
const canBeRootless = spawnSync('unshare', [...ROOTLESS.slice(1), 'true']).status === 0;

const canConfine = process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;

/** The nineteenth field (proc(5)), of every thread. */
function prioritiesOf(pid: number | undefined): number[] {
  const niceness = (thread: string) => {
    const line = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[16]);
  };
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return [niceness(thread)];
    } catch {
      return [];
    }
  });
}

const childrenOf = (pid: number | undefined): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** The priorities of its threads until it listened; afterwards all have the usual one, those of its workers too. */
async function startOf(words: readonly string[], workers: number): Promise<ReadonlySet<number>> {
  const place = await makeTestDatabase('postgres');
  const configDir = writeConfigDir({ settings: RESOURCES });
  const port = await freePort();
  const env = environmentOf(place, { issuer: `http://localhost:${port}`, configDir, port });
  const [program = '', ...rest] = [...words, process.execPath, MAIN, 'serve', '--workers', String(workers)];
  const child = spawn(program, rest, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    await ended(child, 'SIGTERM');
    await place.remove();
  });
  const seen = new Set<number>();
  let isUp = false;
  const up = saysThatItListens(child).finally(() => {
    isUp = true;
  });
  while (!isUp) {
    for (const priority of prioritiesOf(child.pid)) seen.add(priority);
    await sleep(5);
  }
  await up;
  // The first worker that is up says so; the others follow.
  const everybody = () => {
    const children = childrenOf(child.pid);
    const priorities = new Set([child.pid, ...children].flatMap(prioritiesOf));
    return { workers: children.length, priorities: [...priorities] };
  };
  await expect
    .poll(everybody, { timeout: 60_000 })
    .toEqual({ workers: workers === 1 ? 0 : workers, priorities: [USUAL] });
  return seen;
}

describe.skipIf(process.platform !== 'linux' || !postgresAvailable() || getPriority() !== USUAL)('a start', () => {
  test.each([1, 2])('of %i: others go first until it is up, where it can take its turn then', async (workers) => {
    expect((await startOf([], workers)).has(LOW)).toBe(mayReturn([]));
  });

  test.skipIf(!canConfine)('that could not take its turn again keeps it', async () => {
    expect(mayReturn(CONFINED)).toBe(false);
    expect([...(await startOf(CONFINED, 1))]).toEqual([USUAL]);
  });

  test.skipIf(!canBeRootless)('in a rootless container, where it could not either, keeps it and comes up', async () => {
    expect(mayReturn(ROOTLESS)).toBe(false);
    expect([...(await startOf(ROOTLESS, 1))]).toEqual([USUAL]);
  });

  test('may take its turn again by its capabilities, or by a limit that is high enough', () => {
    const [status = '', limits = ''] = ['status', 'limits'].map((name) => readFileSync(`/proc/self/${name}`, 'utf8'));
    const confined = status.replace(/^CapEff:.*$/m, 'CapEff:\t000001feff7fffff');
    const limited = (to: string) => limits.replace(/^(Max nice priority +)\S+( +)\S+/m, `$1${to}$2${to}`);
    const users = '         0          0 4294967295\n';
    const able = status.replace(/^CapEff:.*$/m, 'CapEff:\t0000000000800000');
    expect(mayTakeTurn({ status: able, limits: limited('0'), users })).toBe(true);
    expect(mayTakeTurn({ status: able, limits: limited('0'), users: '0 100000 65536\n' })).toBe(false);
    for (const [limit, may] of [
      ['0', false],
      ['19', false],
      ['20', true],
      ['40', true],
      ['unlimited', true],
    ] as const)
      expect(mayTakeTurn({ status: confined, limits: limited(limit), users })).toBe(may);
    expect(mayTakeTurn({ status: '', limits: '', users: '' })).toBe(false);
  });
});
