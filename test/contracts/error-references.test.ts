// References are kept for a week by database time, only so many, and written behind the answer they stand on.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newReference, parseReference } from '../../src/crypto/reference.ts';
import { findReference, keepReference, sweepReferences } from '../../src/explanations/error-references.ts';
import { createRecorder } from '../../src/explanations/recorder.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { type OpenTestDatabase, openTestDatabase } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { atOnce, KINDS } from './racing.ts';

const log = createLogger({ level: 'silent', format: 'json' });

const failure = (kind = 'other') => ({
  reference: newReference(),
  kind,
  clientId: 'web',
  requestId: 'request',
  details: { error: 'invalid_request' },
});

describe.each(KINDS)('error references on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  beforeEach(async () => {
    await database.db.deleteFrom('error_references').execute();
    movingClock.advance({ minutes: 1 });
  });
  afterAll(() => database.close());

  const deps = () => ({ db: database.db, clock: movingClock, log });
  const count = async () => (await database.db.selectFrom('error_references').select('reference').execute()).length;

  test('are found as they were kept, for a week and no longer', async () => {
    const kept = failure();
    await keepReference(deps(), kept);
    expect(await findReference(deps(), kept.reference)).toEqual({ ...kept, createdAt: expect.any(Date) });
    movingClock.advance({ days: 6, hours: 23 });
    expect(await findReference(deps(), kept.reference)).toBeDefined();
    expect(await sweepReferences(deps(), 10)).toBe(0);
    movingClock.advance({ hours: 1, seconds: 1 });
    expect(await findReference(deps(), kept.reference)).toBeUndefined();
    expect(await sweepReferences(deps(), 10)).toBe(1);
    expect(await count()).toBe(0);
  });

  test('are swept in batches, by several processes at once', async () => {
    for (let made = 0; made < 25; made += 1) await keepReference(deps(), failure());
    movingClock.advance({ days: 7, seconds: 1 });
    const swept = await atOnce(3, () => sweepReferences(deps(), 10));
    for (const number of swept) expect(number).toBeLessThanOrEqual(10);
    while ((await sweepReferences(deps(), 10)) > 0);
    expect(await count()).toBe(0);
  });

  test('beyond the most that are kept the oldest go', async () => {
    const made = [];
    for (let number = 0; number < 6; number += 1) {
      const one = failure();
      made.push(one.reference);
      await keepReference(deps(), one);
      movingClock.advance({ seconds: 1 });
    }
    expect(await sweepReferences(deps(), 10, 4)).toBe(2);
    const left = await database.db.selectFrom('error_references').select('reference').execute();
    expect(left.map((row) => row.reference).sort()).toEqual(made.slice(2).sort());
  });

  test('of a flood are kept only so far, from one network and from all', async () => {
    const recorder = createRecorder(deps());
    for (let number = 0; number < 100; number += 1) recorder.record(failure(), '192.0.2.0/24');
    await recorder.idle();
    // What is not written yet counts too, so that a slow database is not left with a queue.
    expect(await count()).toBe(50);
    for (let number = 0; number < 30; number += 1) recorder.record(failure(), '192.0.2.0/24');
    await recorder.idle();
    expect(await count()).toBe(60);
    for (let network = 0; network < 400; network += 1) {
      recorder.record(failure(), `198.51.${network}.0/24`);
      if (network % 40 === 0) await recorder.idle();
    }
    await recorder.idle();
    expect(await count()).toBe(300);
    movingClock.advance({ minutes: 1 });
    recorder.record(failure(), '192.0.2.0/24');
    await recorder.idle();
    expect(await count()).toBe(301);
  });

  test('of pages that somebody looks for are few, and leave room for those of apps', async () => {
    const recorder = createRecorder(deps());
    for (let number = 0; number < 40; number += 1) recorder.record(failure('page.refused'), '192.0.2.0/24');
    recorder.record(failure(), '192.0.2.0/24');
    await recorder.idle();
    expect(await count()).toBe(11);
  });
});

test('a database that is away keeps nobody waiting and throws at nobody', async () => {
  const database = await openTestDatabase();
  await database.close();
  const recorder = createRecorder({ db: database.db, clock: movingClock, log });
  const before = performance.now();
  recorder.record(failure(), '192.0.2.0/24');
  expect(performance.now() - before).toBeLessThan(50);
  await recorder.idle();
});

describe('a reference', () => {
  test('is ten characters in two groups that are not mistaken for one another', () => {
    const made = Array.from({ length: 1000 }, newReference);
    for (const reference of made) expect(reference).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
    expect(new Set(made).size).toBe(1000);
  });

  test('is read however it is typed', () => {
    for (const typed of ['K7QF2-M9XTB', 'k7qf2m9xtb', ' K7QF2 M9XTB ', 'k7qf2-m9xtb']) {
      expect(parseReference(typed)).toBe('K7QF2-M9XTB');
    }
    expect(parseReference('IL0O1-00000')).toBe('11001-00000');
    for (const typed of ['', 'K7QF2', 'K7QF2-M9XTU', 'K7QF2-M9XTBB', 'unknown']) {
      expect(parseReference(typed)).toBeUndefined();
    }
  });
});
