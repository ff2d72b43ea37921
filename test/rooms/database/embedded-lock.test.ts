// The lock on the embedded database's directory, when several ask for it in the same moment.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';

const ROUNDS = 25;
const ASKING = 4;

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

test('of several that start at once one has the database, in every round', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
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
