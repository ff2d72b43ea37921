// The worker thread: opens PGlite, listens, and closes both in order.
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { listenForClients } from './embedded-socket.ts';
import type { WorkerMessage, WorkerOrder, WorkerSettings } from './embedded-thread.ts';

/** How long a command beside us may still finish when the server stops. */
const DRAIN_SECONDS = 5;

const { directory, socketPath }: WorkerSettings = workerData;
const pglite = await PGlite.create(directory);
const server = await listenForClients(pglite, socketPath);

parentPort?.on('message', (_: WorkerOrder) => {
  void close();
});
parentPort?.postMessage('ready' satisfies WorkerMessage);

async function close(): Promise<void> {
  server.stopListening();
  const giveUpAt = performance.now() + DRAIN_SECONDS * 1000;
  while (server.clients() > 0 && performance.now() < giveUpAt) await sleep(20);
  await server.disconnectAll();
  await pglite.close();
  parentPort?.close();
}
