// Knows whether the database can be reached, so that requests need not find out one by one, each by waiting.
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseLog } from '../pool.ts';
import { DatabaseUnavailable } from './unavailable.ts';

export interface Reachability {
  /** @throws DatabaseUnavailable at once while the database is away */
  require(): void;
  /** The work, unless the database turns out to be away before it is done. @throws DatabaseUnavailable */
  unlessAway<T>(work: Promise<T>): Promise<T>;
  /** Something failed, or takes long: one look decides whether the database is away. */
  suspect(): void;
  stop(): void;
}

export interface ReachabilityDeps {
  /** Rejects when the database does not take a new connection within this time. */
  readonly probe: (withinMs: number) => Promise<void>;
  /** Ends whatever waits for an answer that will not come. */
  readonly cutConnections: () => void;
  readonly log?: DatabaseLog | undefined;
}

/** Milliseconds. With the time after which a query is suspect (pool.ts) less than the two seconds of a request. */
const LOOK_MS = 1_000;
/** Between two looks, while it is away and while many things fail at once. */
const PAUSE_MS = 250;

export function createReachability({ probe, cutConnections, log }: ReachabilityDeps): Reachability {
  const waiting = new Set<(error: DatabaseUnavailable) => void>();
  let away: DatabaseUnavailable | undefined;
  let looking = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let stopped = false;

  const reasonNotToReach = async (): Promise<string | undefined> => {
    lookedAt = performance.now();
    return probe(LOOK_MS).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  };

  const look = async () => {
    let reason = await reasonNotToReach();
    if (reason === undefined || stopped) return;
    const since = performance.now();
    away = new DatabaseUnavailable(`The database is away: ${reason}`);
    log?.error({ event: 'database.away', reason });
    for (const reject of waiting) reject(away);
    cutConnections();
    while (reason !== undefined && !stopped) {
      await sleep(PAUSE_MS, undefined, { ref: false });
      reason = await reasonNotToReach();
    }
    away = undefined;
    if (!stopped) log?.warn({ event: 'database.back', seconds: Math.round((performance.now() - since) / 100) / 10 });
  };

  return {
    require() {
      if (away !== undefined) throw new DatabaseUnavailable(away.message);
    },
    async unlessAway(work) {
      const { promise, reject } = Promise.withResolvers<never>();
      waiting.add(reject);
      try {
        return await Promise.race([work, promise]);
      } finally {
        waiting.delete(reject);
      }
    },
    suspect() {
      if (looking || stopped || performance.now() - lookedAt < PAUSE_MS) return;
      looking = true;
      void look().finally(() => {
        looking = false;
      });
    },
    stop() {
      stopped = true;
    },
  };
}
