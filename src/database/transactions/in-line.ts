// Transactions that all begin with the same lock: in one process they wait for their turn without a connection.
import type { Db } from '../database.ts';
import { databaseBehind } from './after-commit.ts';

const lines = new WeakMap<object, Promise<unknown>>();

/**
 * One after the other, first come, first served. Else a program that asks for a hundred at once would have every connection
 * of the pool wait for the lock, and nobody could sign in meanwhile. Other processes are for the lock itself to hold back.
 */
export function inLine<T>(db: Db, work: () => Promise<T>): Promise<T> {
  const behind = databaseBehind(db);
  const mine = (lines.get(behind) ?? Promise.resolve()).then(work);
  lines.set(
    behind,
    mine.catch(() => undefined),
  );
  return mine;
}
