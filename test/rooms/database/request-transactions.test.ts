// A request's queries share one transaction, on both databases.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../src/database/database.ts';
import { readAlone } from '../../../src/database/transactions/after-commit.ts';
import { RequestTransactionEnded } from '../../../src/database/transactions/request-scope.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../../support/database.ts';

const kinds = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

describe.each(kinds)('a request transaction on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  const remember = (key: string) => database.db.insertInto('server_state').values({ key }).execute();
  const remembered = async (prefix: string) => {
    const rows = await database.db
      .selectFrom('server_state')
      .select('key')
      .where('key', 'like', `${prefix}%`)
      .orderBy('key')
      .execute();
    return rows.map((row) => row.key);
  };
  /** Where a query runs: the backend and the transaction it belongs to. */
  const transactionOf = async () => {
    const query = sql<{ transaction: string }>`select pg_current_xact_id()::text as transaction`;
    return (await query.execute(database.db)).rows[0]?.transaction;
  };

  test('is committed when the work returns', async () => {
    const answer = await database.inRequestTransaction(async () => {
      await remember('commit-1');
      await remember('commit-2');
      return 'done';
    });
    expect(answer).toBe('done');
    expect(await remembered('commit-')).toEqual(['commit-1', 'commit-2']);
  });

  test('is rolled back when the work throws, and the error reaches the caller', async () => {
    const failing = database.inRequestTransaction(async () => {
      await remember('throw-1');
      throw new Error('the page broke');
    });
    await expect(failing).rejects.toThrow('the page broke');
    expect(await remembered('throw-')).toEqual([]);
  });

  test('is not begun for a read alone, and joined by it where it has begun', async () => {
    const readKeys = () => readAlone(database.db, 'keys', () => remembered('alone-'));
    const counts = await database.inRequestTransaction(async () => {
      const before = await readAlone(database.db, 'transaction', transactionOf);
      const again = await readAlone(database.db, 'transaction', transactionOf);
      await remember('alone-1');
      const inside = await transactionOf();
      return {
        apart: before !== again,
        seen: await readKeys(),
        joined: (await readAlone(database.db, 'transaction', transactionOf)) === inside,
      };
    });
    expect(counts).toEqual({ apart: true, seen: ['alone-1'], joined: true });
    expect(await readKeys()).toEqual(['alone-1']);
  });

  test('a read that many ask for alone at once is made once for all who come while another runs, and sees what they did', async () => {
    let reads = 0;
    const read = () => {
      reads += 1;
      return remembered('shared-');
    };
    const ask = () => database.inRequestTransaction(() => readAlone(database.db, 'shared', read));
    const askedFirst = ask();
    // Stored before they ask, whether the first read has seen it or not.
    const written = remember('shared-1');
    const others = written.then(() => Promise.all([ask(), ask(), ask(), ask()]));
    await askedFirst;
    expect(await others).toEqual(Array.from({ length: 4 }, () => ['shared-1']));
    expect(reads).toBeLessThanOrEqual(3);
    expect(await ask()).toEqual(['shared-1']);
  });

  test('a read that fails fails whoever shared it, and nobody after', async () => {
    const failing = () => sql`select 1 / 0`.execute(database.db);
    const ask = (read: () => Promise<unknown>) =>
      database.inRequestTransaction(() => readAlone(database.db, 'fails', read));
    const outcomes = await Promise.allSettled([ask(failing), ask(failing), ask(failing)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await ask(async () => 'good')).toBe('good');
  });

  test('is rolled back when the work asks for it, and the answer still arrives', async () => {
    const answer = await database.inRequestTransaction(async (tx) => {
      await remember('asked-1');
      tx.rollBack();
      return 500;
    });
    expect(answer).toBe(500);
    expect(await remembered('asked-')).toEqual([]);
  });

  test('is one transaction for every query made inside it', async () => {
    const [first, second] = await database.inRequestTransaction(async () => [
      await transactionOf(),
      await transactionOf(),
    ]);
    expect(first).toBe(second);
    expect(await transactionOf()).not.toBe(first);
  });

  test('begins once when its first queries are made in parallel', async () => {
    const transactions = await database.inRequestTransaction(() =>
      Promise.all([transactionOf(), transactionOf(), transactionOf()]),
    );
    expect(new Set(transactions).size).toBe(1);
  });

  test('holds no connection before its first query', async () => {
    const narrow = await openDatabase({ ...placeOf(database), embedded: 'attach-or-start', poolSize: 1 });
    onTestFinished(() => narrow.close());
    await narrow.inRequestTransaction(async () => {
      // With one connection in the pool, this would wait for ever if the request already held it.
      await narrow.outsideRequestTransaction(() => sql`select 1`.execute(narrow.db));
    });
    expect(await narrow.inRequestTransaction(async () => 'no query at all')).toBe('no query at all');
  });

  test('returns its connection, whatever its end', async () => {
    const narrow = await openDatabase({ ...placeOf(database), embedded: 'attach-or-start', poolSize: 1 });
    onTestFinished(() => narrow.close());
    const query = () => sql`select 1`.execute(narrow.db);
    for (let round = 0; round < 3; round += 1) {
      await narrow.inRequestTransaction(query);
      await narrow.inRequestTransaction(async (tx) => query().then(tx.rollBack));
      await expect(
        narrow.inRequestTransaction(async () => query().then(() => Promise.reject(new Error('broken')))),
      ).rejects.toThrow('broken');
    }
    expect((await query()).rows).toHaveLength(1);
  });

  test('rejects when it could not be committed', async () => {
    const failing = database.inRequestTransaction(async () => {
      await remember('aborted-1');
      // Swallowed, but PostgreSQL will not commit a transaction in which a statement failed.
      await sql`select nonsense`.execute(database.db).catch(() => undefined);
      return 'looks fine';
    });
    await expect(failing).rejects.toThrow('rolled back instead of committed');
    expect(await remembered('aborted-')).toEqual([]);
  });

  test('keeps what came before a nested transaction that failed', async () => {
    await database.inRequestTransaction(async () => {
      await remember('nested-1');
      const nested = database.db.transaction().execute(async (tx) => {
        await tx.insertInto('server_state').values({ key: 'nested-2' }).execute();
        await tx.insertInto('server_state').values({ key: 'nested-1' }).execute();
      });
      await expect(nested).rejects.toThrow('server_state_pkey');
      await database.db
        .transaction()
        .execute((tx) => tx.insertInto('server_state').values({ key: 'nested-3' }).execute());
    });
    expect(await remembered('nested-')).toEqual(['nested-1', 'nested-3']);
  });

  test('undoes its nested transactions when it is rolled back itself', async () => {
    await database.inRequestTransaction(async (tx) => {
      await database.db
        .transaction()
        .execute((inner) => inner.insertInto('server_state').values({ key: 'undone-1' }).execute());
      tx.rollBack();
    });
    expect(await remembered('undone-')).toEqual([]);
  });

  test('keeps parallel nested transactions apart', async () => {
    await database.inRequestTransaction(async () => {
      const attempts = Array.from({ length: 10 }, (_, number) =>
        database.db.transaction().execute(async (tx) => {
          await tx
            .insertInto('server_state')
            .values({ key: `parallel-${number}` })
            .execute();
          await sql`select pg_sleep(0.005)`.execute(tx);
          if (number % 2 === 1) throw new Error('odd');
        }),
      );
      await Promise.allSettled([...attempts, remember('parallel-plain')]);
    });
    expect(await remembered('parallel-')).toEqual([
      'parallel-0',
      'parallel-2',
      'parallel-4',
      'parallel-6',
      'parallel-8',
      'parallel-plain',
    ]);
  });

  test('lets other requests go on, each with its own transaction', async () => {
    const requests = Array.from({ length: 40 }, (_, number) =>
      database.inRequestTransaction(async (tx) => {
        const before = await transactionOf();
        await remember(`crowd-${number}`);
        const own = await sql<{ number: number }>`select ${number}::int as number`.execute(database.db);
        expect(own.rows[0]?.number).toBe(number);
        expect(await transactionOf()).toBe(before);
        if (number % 2 === 1) tx.rollBack();
        return before;
      }),
    );
    expect(new Set(await Promise.all(requests)).size).toBe(40);
    expect(await remembered('crowd-')).toHaveLength(20);
  });

  test('waits for queries that were made but not awaited, and refuses those that come too late', async () => {
    let late: Promise<unknown> = Promise.resolve();
    let lateInTransaction: Promise<unknown> = Promise.resolve();
    const gate = Promise.withResolvers<void>();
    await database.inRequestTransaction(async () => {
      void remember('stray-1');
      late = gate.promise.then(() => remember('stray-2'));
      lateInTransaction = gate.promise.then(() => database.db.transaction().execute(() => remember('stray-3')));
    });
    gate.resolve();
    await expect(late).rejects.toThrow(RequestTransactionEnded);
    await expect(lateInTransaction).rejects.toThrow(RequestTransactionEnded);
    expect(await remembered('stray-')).toEqual(['stray-1']);
  });

  test('cannot be opened inside another one', async () => {
    const nested = database.inRequestTransaction(() => database.inRequestTransaction(async () => 'inner'));
    await expect(nested).rejects.toThrow('already open');
  });
});

const placeOf = ({ url, dataDir }: OpenTestDatabase) => ({ url, dataDir });

describe('a knot in the code', () => {
  test('using db inside a nested transaction of a request is an error and not a hang', {
    timeout: 40_000,
  }, async () => {
    const database = await openTestDatabase();
    onTestFinished(() => database.close());
    const knotted = database.inRequestTransaction(() =>
      database.db.transaction().execute(() => database.db.selectFrom('server_state').select('key').execute()),
    );
    await expect(knotted).rejects.toThrow('Is `db` used inside');
    expect(await database.db.selectFrom('server_state').select('key').execute()).toEqual([]);
  });
});
