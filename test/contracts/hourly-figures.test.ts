// Figures by the hour: what has been counted and what has not yet add up to what happened.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordEvent } from '../../src/audit/audit-log.ts';
import { closeNextHour, figuresByDay, sweepFigures } from '../../src/figures/hourly-figures.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';

const kinds = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

describe.each(kinds)('on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  const deps = () => ({ db: database.db, clock: movingClock });
  const happens = (event: 'sign_in.succeeded' | 'sign_in.failed' | 'profile.changed', times: number) =>
    Promise.all(Array.from({ length: times }, () => recordEvent(deps(), { event })));
  const signIns = async () => (await figuresByDay(deps(), 30)).map(({ counts }) => counts['sign_in.succeeded']);
  const closeAll = async () => {
    let hours = 0;
    while (await closeNextHour(deps())) hours += 1;
    return hours;
  };

  test('every day is there before anything has happened, and nothing is counted', async () => {
    expect(await signIns()).toEqual(Array.from({ length: 30 }, () => 0));
    expect(await closeNextHour(deps())).toBe(false);
  });

  test('the same numbers come out before and after hours are counted, however often that is tried', async () => {
    for (const times of [3, 0, 5]) {
      await happens('sign_in.succeeded', times);
      await happens('sign_in.failed', 1);
      await happens('profile.changed', 2);
      movingClock.advance({ hours: 24 });
    }
    const before = await figuresByDay(deps(), 30);
    expect(before.slice(-4).map(({ counts }) => counts['sign_in.succeeded'])).toEqual([3, 0, 5, 0]);
    expect(before.slice(-4).map(({ counts }) => counts['sign_in.failed'])).toEqual([1, 1, 1, 0]);
    expect(await closeAll()).toBeGreaterThanOrEqual(71);
    expect(await figuresByDay(deps(), 30)).toEqual(before);
    expect(await closeAll()).toBe(0);
    await happens('sign_in.succeeded', 2);
    expect((await signIns()).at(-1)).toBe(2);
  });

  test('several processes that count at once count each hour once', async () => {
    movingClock.advance({ hours: 10 });
    const before = await signIns();
    await Promise.all(Array.from({ length: 8 }, closeAll));
    expect(await signIns()).toEqual(before);
    const rows = await database.db.selectFrom('hourly_figures').select('hour').where('event', '=', 'closed').execute();
    expect(new Set(rows.map(({ hour }) => hour.getTime())).size).toBe(rows.length);
  });

  test('what is older than 400 days is forgotten', async () => {
    movingClock.advance({ hours: 24 * 401 });
    expect(await sweepFigures(deps(), 10)).toBe(10);
  });
});
