// Writes references behind the answers they stand on: one at a time, only so many, and never in anybody's way.
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import type { Logger } from '../observability/logger.ts';
import { type ErrorReference, keepReference } from './error-references.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Recorder {
  /**
   * Returns at once. What is over the budget, or cannot be written, is not kept: its reference stands in the log alone.
   * `network` is the caller's.
   */
  record(failure: ErrorReference, network: string): void;
  /** Resolves when everything recorded so far is written. */
  idle(): Promise<void>;
}

const WINDOW_MS = 60_000;
/** In a window, from one network: more than somebody trying out an app makes, far less than a flood. */
const FROM_ONE_NETWORK = 60;
/** In a window, in one process: a wide flood fills the table (MOST_ROWS) in hours, not in minutes. */
const FROM_ALL = 300;
/** What a search for open doors makes without end, and nobody asks about. */
const PAGES_FROM_ONE_NETWORK = 10;
/** Waiting to be written, while the database is slow or away. */
const MOST_WAITING = 50;

export function createRecorder({ db, clock, log }: Deps): Recorder {
  const isWithinBudget = createBudget(clock);
  let last = Promise.resolve();
  let waiting = 0;
  return {
    record(failure, network) {
      if (waiting >= MOST_WAITING || !isWithinBudget(failure, network)) return;
      waiting += 1;
      last = last.then(async () => {
        try {
          await keepReference({ db, clock }, failure);
        } catch (err) {
          log.debug({ event: 'reference.not_kept', reference: failure.reference, err });
        } finally {
          waiting -= 1;
        }
      });
    },
    idle: () => last,
  };
}

/** Counted here and not in the database, so that refusing costs nothing. Holds at most FROM_ALL names. */
function createBudget(clock: Clock): (failure: ErrorReference, network: string) => boolean {
  let window = 0;
  let all = 0;
  let counts = new Map<string, number>();
  return ({ kind }, network) => {
    const current = Math.floor(clock.now().getTime() / WINDOW_MS);
    if (current !== window) {
      window = current;
      all = 0;
      counts = new Map();
    }
    const isPage = kind === 'page.refused';
    const name = `${isPage ? 'page' : 'protocol'}:${network}`;
    const count = counts.get(name) ?? 0;
    if (all >= FROM_ALL || count >= (isPage ? PAGES_FROM_ONE_NETWORK : FROM_ONE_NETWORK)) return false;
    all += 1;
    counts.set(name, count + 1);
    return true;
  };
}
