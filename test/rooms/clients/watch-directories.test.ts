// Directories are watched through everything that editors, git and mounts do to them.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { watchDirectories } from '../../../src/clients/live/watch-directories.ts';

function place(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'gatehouse-watch-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Longer than the silence it waits for. */
const settle = () => sleep(200);

async function watched(directories: readonly string[]) {
  let calls = 0;
  const onChange = () => {
    calls += 1;
  };
  const watch = watchDirectories(directories, { onChange, onFailure: () => undefined });
  onTestFinished(() => watch.close());
  await settle();
  return {
    ...watch,
    /** How often it has called since it was asked last. */
    async calls() {
      await settle();
      const count = calls;
      calls = 0;
      return count;
    },
  };
}

test('a burst of changes is one call', async () => {
  const directory = place();
  const watch = await watched([directory]);
  await watch.calls();
  for (let count = 0; count < 20; count += 1) writeFileSync(path.join(directory, `${count}.yaml`), 'x');
  renameSync(path.join(directory, '1.yaml'), path.join(directory, '2.yaml'));
  expect(await watch.calls()).toBe(1);
  expect(await watch.calls()).toBe(0);
});

test('a directory that appears later, or is replaced, is watched after another look', async () => {
  const parent = place();
  const directory = path.join(parent, 'clients');
  const watch = await watched([directory]);
  expect(await watch.calls()).toBe(0);
  mkdirSync(directory);
  watch.rearm();
  // What came before it was watched may have been missed.
  expect(await watch.calls()).toBe(1);

  renameSync(directory, path.join(parent, 'old'));
  mkdirSync(directory);
  await watch.calls();
  watch.rearm();
  await watch.calls();
  writeFileSync(path.join(directory, 'app.yaml'), 'x');
  expect(await watch.calls()).toBe(1);
  writeFileSync(path.join(parent, 'old', 'app.yaml'), 'x');
  expect(await watch.calls()).toBe(0);
});

test('a watch that is closed calls nobody, not even for what has just happened', async () => {
  const directory = place();
  const watch = await watched([directory]);
  await watch.calls();
  writeFileSync(path.join(directory, 'app.yaml'), 'x');
  await sleep(10);
  watch.close();
  expect(await watch.calls()).toBe(0);
});
