// How long a worker that died waits for its successor.
import { expect, test } from 'vitest';
import { restartDelay } from '../../../src/server/workers/restart-delay.ts';

test('who dies at once again and again waits a second, then twice that each time, and never more than thirty', () => {
  const delays: number[] = [];
  let failures = 0;
  for (let end = 0; end < 20; end += 1) {
    const next = restartDelay(failures, 500);
    failures = next.failures;
    delays.push(next.delayMs / 1000);
  }
  expect(delays.slice(0, 7)).toEqual([1, 2, 4, 8, 16, 30, 30]);
  expect(Math.max(...delays)).toBe(30);
});

test('who has served for a while is replaced after a second, whatever became of those before', () => {
  expect(restartDelay(9, 61_000)).toEqual({ failures: 1, delayMs: 1_000 });
});
