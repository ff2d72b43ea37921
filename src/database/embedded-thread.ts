// The main thread's side of the worker that runs PGlite. One that dies is replaced, as a service manager would do with
// PostgreSQL; the new one recovers what was committed.
import { flushCompileCache } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { DatabaseLog } from './pool.ts';

export interface WorkerSettings {
  /** PGlite's directory. */
  readonly directory: string;
  readonly socketPath: string;
}

/** What the worker says: once `ready`, or it dies with an error. */
export type WorkerMessage = 'ready';
/** What it is told. It answers by exiting. */
export type WorkerOrder = 'close';

export interface EmbeddedWorker {
  close(): Promise<void>;
}

/** Longer than the worker waits for other processes' connections (embedded-worker.ts). */
const CLOSE_SECONDS = 15;
/** Milliseconds before a worker is replaced, doubled as long as that fails. */
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Resolves when the socket accepts connections. While a worker that died is being replaced, every query fails. */
export async function startEmbeddedWorker(
  settings: WorkerSettings,
  log: DatabaseLog | undefined,
): Promise<EmbeddedWorker> {
  const closing = new AbortController();
  let worker = await startWorker(settings);

  const replacement = async (): Promise<RunningWorker> => {
    for (let pause = PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      await sleep(pause, undefined, { signal: closing.signal });
      try {
        return await startWorker(settings);
      } catch (error) {
        log?.error({
          event: 'database.embedded_failed',
          reason: error instanceof Error ? error.message : String(error),
        });
      }
    }
  };
  const watch = async (): Promise<void> => {
    for (;;) {
      const reason = await worker.ended;
      if (closing.signal.aborted) return;
      log?.error({ event: 'database.embedded_ended', reason });
      worker = await replacement();
      if (closing.signal.aborted) return worker.close();
      log?.warn({ event: 'database.embedded_restarted' });
    }
  };
  // Whoever closes it ends a pause between two attempts.
  const watching = watch().catch(() => undefined);
  return {
    async close() {
      closing.abort();
      await worker.close();
      await watching;
    },
  };
}

interface RunningWorker {
  /** Why. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/**
 * For this process and its threads; the reason is at the same flag in cli/serve/collecting.ts. What was compiled before is written first, since V8 takes it
 * for the flags only that there were when it was written.
 */
function keepDeadWasm(): void {
  flushCompileCache();
  setFlagsFromString('--no-wasm-code-gc');
}

async function startWorker(settings: WorkerSettings): Promise<RunningWorker> {
  keepDeadWasm();
  const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), {
    name: 'pglite',
    workerData: settings,
    execArgv: [],
  });
  let reason: string | undefined;
  worker.on('error', (error: Error) => {
    reason = error.message;
  });
  const ended = new Promise<string>((resolve) => worker.once('exit', (code) => resolve(reason ?? `exit code ${code}`)));
  await new Promise<void>((resolve, reject) => {
    worker.once('message', (_: WorkerMessage) => resolve());
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The embedded database ended with code ${code} while starting.`)));
  });
  return {
    ended,
    async close() {
      worker.postMessage('close' satisfies WorkerOrder);
      const timer = setTimeout(() => worker.terminate(), CLOSE_SECONDS * 1000);
      await ended;
      clearTimeout(timer);
    },
  };
}
