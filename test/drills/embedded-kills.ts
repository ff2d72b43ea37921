// kill -9 under writes, other processes on the same directory, and copies of it in the middle of a write.
import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended, saysThatItListens, spawnServer } from '../support/serve-process.ts';
import { freePort } from '../support/start-server.ts';
import { type EmbeddedSite, presentIn } from './embedded-site.ts';
import type { Keeper } from './keeper.ts';

const WRITERS = 4;
/** Milliseconds of writes between a start and the next kill. */
const WRITES_MS = { least: 150, most: 700 };
/** Seconds. */
const PATIENCE = 90;

export interface Writing {
  /** Milliseconds of each that was confirmed. */
  readonly times: number[];
  stop(): Promise<void>;
}

/** Accounts are made until it is stopped; what fails meanwhile was never confirmed. */
export function writes(keeper: Keeper): Writing {
  const times: number[] = [];
  let going = true;
  const lane = async () => {
    while (going) {
      const startedAt = performance.now();
      const status = await keeper.makes().then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 201) times.push(performance.now() - startedAt);
      else await sleep(20);
    }
  };
  const lanes = Promise.all(Array.from({ length: WRITERS }, lane));
  return {
    times,
    async stop() {
      going = false;
      await lanes;
    },
  };
}

export interface Kill {
  /** Confirmed before it, in all. */
  readonly confirmed: number;
  readonly missing: number;
  readonly readySeconds: number;
  readonly times: readonly number[];
}

export async function kill(site: EmbeddedSite, keeper: Keeper): Promise<Kill> {
  const from = keeper.acknowledged.length;
  const writing = writes(keeper);
  await untilConfirmed(keeper, from + 1);
  await sleep(WRITES_MS.least + Math.random() * (WRITES_MS.most - WRITES_MS.least));
  await site.process.kill();
  await writing.stop();
  const startedAt = performance.now();
  await site.process.start();
  const readySeconds = (performance.now() - startedAt) / 1000;
  const confirmed = keeper.acknowledged.length;
  const missing = confirmed - (await site.present(keeper.acknowledged));
  return { confirmed, missing, readySeconds, times: writing.times };
}

async function untilConfirmed({ acknowledged }: Keeper, count: number): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE * 1000;
  while (acknowledged.length < count) {
    if (performance.now() > giveUpAt) throw new Error('no account is made');
    await sleep(10);
  }
}

/** How a `serve` on this directory ends up. */
export type Start = 'up' | 'refused' | 'failed loudly' | 'silent';

interface Started {
  readonly child: ChildProcess;
  readonly outcome: Start;
}

async function startOn(site: EmbeddedSite, dataDir: string): Promise<Started> {
  const child = spawnServer({ ...site.env, GATEHOUSE_DATA_DIR: dataDir, PORT: String(await freePort()) });
  const late = new AbortController();
  const outcome = await Promise.race([
    saysThatItListens(child).then(
      (): Start => 'up',
      (error: Error): Start => wordsFor(error.message, child.exitCode),
    ),
    sleep(PATIENCE * 1000, 'silent' as Start, { signal: late.signal, ref: false }).catch((): Start => 'silent'),
  ]);
  late.abort();
  return { child, outcome };
}

function wordsFor(output: string, exitCode: number | null): Start {
  if (exitCode === 0) return 'silent';
  if (output.includes('is in use by')) return 'refused';
  // More than the sentence of the test's own.
  return output.split('\n').length > 1 ? 'failed loudly' : 'silent';
}

/** What becomes of another process on the directory of one that runs. */
export async function second(site: EmbeddedSite): Promise<Start> {
  const { child, outcome } = await startOn(site, site.dataDir);
  await ended(child, 'SIGKILL');
  return outcome;
}

/** What becomes of two that start in one moment on a directory that nobody has open; the site's is up again afterwards. */
export async function both(site: EmbeddedSite): Promise<readonly Start[]> {
  await site.process.kill();
  const started = await Promise.all([startOn(site, site.dataDir), startOn(site, site.dataDir)]);
  for (const { child } of started) await ended(child, 'SIGKILL');
  await site.process.start();
  return started.map(({ outcome }) => outcome).sort();
}

export interface Copy {
  /** `instant`: as a power cut leaves it, all of one moment. `torn`: file by file, while they are written. */
  readonly how: 'instant' | 'torn';
  readonly outcome: Start;
  /** Of what was confirmed before the copy was begun. */
  readonly missing: number;
}

export async function copy(site: EmbeddedSite, keeper: Keeper, how: Copy['how']): Promise<Copy> {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-copy-'));
  const writing = writes(keeper);
  let started: Started | undefined;
  try {
    await untilConfirmed(keeper, keeper.acknowledged.length + 5);
    if (how === 'instant') process.kill(site.pid(), 'SIGSTOP');
    const before = [...keeper.acknowledged];
    copyFiles(site.dataDir, folder);
    if (how === 'instant') process.kill(site.pid(), 'SIGCONT');
    await writing.stop();
    started = await startOn(site, folder);
    if (started.outcome !== 'up') return { how, outcome: started.outcome, missing: 0 };
    const present = await presentIn(folder, before).catch(() => undefined);
    if (present === undefined) return { how, outcome: 'failed loudly', missing: 0 };
    return { how, outcome: 'up', missing: before.length - present };
  } finally {
    await writing.stop();
    await ended(started?.child, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without the lock and the note of who has it: they are the process's, not the disk's. */
function copyFiles(from: string, to: string): void {
  const skipped = new Set(['holder.json', 'lock']);
  cpSync(from, to, {
    recursive: true,
    filter: (file) => !skipped.has(path.basename(file)) && !file.includes('.s.PGSQL'),
  });
}
