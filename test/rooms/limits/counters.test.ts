// Counters: exactly as many attempts as allowed, however many ask at once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Db } from '../../../src/database/database.ts';
import { forgetAttempts, reserveAttempt, returnAttempt, sweepCounters } from '../../../src/limits/counters.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../../support/database.ts';
import { movingClock } from './moving-clock.ts';

const kinds = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

const LIMIT = { attempts: 5, windowSeconds: 900 };

describe.each(kinds)('on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  const fresh = () => ({ db: database.db, clock: movingClock() });

  test('40 attempts at once are 5 attempts (T41)', async () => {
    const deps = fresh();
    const answers = await Promise.all(Array.from({ length: 40 }, () => reserveAttempt(deps, 'forty', LIMIT)));
    expect(answers.filter((answer) => answer.allowed)).toHaveLength(5);
    for (const refused of answers.filter((answer) => !answer.allowed)) {
      expect(refused.retryAfterSeconds).toBeGreaterThan(895);
      expect(refused.retryAfterSeconds).toBeLessThanOrEqual(900);
    }
  });

  test('attempts that were refused do not prolong the wait', async () => {
    const deps = fresh();
    await times(5, () => reserveAttempt(deps, 'patient', LIMIT));
    deps.clock.advance(600);
    await times(20, () => reserveAttempt(deps, 'patient', LIMIT));
    const refused = await reserveAttempt(deps, 'patient', LIMIT);
    expect(refused.allowed).toBe(false);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(300);
    deps.clock.advance(300);
    const answers = await Promise.all(Array.from({ length: 20 }, () => reserveAttempt(deps, 'patient', LIMIT)));
    expect(answers.filter((answer) => answer.allowed)).toHaveLength(5);
  });

  test('an attempt given back can be made again, but never more than were made', async () => {
    const deps = fresh();
    await times(5, () => reserveAttempt(deps, 'returned', LIMIT));
    await returnAttempt(deps, 'returned');
    expect((await reserveAttempt(deps, 'returned', LIMIT)).allowed).toBe(true);
    expect((await reserveAttempt(deps, 'returned', LIMIT)).allowed).toBe(false);
    await times(9, () => returnAttempt(deps, 'returned'));
    const answers = await Promise.all(Array.from({ length: 10 }, () => reserveAttempt(deps, 'returned', LIMIT)));
    expect(answers.filter((answer) => answer.allowed)).toHaveLength(5);
  });

  test('attempts that were all given back do not shorten the window of the next ones', async () => {
    const deps = fresh();
    await reserveAttempt(deps, 'full-length', LIMIT);
    await returnAttempt(deps, 'full-length');
    deps.clock.advance(800);
    await times(5, () => reserveAttempt(deps, 'full-length', LIMIT));
    expect((await reserveAttempt(deps, 'full-length', LIMIT)).retryAfterSeconds).toBeGreaterThan(890);
  });

  test('forgotten attempts leave the whole limit', async () => {
    const deps = fresh();
    await times(5, () => reserveAttempt(deps, 'forgotten', LIMIT));
    await forgetAttempts(deps, 'forgotten');
    const answers = await Promise.all(Array.from({ length: 10 }, () => reserveAttempt(deps, 'forgotten', LIMIT)));
    expect(answers.filter((answer) => answer.allowed)).toHaveLength(5);
  });

  test('one key does not use up another', async () => {
    const deps = fresh();
    await times(5, () => reserveAttempt(deps, 'one', LIMIT));
    expect((await reserveAttempt(deps, 'two', LIMIT)).allowed).toBe(true);
  });

  test('the sweep takes what is over, a batch at a time, and nothing else', async () => {
    const deps = fresh();
    await database.db.deleteFrom('rate_counters').execute();
    await times(7, (index) => reserveAttempt(deps, `old-${index}`, LIMIT));
    deps.clock.advance(901);
    await reserveAttempt(deps, 'current', LIMIT);
    expect([await sweepCounters(deps, 5), await sweepCounters(deps, 5), await sweepCounters(deps, 5)]).toEqual([
      5, 2, 0,
    ]);
    expect(await keysIn(database.db)).toEqual(['current']);
  });

  test('sweeping while attempts are made lets none through that should not', async () => {
    const deps = fresh();
    await times(5, () => reserveAttempt(deps, 'swept', LIMIT));
    deps.clock.advance(901);
    const [answers] = await Promise.all([
      Promise.all(Array.from({ length: 30 }, () => reserveAttempt(deps, 'swept', LIMIT))),
      times(5, () => sweepCounters(deps, 100)),
    ]);
    expect(answers.filter((answer) => answer.allowed)).toHaveLength(5);
  });
});

async function times(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index += 1) await work(index);
}

const keysIn = async (db: Db): Promise<string[]> =>
  (await db.selectFrom('rate_counters').select('key').execute()).map((row) => row.key);
