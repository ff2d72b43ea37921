// PostgreSQL that is away, goes away or falls silent: an error in seconds that says so, and no more than that.
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../src/database/database.ts';
import { asOneRequest, failOnOutage } from '../../../src/database/outages/request-notes.ts';
import { isDatabaseUnavailable } from '../../../src/database/outages/unavailable.ts';
import { postgresAvailable } from '../../support/database.ts';
import { ask, failureOf, openOwn } from './asking.ts';

const open = async (url: string): Promise<OpenDatabase> => {
  const database = await openDatabase({ url, dataDir: '', poolSize: 3 });
  onTestFinished(() => database.close());
  return database;
};

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

test('a database that nobody runs is unavailable', async () => {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const database = await open(`postgres://postgres@127.0.0.1:${port}/postgres`);
  expect(isDatabaseUnavailable((await failureOf(ask(database))).error)).toBe(true);
  expect(isDatabaseUnavailable((await failureOf(database.inRequestTransaction(() => ask(database)))).error)).toBe(true);
});

test('a database that accepts and says nothing is unavailable within two seconds', async () => {
  const server = createServer(() => undefined);
  const port = await listen(server);
  onTestFinished(() => void server.close());
  const database = await open(`postgres://postgres@127.0.0.1:${port}/postgres`);
  const { error, seconds } = await failureOf(ask(database));
  expect(isDatabaseUnavailable(error)).toBe(true);
  expect(seconds).toBeLessThan(2);
});

describe.skipIf(!postgresAvailable())('on PostgreSQL', () => {
  const terminateAll = async (url: string) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    await client.end();
  };

  test('every connection has its time limits', async () => {
    const database = await openOwn();
    const settings = sql`select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
      current_setting('idle_in_transaction_session_timeout') as idle, current_setting('application_name') as name`;
    expect((await settings.execute(database.db)).rows).toEqual([
      { statement: '5s', lock: '2s', idle: '10s', name: 'gatehouse' },
    ]);
    const patient = await database.withPatientConnection((db) => settings.execute(db));
    expect(patient.rows).toEqual([{ statement: '0', lock: '0', idle: '0', name: 'gatehouse' }]);
  });

  test('a transaction that nobody goes on with is ended, and what it held is free again', async () => {
    const database = await openOwn();
    const key = 'forgotten';
    const forgotten = database.inRequestTransaction(async () => {
      await sql`set local idle_in_transaction_session_timeout = 100`.execute(database.db);
      await database.db.insertInto('server_state').values({ key }).execute();
      await sleep(500);
      await ask(database);
    });
    expect(isDatabaseUnavailable((await failureOf(forgotten)).error)).toBe(true);
    await database.db.insertInto('server_state').values({ key }).execute();
  });

  test('a slow query of a database that is there is no outage', async () => {
    const database = await openOwn();
    const slow = sql`select pg_sleep(2.5)`.execute(database.db);
    await sleep(1_500);
    expect((await ask(database)).rows).toEqual([{ one: 1 }]);
    await slow;
  });

  /** Who answered it. It takes a while, so that others ask meanwhile. */
  const backendOf = (database: OpenDatabase) =>
    asOneRequest(async () => {
      const asked = sql<{ pid: number }>`select pg_backend_pid() as pid, pg_sleep(0.05)`.execute(database.db);
      return (await asked).rows[0]?.pid;
    });

  test('who comes at the same moment has a connection each, whether one idles or not', async () => {
    const database = await open((await openOwn()).url);
    await ask(database);
    const backends = await Promise.all([backendOf(database), backendOf(database), backendOf(database)]);
    expect(new Set(backends)).toHaveLength(3);
  });

  test('where PostgreSQL takes nobody new, those who are connected do for everybody, and then it is asked again', async () => {
    const owner = await openOwn();
    const name = `limited_${process.pid}`;
    const administer = (statement: string) => sql.raw(statement).execute(owner.db);
    await administer(`create role ${name} login connection limit 1`);
    onTestFinished(async () => {
      await limited.close();
      await administer(`drop role ${name}`);
    });
    const url = new URL(owner.url);
    url.username = name;
    const limited = await openDatabase({ url: url.href, dataDir: '', poolSize: 3 });
    const who = async () => new Set(await Promise.all(Array.from({ length: 4 }, () => backendOf(limited))));
    await ask(limited);
    expect(await who()).toHaveLength(1);
    expect(await who()).toHaveLength(1);
    await administer(`alter role ${name} connection limit 3`);
    await expect.poll(async () => (await who()).size, { timeout: 10_000 }).toBe(3);
  });

  test.each(['53100', '53300', '25006', '57P03', '58030', '28P01'])(
    'a database that says %s may be right again',
    async (code) => {
      const database = await openOwn();
      const raise = sql.raw(`do $$ begin raise exception 'injected' using errcode = '${code}'; end $$`);
      const light = asOneRequest(() =>
        failOnOutage(async () => void (await raise.execute(database.db).catch(() => 'ok'))),
      );
      const { error } = await failureOf(light);
      expect(isDatabaseUnavailable(error)).toBe(true);
      expect((await ask(database)).rows).toEqual([{ one: 1 }]);
    },
  );

  test('connections cut while idle are replaced', async () => {
    const database = await openOwn();
    await Promise.all([ask(database), ask(database), ask(database)]);
    await terminateAll(database.url);
    // Each of the three may fail one query, if that comes before the news of its end.
    for (let attempt = 0; attempt < 3; attempt += 1) await failureOf(ask(database));
    expect((await ask(database)).rows).toEqual([{ one: 1 }]);
  });

  test('a connection cut in the middle of a request fails that request only', async () => {
    const database = await openOwn();
    const cut = database.inRequestTransaction(async () => {
      await database.db.insertInto('server_state').values({ key: 'cut' }).execute();
      await terminateAll(database.url);
      await ask(database).catch(() => undefined);
    });
    expect(isDatabaseUnavailable((await failureOf(cut)).error)).toBe(true);
    expect(await database.db.selectFrom('server_state').select('key').execute()).toEqual([]);
  });

  test('a statement that takes too long is unavailable, a broken constraint is not', async () => {
    const database = await openOwn();
    const slow = database.db.transaction().execute(async (tx) => {
      await sql`set local statement_timeout = 50`.execute(tx);
      await sql`select pg_sleep(2)`.execute(tx);
    });
    expect(isDatabaseUnavailable((await failureOf(slow)).error)).toBe(true);

    const insert = () => database.db.insertInto('server_state').values({ key: 'twice' }).execute();
    await insert();
    const { error } = await failureOf(insert());
    expect(isDatabaseUnavailable(error)).toBe(false);
  });

  test('a network that swallows everything costs a request seconds, and its connection is not used again', async () => {
    const { url } = await openOwn();
    const target = new URL(url);
    const { port, hostname } = target;
    let swallowing = false;
    const proxy = createServer((inward) => {
      const outward = connect(Number(port), hostname);
      inward.on('data', (data) => swallowing || outward.write(data));
      outward.on('data', (data) => inward.write(data));
      for (const [one, other] of [
        [inward, outward],
        [outward, inward],
      ] as const) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
    target.port = String(await listen(proxy));
    onTestFinished(() => void proxy.close());
    const database = await open(target.href);

    const { error, seconds } = await failureOf(
      database.inRequestTransaction(async () => {
        await ask(database);
        swallowing = true;
        await ask(database);
      }),
    );
    expect(isDatabaseUnavailable(error)).toBe(true);
    expect(seconds).toBeLessThan(2);
    // Who asks now is not kept waiting.
    expect((await failureOf(ask(database))).seconds).toBeLessThan(0.2);
    swallowing = false;
    await expect.poll(() => ask(database).then(({ rows }) => rows), { timeout: 4_000 }).toEqual([{ one: 1 }]);
  });
});
