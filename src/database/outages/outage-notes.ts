// Remembers, for one piece of work, that the database failed it: libraries in between turn such errors into answers of
// their own, and some of those say that a token or a client is wrong.
import { AsyncLocalStorage } from 'node:async_hooks';
import { isDatabaseUnavailable } from './unavailable.ts';

/** The first outage that the work met, if it met one. */
interface Note {
  outage?: unknown;
}

const notes = new AsyncLocalStorage<Note>();

/** Runs the work, and rejects with the outage that any query of it met, even if the work itself made light of it. */
export async function failOnOutage<T>(work: () => Promise<T>): Promise<T> {
  const note: Note = {};
  const outcome = await notes.run(note, work).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  if (note.outage !== undefined) throw note.outage;
  if ('error' in outcome) throw outcome.error;
  return outcome.result;
}

/** To be called with every error of the database; gives it back. */
export function noting(error: unknown): unknown {
  const note = notes.getStore();
  if (note !== undefined && isDatabaseUnavailable(error)) note.outage ??= error;
  return error;
}
