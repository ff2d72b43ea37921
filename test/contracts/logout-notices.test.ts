// The outbox on both databases: written with what it tells of, taken by one process at a time, lost by none.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Receiver } from '../../src/logout-notices/deliver.ts';
import { createDelivery } from '../../src/logout-notices/delivery.ts';
import {
  claimNotice,
  listNotices,
  markDelivered,
  markFailed,
  type NewNotice,
  type Notice,
  sweepNotices,
  writeNotices,
} from '../../src/logout-notices/logout-notices.ts';
import { createLogger } from '../../src/observability/logger.ts';
import type { Worker } from '../../src/outbox/worker.ts';
import type { Outgoing } from '../../src/outgoing/outgoing.ts';
import { endEverythingOf } from '../../src/sessions/end-everything.ts';
import { endSession } from '../../src/sessions/end-session.ts';
import { type DatabaseKind, postgresAvailable } from '../support/database.ts';
import { receiverForTest } from '../support/logout-receiver.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newId, now, openStore, payloadOf, type Store } from './stored.ts';

const kinds: DatabaseKind[] = postgresAvailable() ? ['pglite', 'postgres'] : ['pglite'];

const notice = (clientId: string, sid?: string): NewNotice => ({ clientId, accountId: 'jane', sid, ended: 'session' });

describe.each(kinds)('the outbox on %s', (kind) => {
  let store: Store;

  beforeAll(async () => {
    store = await openStore(kind);
  });
  afterAll(() => store.database.close());
  beforeEach(() => store.deps.db.deleteFrom('logout_notices').execute());

  const claim = (exceptClients: readonly string[] = [], leaseSeconds = 60) =>
    claimNotice(store.deps, { leaseSeconds, exceptClients });
  const write = (...notices: NewNotice[]) => writeNotices(store.deps, notices);
  const waiting = async () => (await listNotices(store.deps.db, { limit: 100 })).map(({ clientId }) => clientId).sort();

  async function saveSession(authorizations: object, accountId: string | undefined = 'jane'): Promise<string> {
    const uid = newId();
    const payload = payloadOf('Session', newId(), { uid, loginTs: now(), authorizations, accountId });
    await store.adapter('Session').upsert(String(payload.jti), payload, 3600);
    return uid;
  }

  const signedIn = () => saveSession({ web: { sid: 's1', grantId: newId() }, spa: { sid: 's2', grantId: newId() } });

  test('is written with the end of a session, for each app once, also when it is ended twice at once', async () => {
    const uid = await signedIn();
    await Promise.all([endSession(store.deps, uid), endSession(store.deps, uid), endSession(store.deps, uid)]);
    expect(await waiting()).toEqual(['spa', 'web']);
  });

  test('says nothing of what has not happened: a transaction that is rolled back leaves no notice', async () => {
    const uid = await signedIn();
    const failing = store.deps.db.transaction().execute(async (db) => {
      await endSession({ ...store.deps, db }, uid);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await waiting()).toEqual([]);
    await endSession(store.deps, uid);
    expect(await waiting()).toEqual(['spa', 'web']);
  });

  test('is written or the session goes on: what cannot be written down does not end', async () => {
    const uid = await saveSession({ unspeakable: { sid: 's' } });
    const { db } = store.deps;
    await sql`alter table logout_notices add constraint silence check (client_id <> 'unspeakable')`.execute(db);
    await expect(endSession(store.deps, uid)).rejects.toThrow('silence');
    await sql`alter table logout_notices drop constraint silence`.execute(db);
    expect(await store.adapter('Session').findByUid(uid)).toMatchObject({ uid });
    await endSession(store.deps, uid);
    expect(await waiting()).toEqual(['unspeakable']);
    expect(await store.adapter('Session').findByUid(uid)).toBeUndefined();
  });

  test('has nothing for a session that nobody has signed in to', async () => {
    await endSession(store.deps, await saveSession({}, ''));
    expect(await waiting()).toEqual([]);
  });

  test('has one notice for all of an account at an app, and one for each session of it', async () => {
    const accountId = newId();
    await saveSession({ web: { sid: 'a' } }, accountId);
    await saveSession({ web: { sid: 'b' }, spa: { sid: 'c' } }, accountId);
    const payload = payloadOf('Grant', newId(), { accountId, clientId: 'old' });
    await store.adapter('Grant').upsert(String(payload.jti), payload, 3600);
    expect(await endEverythingOf(store.deps, accountId)).toBe(2);
    const all = await listNotices(store.deps.db, { limit: 100 });
    expect(all.map(({ clientId, sid }) => `${clientId} ${sid ?? 'all'}`).sort()).toEqual([
      ...['old all', 'spa all', 'spa c', 'web a', 'web all', 'web b'],
    ]);
    expect(await endEverythingOf(store.deps, accountId)).toBe(0);
    expect(await listNotices(store.deps.db, { limit: 100 })).toHaveLength(6);
  });

  test('gives each notice to one of many that ask at once', async () => {
    await write(...Array.from({ length: 20 }, (_, index) => notice(`app-${index}`)));
    const claimed = await Promise.all(Array.from({ length: 30 }, () => claim()));
    const ids = claimed.flatMap((each) => each?.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    while ((await claim()) !== undefined) ids.push('more');
    expect(ids).toHaveLength(20);
  });

  test('gives out first what has waited longest, and nothing of apps that are being told', async () => {
    await write(notice('a', '1'));
    movingClock.advance({ seconds: 1 });
    await write(notice('b', '2'));
    movingClock.advance({ seconds: 1 });
    await write(notice('a', '3'));
    expect((await claim(['a']))?.clientId).toBe('b');
    expect((await claim())?.sid).toBe('1');
    expect(await claim(['a'])).toBeUndefined();
    expect((await claim())?.sid).toBe('3');
  });

  test('gives a notice out again, the same one, when whoever took it is not heard of for a minute', async () => {
    await write(notice('web'));
    const first = (await claim()) as Notice;
    expect(await claim()).toBeUndefined();
    movingClock.advance({ seconds: 61 });
    const second = (await claim()) as Notice;
    expect([second.id, second.attempts]).toEqual([first.id, 2]);
    // The first one is still alive and comes late: it is not its any more.
    await markDelivered(store.deps, first);
    expect(await waiting()).toEqual(['web']);
    expect(await markFailed(store.deps, first, { reason: 'x', retryInSeconds: undefined })).toBe(false);
    expect((await listNotices(store.deps.db, { limit: 1 }))[0]?.state).toBe('waiting');
    await markDelivered(store.deps, second);
    expect(await waiting()).toEqual([]);
  });

  test('keeps what was delivered for a day, what was given up for thirty, and what waits for ever', async () => {
    await write(notice('delivered'), notice('given-up'), notice('waiting'));
    for (let each = await claim(); each !== undefined; each = await claim()) {
      if (each.clientId === 'delivered') await markDelivered(store.deps, each);
      if (each.clientId === 'given-up') await markFailed(store.deps, each, { reason: 'x', retryInSeconds: undefined });
    }
    expect(await sweepNotices(store.deps, 100)).toBe(0);
    movingClock.advance({ hours: 25 });
    expect(await sweepNotices(store.deps, 100)).toBe(1);
    expect(await waiting()).toEqual(['given-up', 'waiting']);
    movingClock.advance({ days: 30 });
    expect(await sweepNotices(store.deps, 100)).toBe(1);
    expect(await waiting()).toEqual(['waiting']);
  });

  describe('is emptied', () => {
    interface World {
      readonly delivery: Worker;
      /** `client sid`, in the order in which apps were called. */
      readonly calls: string[];
      readonly most: () => number;
    }

    /** Apps at `https://<host>/`; those at a host whose name begins with `dead` never answer. */
    function deliveryTo(hosts: Readonly<Record<string, string>>): World {
      const calls: string[] = [];
      const open = new Map<string, number>();
      let most = 0;
      const outgoing: Outgoing = async (address, { signal, body } = {}) => {
        const { host } = new URL(address);
        calls.push(`${new URLSearchParams(body).get('logout_token')}`);
        open.set(host, (open.get(host) ?? 0) + 1);
        most = Math.max(most, ...open.values());
        try {
          if (host.startsWith('dead')) await new Promise((_, fail) => signal?.addEventListener('abort', fail));
          else await new Promise((resolve) => setTimeout(resolve, 20));
          return new Response(null, { status: 204 });
        } finally {
          open.set(host, (open.get(host) ?? 0) - 1);
        }
      };
      const receiver = (clientId: string): Receiver => ({ uri: `https://${hosts[clientId]}/`, sessionRequired: false });
      const delivery = createDelivery({
        ...store.deps,
        log: createLogger({ level: 'silent', format: 'json' }),
        receiverOf: receiver,
        neighboursOf: (clientId) => Object.keys(hosts).filter((each) => hosts[each] === hosts[clientId]),
        tokenFor: async ({ clientId, sid }) => `${clientId} ${sid}`,
        outgoing,
      });
      onTestFinished(() => delivery.stop());
      return { delivery, calls, most: () => most };
    }

    async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
      for (let tries = 0; !(await holds()); tries += 1) {
        if (tries > 500) throw new Error('waited for too long');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }

    test('host by host, one message at a time, in order; apps that do not answer hold nobody else up', async () => {
      const sids = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'];
      const { delivery, calls, most } = deliveryTo({ a: 'one.test', b: 'one.test', c: 'dead.test', d: 'dead.test' });
      for (const sid of sids) {
        await write(notice('c', sid), notice('d', sid), notice('a', sid), notice('b', sid));
        movingClock.advance({ seconds: 1 });
      }
      delivery.start();
      await until(() => calls.filter((call) => /^[ab]/.test(call)).length === 20);
      expect(calls.filter((call) => call.startsWith('a'))).toEqual(sids.map((sid) => `a ${sid}`));
      expect(calls.filter((call) => /^[cd]/.test(call))).toHaveLength(1);
      expect(most()).toBe(1);
      await delivery.stop();
      expect((await waiting()).filter((clientId) => /[ab]/.test(clientId))).toEqual([]);
    });

    test('by two at once, with nothing told twice', async () => {
      const hosts = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`app-${index}`, `app-${index}.test`]));
      const both = [deliveryTo(hosts), deliveryTo(hosts)];
      await write(...Object.keys(hosts).flatMap((clientId) => [notice(clientId, 'x'), notice(clientId, 'y')]));
      for (const { delivery } of both) delivery.start();
      const calls = () => both.flatMap((each) => each.calls);
      await until(async () => (await waiting()).length === 0);
      expect(calls().sort()).toEqual(
        Object.keys(hosts)
          .flatMap((id) => [`${id} x`, `${id} y`])
          .sort(),
      );
    });
  });
});

describe.skipIf(!postgresAvailable())('processes on one PostgreSQL', () => {
  let store: Store;

  beforeAll(async () => {
    store = await openStore('postgres');
  });
  afterAll(() => store.database.close());

  /** Other processes do not know the clock that tests move. */
  const deps = () => ({ ...store.deps, clock: systemClock });

  async function deliveringProcess(uri: string): Promise<ChildProcess> {
    const script = path.join(import.meta.dirname, 'delivering-process.ts');
    const child = spawn(process.execPath, [script, String(store.database.url), uri], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    return child;
  }

  test('tell an app once, and one that is killed while it does leaves the notice to the others', async () => {
    const receiver = await receiverForTest();
    const processes = [await deliveringProcess(receiver.uri), await deliveringProcess(receiver.uri)];
    const jtis = () => receiver.received.map(({ claims }) => claims.jti);
    await writeNotices(
      deps(),
      Array.from({ length: 20 }, (_, index) => notice(`app-${index}`)),
    );
    await expect
      .poll(async () => (await listNotices(store.deps.db, { limit: 100 })).length, { timeout: 20_000 })
      .toBe(0);
    expect(receiver.received).toHaveLength(20);
    expect(new Set(jtis()).size).toBe(20);

    receiver.answers(() => undefined);
    await writeNotices(deps(), [notice('slow')]);
    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(21);
    for (const child of processes) child.kill('SIGKILL');
    await Promise.all(processes.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
    const lost = (await listNotices(store.deps.db, { limit: 1 }))[0];
    expect(lost).toMatchObject({ clientId: 'slow', attempts: 1, lastError: undefined });

    // As if the minute of its lease were over.
    receiver.answers(200);
    await store.deps.db.updateTable('logout_notices').set({ next_attempt_at: sql<Date>`now()` }).execute();
    await deliveringProcess(receiver.uri);
    await expect.poll(async () => (await listNotices(store.deps.db, { limit: 1 })).length, { timeout: 20_000 }).toBe(0);
    expect(receiver.received).toHaveLength(22);
    expect(jtis()[21]).toBe(lost?.id);
  });
});
