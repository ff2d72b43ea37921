// More requests than connections: who waits, for how long, and who has the next one.
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { OpenDatabase } from '../../../src/database/database.ts';
import { asOneRequest, type Line } from '../../../src/database/outages/request-notes.ts';
import { isDatabaseUnavailable } from '../../../src/database/outages/unavailable.ts';
import { postgresAvailable } from '../../support/database.ts';
import { ask, failureOf, openOwn } from './asking.ts';

describe.skipIf(!postgresAvailable())('while all connections to PostgreSQL are taken', () => {
  test('a request waits for connections no longer than two seconds, all its queries together', async () => {
    const database = await openOwn();
    const held = Array.from({ length: 10 }, () => sql`select pg_sleep(0.9)`.execute(database.db));
    const impatient = asOneRequest(async () => {
      await ask(database);
      held.push(...Array.from({ length: 10 }, () => sql`select pg_sleep(1.8)`.execute(database.db)));
      await ask(database);
    });
    const { error, seconds } = await failureOf(impatient);
    expect(isDatabaseUnavailable(error)).toBe(true);
    expect(seconds).toBeLessThan(2);
    await Promise.all(held);
    expect((await ask(database)).rows).toEqual([{ one: 1 }]);
  });

  test('while somebody has waited too long for a connection, who comes new is told at once, and who has begun goes on', async () => {
    const database = await openOwn();
    const begun = asOneRequest(async () => {
      await ask(database);
      await sleep(800);
      return ask(database);
    });
    const readyToWait = Promise.withResolvers<void>();
    const waiting = asOneRequest(async () => {
      await ask(database);
      await readyToWait.promise;
      return ask(database);
    });
    await sleep(100);
    const held = Array.from({ length: 10 }, () => sql`select pg_sleep(1.2)`.execute(database.db));
    await sleep(10);
    readyToWait.resolve();
    await sleep(650);
    const newcomer = await failureOf(asOneRequest(() => ask(database)));
    expect(isDatabaseUnavailable(newcomer.error)).toBe(true);
    expect(newcomer.seconds).toBeLessThan(0.3);
    expect([(await waiting).rows, (await begun).rows]).toEqual([[{ one: 1 }], [{ one: 1 }]]);
    await Promise.all(held);
    expect((await asOneRequest(() => ask(database))).rows).toEqual([{ one: 1 }]);
  });

  /** Every connection of the pool, until some of them are released. */
  async function allTaken(database: OpenDatabase) {
    const held = Array.from({ length: 10 }, () => Promise.withResolvers<void>());
    const taken = held.map(() => Promise.withResolvers<void>());
    const holders = Promise.all(
      held.map(({ promise }, at) =>
        database.db.connection().execute(() => {
          taken[at]?.resolve();
          return promise;
        }),
      ),
    );
    await Promise.all(taken.map(({ promise }) => promise));
    const release = (count: number) => {
      for (const { resolve } of held.splice(0, count)) resolve();
    };
    onTestFinished(() => release(held.length));
    return { holders, release };
  }

  test('who has begun has the next connection, before everybody who has come meanwhile', async () => {
    const database = await openOwn();
    const ended: string[] = [];
    const readyToWait = Promise.withResolvers<void>();
    const begun = asOneRequest(async () => {
      await ask(database);
      await readyToWait.promise;
      await ask(database);
      ended.push('begun');
    });
    await sleep(100);
    const { holders, release } = await allTaken(database);
    const newcomers = ['first', 'second', 'third'].map((name) =>
      asOneRequest(async () => {
        await ask(database);
        ended.push(name);
      }),
    );
    await sleep(50);
    readyToWait.resolve();
    await sleep(50);
    expect(database.load()).toMatchObject({ busy: 10, waiting: 4 });
    release(1);
    await Promise.all([begun, ...newcomers]);
    expect(ended).toEqual(['begun', 'first', 'second', 'third']);
    release(9);
    await holders;
    expect(database.load().waiting).toBe(0);
  });

  test('an app is not kept waiting by a crowd of people who came before it, nor people by a crowd of apps', async () => {
    const database = await openOwn();
    const { holders, release } = await allTaken(database);
    const ended: string[] = [];
    const comes = (line: Line, name: string) =>
      asOneRequest(async () => {
        await ask(database);
        ended.push(name);
      }, line);
    const all = [
      ...['anna', 'bert', 'cleo', 'dora'].map((name) => comes('people', name)),
      ...Array.from({ length: 12 }, (_, at) => comes('apps', `app ${at}`)),
    ];
    await sleep(50);
    release(1);
    await Promise.all(all);
    const [apps, people] = [/^app/, /^[^a]|^anna/].map((kind) => ended.filter((name) => kind.test(name)));
    expect(people).toEqual(['anna', 'bert', 'cleo', 'dora']);
    expect(apps).toEqual(Array.from({ length: 12 }, (_, at) => `app ${at}`));
    const first = ended.indexOf('anna');
    expect(first).toBeLessThanOrEqual(3);
    expect(['bert', 'cleo', 'dora'].map((name) => ended.indexOf(name) - first)).toEqual([4, 8, 12]);
    release(9);
    await holders;
  });

  test('where people have waited too long, they are told so, and apps are let in', async () => {
    const database = await openOwn();
    const { holders, release } = await allTaken(database);
    const waiting = asOneRequest(() => ask(database), 'people');
    await sleep(650);
    const person = await failureOf(asOneRequest(() => ask(database), 'people'));
    expect(isDatabaseUnavailable(person.error)).toBe(true);
    expect(person.seconds).toBeLessThan(0.3);
    const app = asOneRequest(() => ask(database), 'apps');
    release(10);
    expect([(await waiting).rows, (await app).rows]).toEqual([[{ one: 1 }], [{ one: 1 }]]);
    await holders;
  });

  test('what the process does by itself may wait, and nobody is refused for it', async () => {
    const database = await openOwn();
    const { holders, release } = await allTaken(database);
    const job = ask(database);
    await sleep(650);
    const newcomers = [asOneRequest(() => ask(database), 'apps'), asOneRequest(() => ask(database), 'people')];
    release(10);
    for (const each of [job, ...newcomers]) expect((await each).rows).toEqual([{ one: 1 }]);
    await holders;
  });

  test('a request that has had no connection yet gives up before one that has begun', async () => {
    const database = await openOwn();
    const free = Promise.withResolvers<void>();
    const ended: string[] = [];
    const begun = asOneRequest(async () => {
      await ask(database);
      await free.promise;
      await failureOf(ask(database));
      ended.push('begun');
    });
    await sleep(100);
    const held = Array.from({ length: 10 }, () => sql`select pg_sleep(2.5)`.execute(database.db));
    await sleep(10);
    free.resolve();
    const newcomer = failureOf(asOneRequest(() => ask(database))).then(({ error }) => {
      expect(isDatabaseUnavailable(error)).toBe(true);
      ended.push('newcomer');
    });
    await Promise.all([begun, newcomer, ...held]);
    expect(ended).toEqual(['newcomer', 'begun']);
  });
});
