// Reads that many ask for at once are made once for all of them, and never answer with what was before somebody asked.
import { noting } from '../outages/request-notes.ts';

export type ShareRead = <T>(key: string, read: () => Promise<T>) => Promise<T>;

interface Reads {
  readonly running: Promise<unknown>;
  /** Begins when `running` has ended; whoever comes until then waits for it. */
  next?: Promise<unknown>;
}

/** What stands under a key has to be the same question, and its answer is changed by nobody. */
export function createSharedReads(): ShareRead {
  const byKey = new Map<string, Reads>();

  function begin(key: string, read: () => Promise<unknown>): Promise<unknown> {
    const running = read();
    const reads: Reads = { running };
    byKey.set(key, reads);
    const ended = () => {
      if (reads.next === undefined) byKey.delete(key);
    };
    running.then(ended, ended);
    return running;
  }

  function next(reads: Reads, key: string, read: () => Promise<unknown>): Promise<unknown> {
    const begun = () => begin(key, read);
    reads.next ??= reads.running.then(begun, begun);
    return reads.next;
  }

  return async <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const reads = byKey.get(key);
    try {
      return (await (reads === undefined ? begin(key, read) : next(reads, key, read))) as T;
    } catch (error) {
      // Whoever made it has noted the outage; everybody else has met it too.
      throw noting(error);
    }
  };
}
