// The queue in front of the hasher.
import { expect, test } from 'vitest';
import { createHashQueue } from '../../../src/accounts/hash-queue.ts';

test('never more run at once than allowed, and those who wait come in the order they arrived', async () => {
  const bounded = createHashQueue({ parallel: 2, queue: 10 });
  let running = 0;
  let most = 0;
  const started: number[] = [];
  const work = (id: number) => async () => {
    started.push(id);
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
    return id;
  };
  const done = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((id) => bounded.run(work(id))));
  expect(done).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(started).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(2);
});

test('work that fails frees its place', async () => {
  const bounded = createHashQueue({ parallel: 1, queue: 0 });
  const failing = async () => {
    throw new Error('broken');
  };
  await expect(bounded.run(failing)).rejects.toThrow('broken');
  await expect(bounded.run(failing)).rejects.toThrow('broken');
  await expect(bounded.run(async () => 'fine')).resolves.toBe('fine');
});
