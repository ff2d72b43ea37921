// The lock on the embedded database's directory, when several ask for it in the same moment.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { takeLock } from '../../../src/database/embedded-lock.ts';

const ROUNDS = 100;
/** On two cores more of them meet less often. */
const ASKING = 2;

/** Takes the lock of each directory when all have come that far, and says whether it has it; nobody gives it back before all have asked. */
const ASKER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { module, directories, arrivals, asking } = workerData;
  const meet = (at) => {
    Atomics.add(arrivals, at, 1);
    while (Atomics.load(arrivals, at) < asking);
  };
  import(module).then(({ takeLock }) => {
    const had = directories.map((directory, round) => {
      meet(2 * round);
      const lock = takeLock(directory);
      meet(2 * round + 1);
      lock?.release();
      return lock !== undefined;
    });
    parentPort.postMessage(had);
  });
`;

function folderOfTest(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('of those that start at once one has the database, in every round', { timeout: 120_000 }, async () => {
  const folder = folderOfTest();
  const directories = Array.from({ length: ROUNDS }, () => mkdtempSync(path.join(folder, 'round-')));
  const arrivals = new Int32Array(new SharedArrayBuffer(8 * ROUNDS));
  const module = new URL('../../../src/database/embedded-lock.ts', import.meta.url).href;
  const workerData = { module, directories, arrivals, asking: ASKING };
  const had = await Promise.all(
    Array.from({ length: ASKING }, () => {
      const worker = new Worker(ASKER, { eval: true, workerData });
      return new Promise<boolean[]>((resolve, reject) => worker.once('message', resolve).once('error', reject));
    }),
  );
  const holders = directories.map((_, round) => had.filter((each) => each[round]).length);
  expect(holders).toEqual(directories.map(() => 1));
});

test('whoever is about to ask for the database keeps nobody from it, and is refused at once when another has it', () => {
  const folder = folderOfTest();
  // Whoever asks is a reader first: one that the machine has stopped there.
  const halfway = new DatabaseSync(path.join(folder, 'lock'), { timeout: 0 });
  onTestFinished(() => halfway.close());
  halfway.exec('BEGIN; SELECT * FROM sqlite_schema');

  const lock = takeLock(folder);
  expect(lock).toBeDefined();
  expect(() => halfway.exec('COMMIT; BEGIN IMMEDIATE')).toThrow('database is locked');
  expect(takeLock(folder)).toBeUndefined();

  lock?.release();
  expect(() => halfway.exec('BEGIN IMMEDIATE')).not.toThrow();
  expect(takeLock(folder)).toBeUndefined();
});
