// The embedded database is made anew beside the old one, and takes its place when it is finished.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { type OpenDatabase, openDatabase } from '../database.ts';
import { DATA, lockEmbedded, REPLACED } from '../embedded.ts';
import { unpackDump } from './embedded-backup.ts';

export interface EmbeddedRestore<T> {
  readonly file: string;
  /** Asked before anything is touched where there is a database already. */
  readonly onOccupied: () => Promise<void>;
  /** What is done with the new one before it takes its place. */
  readonly finish: (database: OpenDatabase) => Promise<T>;
}

/** Until the last step the old database stays as it is, whatever fails. @throws DatabaseInUse */
export async function restoreEmbedded<T>(dataDir: string, restore: EmbeddedRestore<T>): Promise<T> {
  const { directory, release } = lockEmbedded(dataDir);
  const place = path.join(directory, DATA);
  const drafts = path.join(directory, 'restoring');
  try {
    if (existsSync(place)) await restore.onOccupied();
    // Of a restore that was killed.
    rmSync(drafts, { recursive: true, force: true });
    const draft = path.join(drafts, 'pglite', DATA);
    mkdirSync(path.dirname(draft), { recursive: true, mode: 0o700 });
    await unpackDump(restore.file, draft);
    const done = await finished(drafts, restore);
    await syncBelow(draft);
    exchange(draft, { place, replaced: path.join(directory, REPLACED) });
    await sync(directory);
    return done;
  } finally {
    rmSync(drafts, { recursive: true, force: true });
    release();
  }
}

async function finished<T>(dataDir: string, { finish }: EmbeddedRestore<T>): Promise<T> {
  const database = await openDatabase({ url: undefined, dataDir, poolSize: 2 });
  try {
    return await finish(database);
  } finally {
    await database.close();
  }
}

function exchange(draft: string, { place, replaced }: { place: string; replaced: string }): void {
  rmSync(replaced, { recursive: true, force: true });
  if (existsSync(place)) renameSync(place, replaced);
  renameSync(draft, place);
  rmSync(replaced, { recursive: true, force: true });
}

/** PGlite leaves it to the system when files reach the disk. */
async function syncBelow(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    await sync(path.join(entry.parentPath, entry.name));
  }
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  await handle.sync().finally(() => handle.close());
}
