// Empties an outbox: takes what is due, a few at a time, and does not wait for one to begin the next.
import { AsyncLocalStorage } from 'node:async_hooks';

export interface Outbox<Item> {
  /** Takes one thing that is due and keeps it from everybody for a while; undefined when nothing is. */
  readonly claim: (underWay: readonly Item[]) => Promise<Item | undefined>;
  /** Does it and writes down what came of it. Never rejects. */
  readonly attempt: (item: Item) => Promise<void>;
  /** Items at once. Each waits for somebody else and holds no connection to the database. */
  readonly atOnce: number;
  /** Told once for each outage of the database. */
  readonly onUnavailable: (error: unknown) => void;
}

export interface Worker {
  start(): void;
  /** Looks now: something has just been written. */
  wake(): void;
  /** Begins nothing new, and waits for what is under way. What remains is in the outbox. */
  stop(): Promise<void>;
}

/** Milliseconds. What other processes write, the command line among them, is found by looking. */
const LOOK_EVERY_MS = 1_000;

export function createWorker<Item>({ claim, attempt, atOnce, onUnavailable }: Outbox<Item>): Worker {
  const underWay = new Map<Promise<void>, Item>();
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let outage = false;
  // Whoever wakes it does not wait for it: it works in the name of no request, and not with the patience of one.
  const forNobody = AsyncLocalStorage.snapshot();

  const wake = () => {
    if (stopped) return;
    again = true;
    round ??= forNobody(look).finally(() => {
      round = undefined;
      if (again) wake();
    });
  };

  async function look(): Promise<void> {
    again = false;
    try {
      while (!stopped && underWay.size < atOnce) {
        const item = await claim([...underWay.values()]);
        outage = false;
        if (item === undefined) return;
        const done = attempt(item).finally(() => {
          underWay.delete(done);
          wake();
        });
        underWay.set(done, item);
      }
    } catch (error) {
      if (!outage) onUnavailable(error);
      outage = true;
    }
  }

  return {
    wake,
    start() {
      timer = setInterval(wake, LOOK_EVERY_MS);
      timer.unref();
      wake();
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await round;
      await Promise.all(underWay.keys());
    },
  };
}
