// What a person recognises a session by: written when it begins, at most once a minute after that, gone when it ends.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MOST_GRANTS, MOST_SESSIONS, noteSavedSession } from '../../src/sessions/begin-session.ts';
import { endEverythingOf } from '../../src/sessions/end-everything.ts';
import { endSession } from '../../src/sessions/end-session.ts';
import { endSessionOf, endSessionsOf } from '../../src/sessions/end-session-of.ts';
import { handleOf, listSessions } from '../../src/sessions/list-sessions.ts';
import { detailsOf, noteSessionUse, sweepSessionDetails } from '../../src/sessions/session-details.ts';
import { countAsActivity } from '../../src/sessions/session-lifetime.ts';
import { movingClock } from '../support/moving-clock.ts';
import { beginSession, personIn } from './account-sessions.ts';
import { atOnce, KINDS } from './racing.ts';
import { newId, now, openStore, type Store, saveGrant, saveToken } from './stored.ts';

const LIMITS = { idleSeconds: 3600, absoluteSeconds: 43_200, keep: { idleSeconds: 86_400, absoluteSeconds: 259_200 } };
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0';

describe.each(KINDS)('the details of a session on %s', (kind) => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(kind);
  });
  afterAll(() => store.database.close());

  const deps = () => ({ ...store.deps, limits: LIMITS });
  const source = (address: string, userAgent = FIREFOX) => ({ address, userAgent, requestId: 'r' });
  const use = async (uid: string, accountId: string, address = '192.0.2.1', expiresInSeconds = 3600) =>
    (await noteSessionUse(deps(), { uid, accountId, source: source(address), expiresInSeconds })).outcome;
  const begun = (accountId: string, more: object = {}) => beginSession(store, deps(), { accountId, ...more });
  const uidsOf = async (accountId: string) => (await listSessions(deps(), accountId)).map(({ uid }) => uid);
  const versionOf = async (uid: string) =>
    (
      await sql<{ xmin: string }>`select xmin::text from session_details where session_uid = ${uid}`.execute(
        store.deps.db,
      )
    ).rows[0]?.xmin;

  test('keep where it began, and follow where it is used', async () => {
    const jane = await personIn(store);
    const uid = newId();
    expect(await use(uid, jane, '192.0.2.1')).toBe('begun');
    movingClock.advance({ minutes: 2 });
    expect(await use(uid, jane, '2001:db8::1')).toBe('noted');
    const details = (await detailsOf(store.deps.db, jane)).get(uid);
    expect(details).toMatchObject({ userAgent: FIREFOX, firstAddress: '192.0.2.1', lastAddress: '2001:db8::1' });
    expect(Number(details?.lastSeenAt) - Number(details?.createdAt)).toBeGreaterThan(119_000);
  });

  test('are not written more than once a minute, unless something has changed', async () => {
    const jane = await personIn(store);
    const uid = newId();
    await use(uid, jane);
    const before = await versionOf(uid);
    movingClock.advance({ seconds: 50 });
    expect(await use(uid, jane)).toBe('passed_over');
    expect(await versionOf(uid)).toBe(before);
    expect(await use(uid, jane, '192.0.2.2')).toBe('noted');
    expect(await use(uid, jane, '192.0.2.2', 86_400)).toBe('noted');
  });

  test('are cut where a User-Agent is longer than any browser’s', async () => {
    const jane = await personIn(store);
    const uid = newId();
    const long = { uid, accountId: jane, source: source('::1', 'x'.repeat(9000)), expiresInSeconds: 60 };
    await noteSessionUse(deps(), long);
    expect((await detailsOf(store.deps.db, jane)).get(uid)?.userAgent).toHaveLength(400);
  });

  test('of an account that is gone are not written', async () => {
    expect(await use(newId(), 'nobody')).toBe('passed_over');
  });

  test('of one session are one row, whoever writes at once', async () => {
    const jane = await personIn(store);
    const uid = newId();
    const answers = await atOnce(20, () => use(uid, jane));
    expect(answers.filter((each) => each === 'begun')).toHaveLength(1);
  });

  test('are gone with the session, and with everything of the account', async () => {
    const jane = await personIn(store);
    const [one, other] = [await begun(jane), await begun(jane)];
    await endSession(store.deps, one.uid);
    expect([...(await detailsOf(store.deps.db, jane)).keys()]).toEqual([other.uid]);
    await endEverythingOf(store.deps, jane);
    expect((await detailsOf(store.deps.db, jane)).size).toBe(0);
  });

  test('are swept when the session has run out, and not before', async () => {
    const jane = await personIn(store);
    const [brief, long] = [newId(), newId()];
    await use(brief, jane, '::1', 60);
    await use(long, jane, '::1', 86_400);
    movingClock.advance({ minutes: 5 });
    await sweepSessionDetails(store.deps, 1000);
    expect((await detailsOf(store.deps.db, jane)).has(brief)).toBe(true);
    movingClock.advance({ minutes: 2 });
    await sweepSessionDetails(store.deps, 1000);
    expect([...(await detailsOf(store.deps.db, jane)).keys()]).toEqual([long]);
  });

  test('follow a refresh by an app in time, not in place', async () => {
    const jane = await personIn(store);
    const { uid } = await begun(jane);
    movingClock.advance({ minutes: 30 });
    await countAsActivity(deps(), { uid, now: now() });
    const details = (await detailsOf(store.deps.db, jane)).get(uid);
    expect(details?.lastAddress).toBe('192.0.2.1');
    expect(Number(details?.lastSeenAt) - Number(details?.createdAt)).toBeGreaterThan(1_790_000);
  });

  describe('and the list', () => {
    test('has each session once, last used first, with its apps', async () => {
      const jane = await personIn(store);
      const old = await begun(jane, { authorizations: { web: { sid: 's', grantId: 'g' } } });
      movingClock.advance({ minutes: 1 });
      const fresh = await begun(jane, { keep: true });
      await beginSession(store, deps(), { accountId: jane, uid: old.uid, authorizations: { spa: { sid: 't' } } });
      movingClock.advance({ minutes: 1 });
      await begun(await personIn(store));
      const list = await listSessions(deps(), jane);
      expect(list.map(({ uid }) => uid).sort()).toEqual([old.uid, fresh.uid].sort());
      expect(list.find(({ uid }) => uid === old.uid)).toMatchObject({ kept: false, clientIds: ['spa', 'web'] });
      expect(list.find(({ uid }) => uid === fresh.uid)).toMatchObject({ kept: true, userAgent: FIREFOX });
    });

    test('leaves out what has run out by the limits in force, and what has ended', async () => {
      const jane = await personIn(store);
      const [usual, kept, ended] = [await begun(jane), await begun(jane, { keep: true }), await begun(jane)];
      await endSession(store.deps, ended.uid);
      expect((await uidsOf(jane)).sort()).toEqual([usual.uid, kept.uid].sort());
      movingClock.advance({ minutes: 61 });
      expect(await uidsOf(jane)).toEqual([kept.uid]);
      const shorter = { ...deps(), limits: { ...LIMITS, keep: undefined } };
      expect(await listSessions(shorter, jane)).toEqual([]);
    });

    test('has a session that another release began', async () => {
      const jane = await personIn(store);
      const { uid } = await begun(jane);
      await sql`delete from session_details where session_uid = ${uid}`.execute(store.deps.db);
      expect(await listSessions(deps(), jane)).toMatchObject([{ uid, userAgent: '', lastAddress: '' }]);
    });
  });

  describe('and ending by hand', () => {
    test('ends one of the account’s own, with an event', async () => {
      const jane = await personIn(store);
      const [one, other] = [await begun(jane), await begun(jane)];
      const end = () => endSessionOf(deps(), { accountId: jane, handle: handleOf(one.uid), source: source('::1') });
      expect(await end()).toBe('ended');
      expect(await end()).toBe('not_found');
      expect(await uidsOf(jane)).toEqual([other.uid]);
      const events = await store.deps.db
        .selectFrom('audit_events')
        .select('event')
        .where('account_id', '=', jane)
        .execute();
      expect(events).toEqual([{ event: 'session.ended' }]);
    });

    test('never ends somebody else’s', async () => {
      const [jane, tom] = [await personIn(store), await personIn(store)];
      const toms = await begun(tom);
      for (const handle of [handleOf(toms.uid), toms.uid, '', '1', newId()]) {
        expect(await endSessionOf(deps(), { accountId: jane, handle })).toBe('not_found');
      }
      expect(await uidsOf(tom)).toEqual([toms.uid]);
    });

    test('ends all others, and says how many', async () => {
      const jane = await personIn(store);
      const [mine] = [await begun(jane), await begun(jane), await begun(jane)];
      expect(await endSessionsOf(deps(), { accountId: jane, keepUid: mine.uid })).toBe(2);
      expect(await uidsOf(jane)).toEqual([mine.uid]);
      expect(await endSessionsOf(deps(), { accountId: jane, keepUid: mine.uid })).toBe(0);
    });

    test('is done once, by twenty who try', async () => {
      const jane = await personIn(store);
      const { uid } = await begun(jane, { authorizations: { web: { sid: 's' } } });
      await atOnce(20, () => endSessionOf(deps(), { accountId: jane, handle: handleOf(uid) }));
      const notices = await store.deps.db
        .selectFrom('logout_notices')
        .select('sid')
        .where('account_id', '=', jane)
        .execute();
      const events = await store.deps.db
        .selectFrom('audit_events')
        .select('event')
        .where('account_id', '=', jane)
        .execute();
      expect([notices.length, events.length]).toEqual([1, 1]);
    });
  });

  test(`an account has at most ${MOST_GRANTS} grants that no session holds: the oldest end, with their tokens`, async () => {
    const jane = await personIn(store);
    const held = await saveGrant(store, { accountId: jane });
    await begun(jane, { authorizations: { web: { sid: 's', grantId: held } } });
    const grants: string[] = [];
    for (let index = 0; index < MOST_GRANTS + 2; index += 1) grants.push(await saveGrant(store, { accountId: jane }));
    const [oldest = '', second = '', third = ''] = grants;
    const token = await saveToken(store, { model: 'RefreshToken', grantId: oldest, accountId: jane });
    await begun(jane);
    const stands = async (id: string) => (await store.adapter('Grant').find(id)) !== undefined;
    expect(await Promise.all([held, oldest, second, third].map(stands))).toEqual([true, false, false, true]);
    expect(await store.adapter('RefreshToken').find(token)).toBeUndefined();
  });

  test(`an account has at most ${MOST_SESSIONS} sessions: the one that was not used for longest ends`, async () => {
    const jane = await personIn(store);
    const uids: string[] = [];
    for (let index = 0; index < MOST_SESSIONS; index += 1) {
      uids.push((await begun(jane, { keep: true })).uid);
      movingClock.advance({ seconds: 1 });
    }
    expect(await uidsOf(jane)).toHaveLength(MOST_SESSIONS);
    const oldest = uids[0] ?? '';
    movingClock.advance({ minutes: 2 });
    await beginSession(store, deps(), { accountId: jane, uid: oldest, keep: true });
    movingClock.advance({ seconds: 1 });
    const last = await begun(jane, { keep: true });
    const left = await uidsOf(jane);
    expect(left).toHaveLength(MOST_SESSIONS);
    expect([left.includes(last.uid), left.includes(oldest), left.includes(uids[1] ?? '')]).toEqual([true, true, false]);
    await noteSavedSession(deps(), { uid: last.uid, accountId: jane, source: undefined, expiresInSeconds: 60 });
    expect(await uidsOf(jane)).toHaveLength(MOST_SESSIONS);
  });
});
