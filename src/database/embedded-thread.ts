// The main thread's side of the worker that runs PGlite.
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

/** Resolves when the socket accepts connections. A worker that dies later is logged, and every query fails from then on. */
export async function startEmbeddedWorker(
  settings: WorkerSettings,
  log: DatabaseLog | undefined,
): Promise<EmbeddedWorker> {
  const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), {
    name: 'pglite',
    workerData: settings,
    execArgv: [],
  });
  let closing = false;
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    worker.once('message', (_: WorkerMessage) => resolve());
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The embedded database ended with code ${code} while starting.`)));
  });
  worker.on('error', (error: Error) => log?.error({ event: 'database.embedded_failed', reason: error.message }));
  worker.on('exit', (code) => {
    if (!closing) log?.error({ event: 'database.embedded_ended', code });
  });
  return {
    async close() {
      closing = true;
      worker.postMessage('close' satisfies WorkerOrder);
      const timer = setTimeout(() => worker.terminate(), CLOSE_SECONDS * 1000);
      await exited;
      clearTimeout(timer);
    },
  };
}
