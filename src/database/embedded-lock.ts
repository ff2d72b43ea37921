// The exclusive lock on the embedded database's directory, and the note that says who holds it.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** What the holder of the lock writes down for others. A note without its lock is stale and means nothing. */
export interface Holder {
  readonly pid: number;
  readonly socketDirectory: string;
}

export interface EmbeddedLock {
  release(): void;
}

/**
 * Milliseconds. SQLite takes its lock in steps: of two that come at once each can stand in the other's way, and one of them has to
 * wait until the other has stepped back. Without it both would be refused.
 */
const STEP_BACK_MS = 250;

/**
 * Takes the lock or returns undefined. The kernel holds it (SQLite's file lock), so a killed process leaves nothing stale.
 * PGlite itself lets two processes open one directory, and then loses the rows of one of them.
 */
export function takeLock(directory: string): EmbeddedLock | undefined {
  const database = new DatabaseSync(path.join(directory, 'lock'), { timeout: STEP_BACK_MS });
  try {
    database.exec('PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}

const SQLITE_BUSY = 5;
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;

const noteOf = (directory: string): string => path.join(directory, 'holder.json');

export function writeHolder(directory: string, holder: Holder): void {
  const draft = `${noteOf(directory)}.${holder.pid}`;
  writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 });
  renameSync(draft, noteOf(directory));
}

/** Undefined when there is none, as in the moment between taking the lock and writing the note. */
export function readHolder(directory: string): Holder | undefined {
  try {
    const note: unknown = JSON.parse(readFileSync(noteOf(directory), 'utf8'));
    return isHolder(note) ? note : undefined;
  } catch {
    return undefined;
  }
}

const isHolder = (note: unknown): note is Holder =>
  typeof note === 'object' &&
  note !== null &&
  'pid' in note &&
  typeof note.pid === 'number' &&
  'socketDirectory' in note &&
  typeof note.socketDirectory === 'string';

export const removeHolder = (directory: string): void => rmSync(noteOf(directory), { force: true });
