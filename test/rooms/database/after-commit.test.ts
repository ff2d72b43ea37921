// What waits for a commit is done when it is in the database, and never when it was rolled back.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Db } from '../../../src/database/database.ts';
import { afterCommit } from '../../../src/database/transactions/after-commit.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../../support/database.ts';

const kinds = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

describe.each(kinds)('after a commit on %s', (kind) => {
  let database: OpenTestDatabase;
  let told: string[] = [];
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  /** A row, and what is told of it; `told` says whether the row was there for others by then. */
  async function keep(db: Db, key: string): Promise<void> {
    await db.insertInto('server_state').values({ key }).execute();
    await afterCommit(db, () => void told.push(key));
  }

  const heard = (): string[] => {
    const all = told;
    told = [];
    return all;
  };

  test('it is told at once where there is no transaction', async () => {
    await keep(database.db, 'alone');
    expect(heard()).toEqual(['alone']);
  });

  test('it is told when the transaction has ended, in order, not before', async () => {
    await database.db.transaction().execute(async (tx) => {
      await keep(tx, 'first');
      await keep(tx, 'second');
      expect(heard()).toEqual([]);
    });
    expect(heard()).toEqual(['first', 'second']);
  });

  test('it is not told of what was rolled back, nor later', async () => {
    const undone = database.db.transaction().execute(async (tx) => {
      await keep(tx, 'undone');
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await database.db.transaction().execute((tx) => keep(tx, 'another'));
    expect(heard()).toEqual(['another']);
  });

  test('it is not told where the commit itself fails', async () => {
    const failing = database.db.transaction().execute(async (tx) => {
      await sql`create temporary table once (id int unique deferrable initially deferred) on commit drop`.execute(tx);
      await keep(tx, 'uncommitted');
      await sql`insert into once values (1), (1)`.execute(tx);
    });
    await expect(failing).rejects.toThrow('once_id_key');
    expect(heard()).toEqual([]);
  });

  test('of a request it is told when the whole request is committed', async () => {
    await database.inRequestTransaction(async () => {
      await keep(database.db, 'request');
      await database.db.transaction().execute((tx) => keep(tx, 'nested'));
      expect(heard()).toEqual([]);
    });
    expect(heard()).toEqual(['request', 'nested']);
  });

  test('of a request it is not told what was rolled back in part, or as a whole', async () => {
    await database.inRequestTransaction(async () => {
      await keep(database.db, 'kept');
      const nested = database.db.transaction().execute(async (tx) => {
        await keep(tx, 'part');
        throw new Error('part');
      });
      await expect(nested).rejects.toThrow('part');
      await keep(database.db, 'kept too');
    });
    expect(heard()).toEqual(['kept', 'kept too']);
    await database.inRequestTransaction(async (tx) => {
      await keep(database.db, 'whole');
      tx.rollBack();
    });
    expect(heard()).toEqual([]);
  });

  test('of many at once each is told of by itself', async () => {
    const work = (key: string, fails: boolean) =>
      database.db.transaction().execute(async (tx) => {
        await keep(tx, key);
        if (fails) throw new Error(key);
      });
    const keys = Array.from({ length: 12 }, (_, at) => `many-${String(at).padStart(2, '0')}`);
    await Promise.allSettled(keys.map((key, at) => work(key, at % 3 === 0)));
    expect(heard().sort()).toEqual(keys.filter((_, at) => at % 3 !== 0));
  });
});
