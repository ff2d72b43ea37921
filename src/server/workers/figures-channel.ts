// Figures between workers and their primary, which asks all of them and adds up what they say.

import type { Worker } from 'node:cluster';
import { randomUUID } from 'node:crypto';
import type { ProcessFigures } from '../../observability/metrics.ts';

type Message =
  /** Primary to worker: say yours. */
  | { readonly gatehouse: 'figures?'; readonly id: string }
  | { readonly gatehouse: 'figures'; readonly id: string; readonly figures?: ProcessFigures | undefined }
  /** Worker to primary: say everybody's. */
  | { readonly gatehouse: 'sum?'; readonly id: string }
  | { readonly gatehouse: 'sum'; readonly id: string; readonly text: string };

/** Milliseconds. Of a worker that hangs, what it has said before is told; that and the others is better than nothing. */
const PATIENCE_MS = 3_000;

const isOf = <Kind extends Message['gatehouse']>(
  message: unknown,
  kind: Kind,
): message is Extract<Message, { gatehouse: Kind }> =>
  typeof message === 'object' && message !== null && 'gatehouse' in message && message.gatehouse === kind;

export function answerPrimary(read: () => Promise<ProcessFigures>): void {
  process.on('message', async (message) => {
    if (!isOf(message, 'figures?')) return;
    const figures = await read().catch(() => undefined);
    if (process.connected) process.send?.({ gatehouse: 'figures', id: message.id, figures } satisfies Message);
  });
}

/** @throws Error when the primary does not answer in time */
export function askPrimary(): Promise<string> {
  const id = randomUUID();
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      process.off('message', onMessage);
    };
    const onMessage = (message: unknown) => {
      if (!isOf(message, 'sum') || message.id !== id) return;
      done();
      resolve(message.text);
    };
    const timer = setTimeout(() => {
      done();
      reject(new Error('The primary did not add up the figures in time.'));
    }, 2 * PATIENCE_MS);
    process.on('message', onMessage);
    process.send?.({ gatehouse: 'sum?', id } satisfies Message);
  });
}

/** Undefined when it does not say them in time. */
export function figuresOf(worker: Worker): Promise<ProcessFigures | undefined> {
  if (!worker.isConnected()) return Promise.resolve(undefined);
  const id = randomUUID();
  return new Promise((resolve) => {
    const done = (figures?: ProcessFigures) => {
      clearTimeout(timer);
      worker.off('message', onMessage);
      resolve(figures);
    };
    const onMessage = (message: unknown) => {
      if (isOf(message, 'figures') && message.id === id) done(message.figures);
    };
    const timer = setTimeout(done, PATIENCE_MS);
    worker.on('message', onMessage);
    worker.send({ gatehouse: 'figures?', id } satisfies Message, (error) => error && done());
  });
}

/** For whoever scrapes at the common port, and reaches one of the workers. */
export function answerWorker(worker: Worker, sum: () => Promise<string>): void {
  worker.on('message', async (message: unknown) => {
    if (!isOf(message, 'sum?')) return;
    const text = await sum().catch(() => undefined);
    if (text !== undefined && worker.isConnected())
      worker.send({ gatehouse: 'sum', id: message.id, text } satisfies Message);
  });
}
