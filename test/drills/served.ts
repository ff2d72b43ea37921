// One `serve` process and whoever starts it again when it has gone, as systemd would.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../architecture/sources.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly at: number;
}

export interface Served {
  readonly port: number;
  readonly pid: number;
  /** Every time it has gone without being told to by `stop`. */
  readonly ends: readonly Ended[];
  signal(signal: NodeJS.Signals): void;
  /** These variables from its next start on. */
  change(variables: Readonly<Record<string, string>>): void;
  /** Seconds from now until it answers /readyz with 200. */
  ready(): Promise<number>;
  /** For good, with SIGKILL unless told otherwise. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface ServedOptions {
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** What it writes goes there. */
  readonly logFile: string;
}

/** Seconds. `RestartSec` of deploy/gatehouse@.service. */
const RESTART_SECONDS = 1;
const PATIENCE_SECONDS = 60;

export function serve(options: ServedOptions): Served {
  const ends: Ended[] = [];
  let env = options.env;
  let stopping = false;
  let child: ChildProcess;
  const start = () => {
    const log = openSync(options.logFile, 'a');
    // As operators start it, with what it says of memory. It becomes Node, and keeps its pid.
    const fresh = spawn(path.join(ROOT, 'bin/gatehouse'), ['serve'], {
      env: { ...env, PORT: String(options.port) },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child = fresh;
    fresh.once('exit', (code, signal) => {
      if (stopping) return;
      ends.push({ code, signal, at: Date.now() });
      setTimeout(() => !stopping && start(), RESTART_SECONDS * 1000);
    });
  };
  start();
  return {
    port: options.port,
    get pid() {
      return child.pid ?? 0;
    },
    ends,
    signal: (signal) => void child.kill(signal),
    change(variables) {
      env = { ...env, ...variables };
    },
    ready: () => untilReady(options),
    async stop(signal = 'SIGKILL') {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await gone;
    },
  };
}

export async function untilReady({ port, logFile }: Pick<ServedOptions, 'port' | 'logFile'>): Promise<number> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  while (!(await answers(port, '/readyz'))) {
    if (seconds() > PATIENCE_SECONDS)
      throw new Error(`the process at ${port} is not ready: ${readFileSync(logFile, 'utf8').slice(-1000)}`);
    await sleep(50);
  }
  return seconds();
}

/** With 200. */
export async function answers(port: number, at: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${at}`, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}
