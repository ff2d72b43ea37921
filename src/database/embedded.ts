// PGlite in a worker thread behind a socket in the data directory, for one process at a time.
import { chmodSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readHolder, removeHolder, takeLock, writeHolder } from './embedded-lock.ts';
import { startEmbeddedWorker } from './embedded-thread.ts';
import type { DatabaseLog } from './pool.ts';
import { makeSocketDirectory, removeSocketDirectory, SOCKET_NAME } from './socket-directory.ts';

export interface EmbeddedDatabase {
  readonly socketDirectory: string;
  close(): Promise<void>;
}

export interface EmbeddedSettings {
  readonly dataDir: string;
  readonly log?: DatabaseLog | undefined;
}

/** Another process has the embedded database open. */
export class DatabaseInUse extends Error {
  override readonly name = 'DatabaseInUse';
  readonly pid: number | undefined;
  constructor(directory: string, pid: number | undefined) {
    const holder = pid === undefined ? 'another process' : `process ${pid}`;
    super(
      `The embedded database in ${directory} is in use by ${holder}. Only one server can use it at a time: ` +
        'stop that one first, give this one another data directory, or use PostgreSQL for both.',
    );
    this.pid = pid;
  }
}

/** PGlite's own directory, below ours. */
export const DATA = 'data';

/** Where that is for a moment while a restore puts another one in its place. */
export const REPLACED = `${DATA}.replaced`;

/** How long a command waits for a server that has the lock but is not ready: its first start takes seconds. */
const ATTACH_SECONDS = 60;
const ATTACH_PAUSE_MILLISECONDS = 150;

/** @throws DatabaseInUse */
export async function startEmbedded(settings: EmbeddedSettings): Promise<EmbeddedDatabase> {
  const directory = ownDirectory(settings.dataDir);
  const started = await tryStart(directory, settings.log);
  if (started === undefined) throw new DatabaseInUse(directory, readHolder(directory)?.pid);
  return started;
}

/** Connects to the process that has the database open; if there is none, opens it here. */
export async function attachOrStartEmbedded(settings: EmbeddedSettings): Promise<EmbeddedDatabase> {
  const directory = ownDirectory(settings.dataDir);
  const giveUpAt = performance.now() + ATTACH_SECONDS * 1000;
  for (;;) {
    // First: only while the lock is held does the note lead to its holder. A stale one may name a place that is somebody else's by now.
    const started = await tryStart(directory, settings.log);
    if (started !== undefined) return started;
    const holder = readHolder(directory);
    const attached = holder && (await attach(holder.socketDirectory));
    if (attached !== undefined) return attached;
    if (performance.now() > giveUpAt) throw new DatabaseInUse(directory, holder?.pid);
    await sleep(ATTACH_PAUSE_MILLISECONDS);
  }
}

/**
 * Keeps everybody from opening the database until `release`, without opening it.
 * @throws DatabaseInUse
 */
export function lockEmbedded(dataDir: string): { directory: string; release: () => void } {
  const directory = ownDirectory(dataDir);
  const lock = takeLock(directory);
  if (lock === undefined) throw new DatabaseInUse(directory, readHolder(directory)?.pid);
  takeBackReplaced(directory);
  return { directory, release: lock.release };
}

/** A restore that was killed between two steps: without this an empty database would be made in the place of the old one. */
function takeBackReplaced(directory: string): void {
  const [place, replaced] = [path.join(directory, DATA), path.join(directory, REPLACED)];
  if (!existsSync(place) && existsSync(replaced)) renameSync(replaced, place);
}

/** Everything of the embedded database is in one directory that only its owner may enter. */
function ownDirectory(dataDir: string): string {
  const directory = path.join(dataDir, 'pglite');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  return directory;
}

/** Undefined when another process has the lock. */
async function tryStart(directory: string, log: DatabaseLog | undefined): Promise<EmbeddedDatabase | undefined> {
  const lock = takeLock(directory);
  if (lock === undefined) return undefined;
  takeBackReplaced(directory);
  const killed = readHolder(directory);
  if (killed !== undefined) removeSocketDirectory(directory, killed.socketDirectory);
  const socketDirectory = makeSocketDirectory(directory);
  const leave = () => {
    removeHolder(directory);
    removeSocketDirectory(directory, socketDirectory);
    lock.release();
  };
  try {
    writeHolder(directory, { pid: process.pid, socketDirectory });
    const socketPath = path.join(socketDirectory, SOCKET_NAME);
    const worker = await startEmbeddedWorker({ directory: path.join(directory, DATA), socketPath }, log);
    return { socketDirectory, close: () => worker.close().finally(leave) };
  } catch (error) {
    leave();
    throw error;
  }
}

/** Its own connection keeps the database open for us until `close`: a stopping holder waits for its clients. */
const attach = (socketDirectory: string): Promise<EmbeddedDatabase | undefined> =>
  new Promise((resolve) => {
    const socket = connect(path.join(socketDirectory, SOCKET_NAME));
    socket.on('error', () => resolve(undefined));
    socket.once('connect', () => {
      socket.unref();
      resolve({ socketDirectory, close: async () => void socket.destroy() });
    });
  });
