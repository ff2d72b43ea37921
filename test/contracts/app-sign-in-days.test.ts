// How often people sign in at an app is counted by the day: nobody is lost in a rush, and nothing stays for ever.
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { forgetAppSignInsAt, noteAppSignIn, sweepAppSignInDays, useOfApps } from '../../src/sessions/app-sign-ins.ts';
import { type DatabaseKind, openTestDatabase, postgresAvailable } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';

const kinds: readonly DatabaseKind[] = postgresAvailable() ? ['pglite', 'postgres'] : ['pglite'];

describe.each(kinds)('on %s', (kind) => {
  async function withPeople(count: number) {
    const database = await openTestDatabase(kind);
    onTestFinished(() => database.close());
    const deps = { db: database.db, clock: movingClock };
    const ids = Array.from({ length: count }, (_, index) => `person-${index}`);
    await sql`insert into accounts (id, email, email_key, status, created_at, updated_at)
      select id, id || '@example.test', id || '@example.test', 'active', now(), now()
      from unnest(${sql.val(ids)}::text[]) as id`.execute(deps.db);
    const use = async () => {
      const found = await useOfApps(deps, ['shop', 'wiki']);
      return [found.get('shop'), found.get('wiki')].map((each) => [each?.people, each?.signIns]);
    };
    return { deps, ids, use };
  }

  test('forty people who sign in at once, twice each, are forty people and eighty sign-ins', async () => {
    const { deps, ids, use } = await withPeople(40);
    await Promise.all([...ids, ...ids].map((accountId) => noteAppSignIn(deps, { accountId, clientId: 'shop' })));
    await noteAppSignIn(deps, { accountId: 'person-1', clientId: 'wiki' });
    expect(await use()).toEqual([
      [40, 80],
      [1, 1],
    ]);
    await forgetAppSignInsAt(deps.db, 'shop');
    expect(await use()).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  test('days of more than a year ago are swept, so many at a time, and those that count are not', async () => {
    const { deps, use } = await withPeople(1);
    await sql`insert into app_sign_in_days (client_id, day, lane, count)
      select 'shop', date_trunc('day', now(), 'UTC') - make_interval(days => day), 0, 1 from generate_series(0, 419) as day`.execute(
      deps.db,
    );
    expect(await use()).toEqual([
      [0, 30],
      [0, 0],
    ]);
    expect(await sweepAppSignInDays(deps, 5)).toBe(5);
    expect(await sweepAppSignInDays(deps, 500)).toBeGreaterThan(10);
    expect(await sweepAppSignInDays(deps, 500)).toBe(0);
    expect(await use()).toEqual([
      [0, 30],
      [0, 0],
    ]);
  });
});
