// What a request wakes up works for nobody in particular: not in that request's line, and not with what patience it has left.
import { expect, test } from 'vitest';
import { asOneRequest, whoAsks } from '../../../src/database/outages/request-notes.ts';
import { createWorker } from '../../../src/outbox/worker.ts';

test('an outbox that a request has woken up is emptied for nobody in particular', async () => {
  const due = ['first', 'second', 'third'];
  const lines: unknown[] = [];
  const worker = createWorker<string>({
    claim: async () => {
      lines.push(whoAsks());
      return due.shift();
    },
    attempt: async () => {
      lines.push(whoAsks());
    },
    atOnce: 1,
    onUnavailable: () => undefined,
  });
  await asOneRequest(async () => worker.wake(), 'apps');
  await expect.poll(() => lines.length).toBeGreaterThanOrEqual(7);
  expect(new Set(lines)).toEqual(new Set(['nobody']));
  await worker.stop();
});
