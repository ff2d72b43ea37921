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
 * Takes the lock or returns undefined, at once. The kernel holds it (SQLite's file lock), so a killed process leaves nothing stale.
 * PGlite itself lets two processes open one directory, and then loses the rows of one of them.
 *
 * Of SQLite's locks it is RESERVED: one has it, and readers keep nobody from it. EXCLUSIVE has to wait for the readers to go, and
 * each that asks is a reader first, so that several who start at once could all be refused.
 */
export function takeLock(directory: string): EmbeddedLock | undefined {
  const database = new DatabaseSync(path.join(directory, 'lock'), { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = OFF; BEGIN IMMEDIATE');
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
