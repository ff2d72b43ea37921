// Bounds how many hashes run and how many wait: a hash takes a core for some 30 ms and 19 MiB.
import { Refusal } from '../errors.ts';

export interface HashQueue {
  /** @throws Refusal `busy` (503) at once when as many wait as may. */
  run<T>(work: () => Promise<T>): Promise<T>;
  load(): HashLoad;
}

export interface HashLoad {
  readonly running: number;
  readonly waiting: number;
  /** Refused since the start. */
  readonly shed: number;
}

/** A full queue of 50 empties in one to two seconds on two cores. */
const RETRY_AFTER_SECONDS = 2;

export function createHashQueue({ parallel, queue }: { parallel: number; queue: number }): HashQueue {
  const waiting: (() => void)[] = [];
  let running = 0;
  let shed = 0;

  const enter = async (): Promise<void> => {
    if (running < parallel) {
      running += 1;
      return;
    }
    if (waiting.length >= queue) {
      shed += 1;
      throw tooBusy();
    }
    // The one that leaves hands its place on, so `running` stays as it is.
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  };

  return {
    load: () => ({ running, waiting: waiting.length, shed }),
    async run(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

const tooBusy = (): Refusal =>
  new Refusal({
    code: 'busy',
    status: 503,
    reason: 'too_many_people',
    message: 'Too many people are signing in at this moment. Try again in a few seconds.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
