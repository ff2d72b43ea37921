// A mail that this process has written leaves at once, not when the outbox is looked at again.
import type { Db } from '../database/database.ts';
import { afterCommit, databaseBehind } from '../database/transactions/after-commit.ts';

const listeners = new WeakMap<object, Set<() => void>>();

/** Tells `wake` whenever mails have become due, once that is committed. Returns the way to stop it. */
export function whenMailsWait(db: Db, wake: () => void): () => void {
  const behind = databaseBehind(db);
  const all = listeners.get(behind) ?? new Set();
  listeners.set(behind, all.add(wake));
  return () => void all.delete(wake);
}

/** To be called by whoever has just made mails due, with the same `db`. */
export async function mailsWait(db: Db): Promise<void> {
  const all = listeners.get(databaseBehind(db));
  if (all === undefined || all.size === 0) return;
  await afterCommit(db, () => {
    for (const wake of all) wake();
  });
}
