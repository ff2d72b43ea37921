// What one request has met on its way to the database: how long it waited, and whether the database failed it. Libraries
// in between turn an outage into answers of their own, and some of those say that a token or a client is wrong.
import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseUnavailable, isDatabaseUnavailable } from './unavailable.ts';

/** Who asks: programs, at the engine's endpoints for them, or everybody else. Whoever comes new waits for a connection in a line of their own kind. */
export type Line = 'apps' | 'people';

interface Notes {
  readonly line: Line;
  /** The first outage it met. */
  outage?: unknown;
  /** Milliseconds for which it may still wait for connections, all its queries together. */
  patienceMs: number;
  /** Whether it has had a connection. */
  served?: true;
}

/** Less than the two seconds after which a request is answered in any case. */
const PATIENCE_MS = 1_400;
/** For the first connection: with what it waits for before it comes here, whoever is refused is so within the two seconds too. */
const NEWCOMERS_PATIENCE_MS = 1_000;

const requests = new AsyncLocalStorage<Notes>();

/** Everything in it is one request. */
export const asOneRequest = <T>(work: () => Promise<T>, line: Line = 'people'): Promise<T> =>
  requests.run({ line, patienceMs: PATIENCE_MS }, work);

/** What a request sets going and does not wait for: it neither stands in its line nor uses up its patience. */
export const asNobody = <T>(work: () => T): T => requests.exit(work);

/** Rejects with the outage that the request met, even if the work itself made light of it. */
export async function failOnOutage<T>(work: () => Promise<T>): Promise<T> {
  const outcome = await work().then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  const outage = requests.getStore()?.outage;
  if (outage !== undefined) throw outage;
  if ('error' in outcome) throw outcome.error;
  return outcome.result;
}

/** To be called with every error of the database; gives it back. */
export function noting(error: unknown): unknown {
  const notes = requests.getStore();
  if (notes !== undefined && isDatabaseUnavailable(error)) notes.outage ??= error;
  return error;
}

/** In a line: a request that has asked for nothing yet, so that nothing is lost when it is told to come back. Nobody: the process itself. */
export type Asker = Line | 'begun' | 'nobody';

export function whoAsks(): Asker {
  const notes = requests.getStore();
  if (notes === undefined) return 'nobody';
  return notes.served === true ? 'begun' : notes.line;
}

/** A connection is waited for as long as the request has patience left. @throws DatabaseUnavailable */
export async function patiently<T>(connecting: Promise<T>): Promise<T> {
  const notes = requests.getStore();
  if (notes === undefined) return connecting;
  const startedAt = performance.now();
  const { promise: over, reject } = Promise.withResolvers<never>();
  const patienceMs = notes.served ? notes.patienceMs : Math.min(notes.patienceMs, NEWCOMERS_PATIENCE_MS);
  const timer = setTimeout(() => reject(new DatabaseUnavailable('All connections are in use.')), patienceMs);
  try {
    const connection = await Promise.race([connecting, over]);
    notes.served = true;
    return connection;
  } finally {
    clearTimeout(timer);
    notes.patienceMs -= performance.now() - startedAt;
  }
}
