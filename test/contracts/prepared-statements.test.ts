// Statements that come again are planned once on each connection of PostgreSQL, unless an operator turns that off.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Db, type OpenDatabase, openDatabase } from '../../src/database/database.ts';
import { makeTestDatabase, type TestDatabase } from '../support/database.ts';
import { postgresAvailable } from '../support/postgres-cluster.ts';

describe.skipIf(!postgresAvailable())('on PostgreSQL', () => {
  let database: TestDatabase;
  const open: OpenDatabase[] = [];

  beforeAll(async () => {
    database = await makeTestDatabase('postgres');
  });

  afterAll(async () => {
    for (const each of open) await each.close();
    await database.remove();
  });

  async function opened(prepares: boolean): Promise<Db> {
    const fresh = await openDatabase({ url: database.url, dataDir: '', poolSize: 1, prepares });
    open.push(fresh);
    return fresh.db;
  }

  const prepared = async (db: Db): Promise<string[]> =>
    (await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(db)).rows.map(
      ({ statement }) => statement,
    );

  const numbers = async (db: Db, count: number): Promise<number[]> => {
    const all: number[] = [];
    for (let at = 0; at < count; at += 1) {
      const { rows } = await sql<{ n: number }>`select ${at}::int as n`.execute(db);
      all.push(rows[0]?.n ?? -1);
    }
    return all;
  };

  test('one that comes again is prepared, and answers as before', async () => {
    const db = await opened(true);
    expect(await numbers(db, 1)).toEqual([0]);
    expect(await prepared(db)).toEqual([]);
    expect(await numbers(db, 12)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(await prepared(db)).toEqual(['select $1::int as n']);
  });

  test('none is where that is turned off', async () => {
    const db = await opened(false);
    await numbers(db, 5);
    expect(await prepared(db)).toEqual([]);
  });

  test('a table that gets a column meanwhile is read on, by names and as a whole', async () => {
    const db = await opened(true);
    await sql`create table kept (id int, word text)`.execute(db);
    await sql`insert into kept values (1, 'one')`.execute(db);
    const read = async () => [
      (await sql`select id, word from kept where id = ${1}`.execute(db)).rows,
      (await sql`select * from kept where id = ${1}`.execute(db)).rows,
      (await sql`select kept.* from kept where id = ${1}`.execute(db)).rows,
      (await sql`update kept set word = word where id = ${1} returning *`.execute(db)).rows,
    ];
    for (let at = 0; at < 3; at += 1) await read();
    await sql`alter table kept add column more text`.execute(db);
    const whole = [{ id: 1, word: 'one', more: null }];
    expect(await read()).toEqual([[{ id: 1, word: 'one' }], whole, whole, whole]);
  });

  test('not without end: texts made to measure do not pile up', async () => {
    const db = await opened(true);
    for (let at = 0; at < 450; at += 1) {
      const text = sql`select ${at}::int as ${sql.ref(`n${at}`)}`;
      await text.execute(db);
      await text.execute(db);
    }
    expect((await prepared(db)).length).toBeLessThanOrEqual(400);
  });
});
