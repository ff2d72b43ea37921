// Whoever sends the load, from where it is ordered.
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { Done, Order } from './load.ts';

export interface Loader {
  /** @throws what went wrong there */
  tell(order: Order): Promise<Done | undefined>;
  run(seconds: number, most?: number): Promise<Done>;
  stop(): void;
}

export function startLoader(): Loader {
  const child: ChildProcess = fork(path.join(import.meta.dirname, 'load.ts'));
  const tell = (order: Order): Promise<Done | undefined> =>
    new Promise((resolve, reject) => {
      const failed = () => reject(new Error('the load has ended'));
      child.once('exit', failed);
      child.once('message', (said: { done?: Done; failed?: string }) => {
        child.off('exit', failed);
        if (said.failed === undefined) resolve(said.done);
        else reject(new Error(said.failed));
      });
      child.send(order);
    });
  return {
    tell,
    async run(seconds, most) {
      const done = await tell({ order: 'run', seconds, ...(most !== undefined && { most }) });
      if (done === undefined) throw new Error('a run says what came of it');
      if (done.errors > 0) throw new Error(`${done.errors} of ${done.operations} failed: ${done.firstError}`);
      return done;
    },
    stop: () => void child.kill(),
  };
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
