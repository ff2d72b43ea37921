// A PostgreSQL of one's own, and what asking it comes to.
import { sql } from 'kysely';
import { onTestFinished } from 'vitest';
import type { OpenDatabase } from '../../../src/database/database.ts';
import { openTestDatabase } from '../../support/database.ts';

/** Until the test has ended. */
export async function openOwn() {
  const database = await openTestDatabase('postgres');
  onTestFinished(() => database.close());
  return { ...database, url: database.url ?? '' };
}

export const ask = ({ db }: OpenDatabase) => sql<{ one: number }>`select 1 as one`.execute(db);

/** What a failing promise was rejected with, and after how many seconds. */
export async function failureOf(promise: Promise<unknown>): Promise<{ error: unknown; seconds: number }> {
  const startedAt = performance.now();
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, seconds: (performance.now() - startedAt) / 1000 };
}
