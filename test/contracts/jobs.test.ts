// What one process does for all of them is begun once in an interval, however many ask; and no statement of it is large.
import { type CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSealedBox } from '../../src/crypto/sealed-box.ts';
import type { Database } from '../../src/database/schema.ts';
import { keepHouse, keepHouseInTurn } from '../../src/server/housekeeping.ts';
import { noteDone, oncePer } from '../../src/server/jobs.ts';
import { postgresAvailable } from '../support/database.ts';
import { countRows, FILLED_TABLES, fillWithExpired } from '../support/many-expired.ts';
import { movingClock } from '../support/moving-clock.ts';
import { openOwnPool } from '../support/own-pool.ts';
import { atOnce, KINDS } from './racing.ts';
import { openStore, type Store } from './stored.ts';

const housekeeping = (store: Store) => ({
  ...store.deps,
  box: createSealedBox(Buffer.alloc(32, 1)),
  log: pino({ level: 'silent' }),
  clients: () => new Map(),
  keptSeconds: 365 * 86_400,
});

const addSomebody = (store: Store) =>
  sql`insert into accounts (id, email, email_key, status, updated_at)
    values ('somebody', 'p@example.test', 'p@example.test', 'active', now())`.execute(store.deps.db);

describe.each(KINDS)('on %s', (kind) => {
  let store: Store;
  beforeEach(async () => {
    store = await openStore(kind);
  });
  afterEach(() => store.database.close());

  const started = async () =>
    (await store.deps.db.selectFrom('jobs').selectAll().execute()).map(({ last_done_at }) => last_done_at !== null);

  test('of twenty processes that come at once, one has the job', async () => {
    const had = await atOnce(20, () => oncePer(store.deps, 60, 'housekeeping'));
    expect(had.filter(Boolean)).toHaveLength(1);
  });

  test('the job is nobody’s again before the interval is over, and one process’s after it', async () => {
    expect(await oncePer(store.deps, 60, 'housekeeping')).toBe(true);
    movingClock.advance({ seconds: 58 });
    expect(await oncePer(store.deps, 60, 'housekeeping')).toBe(false);
    movingClock.advance({ seconds: 3 });
    expect((await atOnce(20, () => oncePer(store.deps, 60, 'housekeeping'))).filter(Boolean)).toHaveLength(1);
  });

  test('a process that dies at it, and never says that it is done, holds up nobody in the next interval', async () => {
    expect(await oncePer(store.deps, 60, 'housekeeping')).toBe(true);
    expect(await started()).toEqual([false]);
    movingClock.advance({ seconds: 61 });
    expect(await oncePer(store.deps, 60, 'housekeeping')).toBe(true);
    await noteDone(store.deps, 'housekeeping');
    expect(await started()).toEqual([true]);
  });

  test('of five processes whose minute is over, one sweeps, and what has expired is gone', async () => {
    await addSomebody(store);
    await fillWithExpired(store.deps.db, 'rate_counters', 10);
    await atOnce(5, () => keepHouseInTurn(housekeeping(store)));
    expect(await countRows(store.deps.db, 'rate_counters')).toBe(0);
    await fillWithExpired(store.deps.db, 'rate_counters', 10);
    await atOnce(5, () => keepHouseInTurn(housekeeping(store)));
    expect(await countRows(store.deps.db, 'rate_counters')).toBe(10);
  });

  test('a process that is stopped in the middle of a long sweep ends after a batch, and says nothing of a failure', async () => {
    const said: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line) => void said.push(line) });
    await addSomebody(store);
    for (const table of ['oidc_payloads', 'rate_counters'] as const) await fillWithExpired(store.deps.db, table, 3_000);
    const stop = new AbortController();
    const round = keepHouse({ ...housekeeping(store), log, stopping: stop.signal });
    stop.abort();
    expect(await round).toBe(false);
    expect(await countRows(store.deps.db, 'oidc_payloads')).toBeGreaterThan(2_000);
    expect(await countRows(store.deps.db, 'rate_counters')).toBe(3_000);
    expect(said).toEqual([]);
    expect(await keepHouse(housekeeping(store))).toBe(true);
    expect(await countRows(store.deps.db, 'oidc_payloads')).toBe(0);
  });
});

describe.skipIf(!postgresAvailable())('with thousands of expired rows in every table', () => {
  const ROWS = 4_500;

  test('a sweep takes all of them, no statement more than 2,000, and each finds its rows along an index', async () => {
    const store = await openStore('postgres');
    const { db } = store.deps;
    await addSomebody(store);
    for (const table of FILLED_TABLES) await fillWithExpired(db, table, ROWS);
    await countDeletions(store);
    const asked: CompiledQuery[] = [];
    const pool = openOwnPool(store.database.url);
    const recording = new Kysely<Database>({
      dialect: new PostgresDialect({ pool }),
      log: ({ query }) => void asked.push(query),
    });

    expect(await keepHouse({ ...housekeeping(store), db: recording })).toBe(true);

    for (const table of FILLED_TABLES) expect([table, await countRows(db, table)]).toEqual([table, 0]);
    const { rows } = await sql<{ table: string; most: number; sum: number }>`
      select "table", max(rows)::int as most, sum(rows)::int as sum from deletions group by 1`.execute(db);
    expect(rows.map(({ table, sum }) => [table, sum]).sort()).toEqual(
      FILLED_TABLES.map((table) => [table, ROWS]).sort(),
    );
    for (const { table, most } of rows) expect([table, most <= 2_000]).toEqual([table, true]);

    for (const table of FILLED_TABLES) await fillWithExpired(db, table, ROWS);
    await sql`analyze`.execute(db);
    const sweeps = new Map(asked.filter((each) => each.sql.startsWith('delete from')).map((each) => [each.sql, each]));
    expect(sweeps.size).toBeGreaterThanOrEqual(FILLED_TABLES.length);
    for (const query of sweeps.values()) {
      const table = /^delete from "(\w+)"/.exec(query.sql)?.[1] ?? '';
      if (!FILLED_TABLES.some((filled) => filled === table)) continue;
      const plan = await pool.query(`explain ${query.sql}`, [...query.parameters]);
      const text = plan.rows.map((row) => Object.values(row)[0]).join('\n');
      expect(text).toContain('LockRows');
      // Neither to find the rows nor to fetch them is the table read, however many rows there are.
      expect([query.sql, text.includes('Seq Scan')]).toEqual([query.sql, false]);
    }
    await recording.destroy();
    await store.database.close();
  });
});

/** PostgreSQL itself counts what each statement takes. */
async function countDeletions({ deps: { db } }: Store): Promise<void> {
  await sql`create table deletions ("table" text, rows bigint)`.execute(db);
  await sql`create function count_deletion() returns trigger language plpgsql as $$
    begin
      insert into deletions select tg_table_name, count(*) from gone having count(*) > 0;
      return null;
    end $$`.execute(db);
  for (const table of FILLED_TABLES) {
    await sql`create trigger counted after delete on ${sql.table(table)}
      referencing old table as gone for each statement execute function count_deletion()`.execute(db);
  }
}
