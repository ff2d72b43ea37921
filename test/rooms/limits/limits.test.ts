// The named limits.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reserveAttempt } from '../../../src/limits/counters.ts';
import {
  knownAccount,
  reserveInEach,
  returnInEach,
  secondFactorLimit,
  signInLimits,
  unknownAccount,
} from '../../../src/limits/limits.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../support/database.ts';
import { DEFAULT_LIMITS } from '../../support/limits.ts';
import { movingClock } from './moving-clock.ts';

const config = { ...DEFAULT_LIMITS, secondFactorWindowSeconds: 600 };

let database: OpenTestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

test('sign-in is limited per account and network, and more widely per account and per network', () => {
  const { pair, account, network } = signInLimits(config, knownAccount('a1'), '192.0.2.0/24');
  expect([pair.attempts, account.attempts, network.attempts]).toEqual([10, 100, 100]);
  expect([pair.windowSeconds, account.windowSeconds, network.windowSeconds]).toEqual([900, 86_400, 900]);
  expect(new Set([pair.key, account.key, network.key]).size).toBe(3);
});

test('the second factor has a counter of its own', () => {
  const limit = secondFactorLimit(config, 'a1');
  expect(limit).toMatchObject({ attempts: 5, windowSeconds: 600 });
  const { pair, account, network } = signInLimits(config, knownAccount('a1'), '192.0.2.0/24');
  expect([pair.key, account.key, network.key]).not.toContain(limit.key);
});

test('what was typed for an unknown account is not kept in the counter (T63)', () => {
  const typed = `${'my secret password '.repeat(1000)}`;
  expect(unknownAccount(typed)).not.toContain('secret');
  expect(unknownAccount(typed).length).toBeLessThan(60);
  expect(unknownAccount(typed)).toBe(unknownAccount(typed));
  expect(unknownAccount('a')).not.toBe(unknownAccount('b'));
});

test('an attempt refused by one limit is counted in none', async () => {
  const deps = { db: database.db, clock: movingClock() };
  const wide = { key: 'wide', attempts: 2, windowSeconds: 900 };
  const narrow = { key: 'narrow', attempts: 1, windowSeconds: 300 };
  expect((await reserveInEach(deps, [wide, narrow])).allowed).toBe(true);
  for (let i = 0; i < 5; i += 1) {
    const refused = await reserveInEach(deps, [wide, narrow]);
    expect(refused.allowed).toBe(false);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(300);
  }
  expect((await reserveAttempt(deps, wide.key, wide)).allowed).toBe(true);
  expect((await reserveAttempt(deps, wide.key, wide)).allowed).toBe(false);
});

test('an attempt given back is given back in each', async () => {
  const deps = { db: database.db, clock: movingClock() };
  const limits = ['x', 'y'].map((key) => ({ key, attempts: 1, windowSeconds: 900 }));
  for (let i = 0; i < 3; i += 1) {
    expect((await reserveInEach(deps, limits)).allowed).toBe(true);
    await returnInEach(deps, limits);
  }
});
