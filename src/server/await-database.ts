// A server and its database are often started together: the one waits for the other, for a while, and says so.
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { DatabaseUnavailable, isAccessRefused, isDatabaseUnavailable } from '../database/outages/unavailable.ts';
import type { Logger } from '../observability/logger.ts';

export interface Patience {
  readonly seconds: number;
  /** Ends the waiting early. */
  readonly stopping?: AbortSignal | undefined;
}

const PAUSE_MS = 500;
/** A line at once, and then one in every ten rounds. */
const ROUNDS_PER_LINE = 10;

/**
 * @throws DatabaseUnavailable when the time is over, AbortError when it is ended early, and at once what waiting does
 * not mend: a password or the name of the database that is wrong
 */
export async function awaitDatabase({ db, log }: { db: Db; log: Logger }, { seconds, stopping }: Patience) {
  const giveUpAt = performance.now() + seconds * 1000;
  for (let round = 0; ; round += 1) {
    const error = await failureOf(sql`select 1`.execute(db));
    if (error === undefined) return;
    if (!isDatabaseUnavailable(error) || isAccessRefused(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const secondsLeft = Math.ceil((giveUpAt - performance.now()) / 1000);
    if (secondsLeft <= 0) {
      throw new DatabaseUnavailable(`${reason}. ${seconds === 0 ? '' : `Waited ${seconds} s. `}${CHECK}`, {
        cause: error,
      });
    }
    if (round % ROUNDS_PER_LINE === 0) log.warn({ event: 'database.awaited', reason, secondsLeft });
    await sleep(PAUSE_MS, undefined, { signal: stopping });
  }
}

const CHECK = 'Is PostgreSQL running, and is DATABASE_URL right?';

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
