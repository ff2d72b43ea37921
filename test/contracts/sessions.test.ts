// A session is several rows when requests run side by side. None of them loses what another has learnt, and they end together.
import type { AdapterPayload } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { revokeGrant } from '../../src/protocol-store/payloads.ts';
import { claimSessionGrant } from '../../src/protocol-store/session-rows.ts';
import { endEverythingOf } from '../../src/sessions/end-everything.ts';
import { endSession } from '../../src/sessions/end-session.ts';
import { countAsActivity } from '../../src/sessions/session-lifetime.ts';
import { movingClock } from '../support/moving-clock.ts';
import { atOnce, KINDS } from './racing.ts';
import { newId, now, openStore, payloadOf, type Store, saveGrant, saveToken } from './stored.ts';

const LIMITS = { idleSeconds: 3600, absoluteSeconds: 43_200, keep: undefined };

describe.each(KINDS)('a session on %s', (kind) => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(kind);
  });
  afterAll(() => store.database.close());

  const sessions = () => store.adapter('Session');
  const find = async (id: string) => (await sessions().find(id)) as AdapterPayload | undefined;
  const findByUid = async (uid: string) => (await sessions().findByUid(uid)) as AdapterPayload | undefined;

  /** What one request has loaded or made: saved under any identifier, as the engine does it. */
  const sessionOf = (uid: string, more: object = {}, seconds = LIMITS.idleSeconds) => ({
    async save(id: string): Promise<string> {
      const payload = payloadOf('Session', id, { uid, accountId: 'jane', loginTs: now(), ...more }, seconds);
      await sessions().upsert(id, payload, seconds);
      return id;
    },
  });

  /** The engine gives a session another identifier: it forgets the old one, then saves under the new one. */
  async function renames(from: string, uid: string, more: object = {}): Promise<string> {
    await sessions().destroy(from);
    return sessionOf(uid, more).save(newId());
  }

  const claim = (uid: string, grantId: string, clientId = 'web') =>
    claimSessionGrant(store.deps, { uid, accountId: 'jane', clientId, sid: newId(), grantId });

  test('is found as it was saved, under its identifier and by its uid', async () => {
    const uid = newId();
    const authorizations = { web: { sid: 's', grantId: 'g' } };
    const id = await sessionOf(uid, { acr: 'pwd', amr: ['pwd'], authorizations, state: { secret: 'x' } }).save(newId());
    const saved = { kind: 'Session', uid, accountId: 'jane', acr: 'pwd', amr: ['pwd'], authorizations };
    expect(await find(id)).toMatchObject({ ...saved, jti: id, state: { secret: 'x' } });
    expect(await findByUid(uid)).toMatchObject(saved);
    expect(await find(newId())).toBeUndefined();
    expect(await findByUid(newId())).toBeUndefined();
  });

  test('keeps what two requests add for two apps, under all its identifiers', async () => {
    const uid = newId();
    const id = await sessionOf(uid, { authorizations: { web: { sid: '1', grantId: 'g1' } } }).save(newId());
    await sessionOf(uid, {
      authorizations: { web: { sid: '1', grantId: 'g1' }, spa: { sid: '2', grantId: 'g2' } },
    }).save(id);
    const other = await sessionOf(uid, { authorizations: { native: { sid: '3', grantId: 'g3' } } }).save(newId());
    const all = { web: { grantId: 'g1' }, spa: { grantId: 'g2' }, native: { grantId: 'g3' } };
    for (const session of [await find(id), await find(other), await findByUid(uid)]) {
      expect(session?.['authorizations']).toMatchObject(all);
    }
  });

  test('holds as many apps as somebody uses', async () => {
    const entries = Array.from({ length: 300 }, () => [newId(), { sid: newId(), grantId: newId() }]);
    const authorizations = Object.fromEntries(entries) as object;
    const id = await sessionOf(newId(), { authorizations }).save(newId());
    expect((await find(id))?.['authorizations']).toEqual(authorizations);
  });

  test('keeps what twenty requests add at once', async () => {
    const uid = newId();
    const id = await sessionOf(uid).save(newId());
    await atOnce(20, (index) =>
      sessionOf(uid, { authorizations: { [`app-${index}`]: { sid: newId(), grantId: newId() } } }).save(
        index % 2 === 0 ? id : newId(),
      ),
    );
    expect(Object.keys((await find(id))?.['authorizations'] as object)).toHaveLength(20);
    expect(Object.keys((await findByUid(uid))?.['authorizations'] as object)).toHaveLength(20);
  });

  test('does not lose a grant to a request that loaded it earlier', async () => {
    const uid = newId();
    const id = await sessionOf(uid).save(newId());
    const grantId = await saveGrant(store);
    const settled = await claim(uid, grantId);
    // The engine makes an empty entry for a client it only asks about; an older grant of the client is gone.
    for (const stale of [{}, { web: {} }, { web: { sid: 'other' } }, { web: { sid: 'other', grantId: 'gone' } }]) {
      await sessionOf(uid, { authorizations: stale }).save(id);
      expect((await find(id))?.['authorizations']).toEqual({ web: settled });
    }
  });

  test('remembers that a grant outlives it, whoever saves last', async () => {
    const uid = newId();
    const web = { sid: 's', grantId: 'g' };
    const id = await sessionOf(uid, { authorizations: { web } }).save(newId());
    await sessionOf(uid, { authorizations: { web: { ...web, persistsLogout: true } } }).save(id);
    await sessionOf(uid, { authorizations: { web } }).save(id);
    expect((await find(id))?.['authorizations']).toEqual({ web: { ...web, persistsLogout: true } });
    await sessionOf(uid, { authorizations: { web: { ...web, grantId: 'another', persistsLogout: true } } }).save(id);
    expect((await find(id))?.['authorizations']).toEqual({ web: { ...web, persistsLogout: true } });
  });

  test('shares nothing with another person who has used the same browser', async () => {
    const uid = newId();
    const janes = await sessionOf(uid, { authorizations: { web: { sid: '1', grantId: 'g1' } } }).save(newId());
    const toms = await sessionOf(uid, { accountId: 'tom', authorizations: { spa: { sid: '2', grantId: 'g2' } } }).save(
      newId(),
    );
    expect((await find(janes))?.['authorizations']).toEqual({ web: { sid: '1', grantId: 'g1' } });
    expect((await find(toms))?.['authorizations']).toEqual({ spa: { sid: '2', grantId: 'g2' } });
  });

  describe('that gets a new identifier', () => {
    test('keeps its authorizations', async () => {
      const uid = newId();
      const authorizations = { web: { sid: '1', grantId: 'g1' } };
      const old = await sessionOf(uid, { authorizations }).save(newId());
      const fresh = await renames(old, uid, { authorizations: {} });
      expect((await find(fresh))?.['authorizations']).toEqual(authorizations);
      expect((await findByUid(uid))?.['authorizations']).toEqual(authorizations);
    });

    test('is there for its tokens at every moment', async () => {
      const uid = newId();
      const old = await sessionOf(uid).save(newId());
      await sessions().destroy(old);
      expect(await findByUid(uid)).toMatchObject({ accountId: 'jane' });
      const grantId = await saveGrant(store);
      const settled = await claim(uid, grantId);
      const fresh = await sessionOf(uid).save(newId());
      expect((await find(fresh))?.['authorizations']).toEqual({ web: settled });
    });

    test('still answers requests that were sent with the old one, for ten seconds', async () => {
      const uid = newId();
      const loginTs = now();
      const old = await sessionOf(uid, { loginTs }).save(newId());
      await renames(old, uid, { loginTs });
      expect(await find(old)).toMatchObject({ uid, accountId: 'jane', jti: old });
      movingClock.advance({ seconds: 11 });
      expect(await find(old)).toBeUndefined();
    });

    test('goes on under the old one as well where such a request has sent it back to the browser', async () => {
      const uid = newId();
      const loginTs = now();
      const old = await sessionOf(uid, { loginTs }).save(newId());
      const fresh = await renames(old, uid, { loginTs });
      await sessionOf(uid, { loginTs, authorizations: { spa: { sid: '2', grantId: 'g2' } } }).save(old);
      movingClock.advance({ minutes: 10 });
      for (const id of [old, fresh]) {
        expect((await find(id))?.['authorizations']).toEqual({ spa: { sid: '2', grantId: 'g2' } });
      }
    });

    test('cannot be had by who planted the old one before the sign-in', async () => {
      const uid = newId();
      const planted = await sessionOf(uid, { accountId: undefined, loginTs: undefined }).save(newId());
      const fresh = await renames(planted, uid);
      expect(await find(planted)).toBeUndefined();
      await sessionOf(uid, { accountId: undefined, loginTs: undefined }).save(planted);
      expect(await find(planted)).toBeUndefined();
      expect(await find(fresh)).toMatchObject({ accountId: 'jane' });
    });

    test('has ended under the old one once the person has proved again who they are', async () => {
      const uid = newId();
      const loginTs = now();
      const old = await sessionOf(uid, { loginTs, acr: 'pwd' }).save(newId());
      const fresh = await renames(old, uid, { loginTs: loginTs + 5, acr: 'mfa' });
      expect(await find(old)).toBeUndefined();
      await sessionOf(uid, { loginTs, acr: 'pwd' }).save(old);
      expect(await find(old)).toBeUndefined();
      expect(await find(fresh)).toMatchObject({ acr: 'mfa' });
      expect(await findByUid(uid)).toMatchObject({ acr: 'mfa' });
    });
  });

  describe('that has ended', () => {
    test('does not come back, under its identifier or another', async () => {
      const uid = newId();
      const id = await sessionOf(uid).save(newId());
      const other = await sessionOf(uid).save(newId());
      await endSession(store.deps, uid);
      await sessionOf(uid).save(id);
      const late = await renames(other, uid);
      for (const each of [id, other, late]) expect(await find(each)).toBeUndefined();
      expect(await findByUid(uid)).toBeUndefined();
      movingClock.advance({ minutes: 10 });
      expect(await find(await sessionOf(uid).save(newId()))).toBeUndefined();
    });

    test('does not come back through requests that run while it ends', async () => {
      for (let round = 0; round < 10; round += 1) {
        const uid = newId();
        const id = await sessionOf(uid).save(newId());
        const saving = atOnce(8, (index) => (index % 2 === 0 ? sessionOf(uid).save(newId()) : renames(id, uid)));
        await endSession(store.deps, uid);
        for (const saved of await saving) expect(await find(saved)).toBeUndefined();
        expect(await findByUid(uid)).toBeUndefined();
      }
    });

    test('takes its grants along, but those with offline access', async () => {
      const uid = newId();
      const [bound, offline] = [await saveGrant(store), await saveGrant(store)];
      const authorizations = {
        web: { sid: '1', grantId: bound },
        spa: { sid: '2', grantId: offline, persistsLogout: true },
      };
      await sessionOf(uid, { authorizations }).save(newId());
      const [dead, alive] = await Promise.all(
        [bound, offline].map((grantId) => saveToken(store, { model: 'RefreshToken', grantId })),
      );
      await endSession(store.deps, uid);
      expect(await store.adapter('Grant').find(bound)).toBeUndefined();
      expect(await store.adapter('RefreshToken').find(dead!)).toBeUndefined();
      expect(await store.adapter('Grant').find(offline)).toBeDefined();
      expect(await store.adapter('RefreshToken').find(alive!)).toBeDefined();
    });

    test('gives no grant to a request that comes too late', async () => {
      const uid = newId();
      const id = await sessionOf(uid).save(newId());
      await endSession(store.deps, uid);
      await claim(uid, await saveGrant(store));
      expect(await find(id)).toBeUndefined();
    });

    test('with its account does not come back through requests in flight', async () => {
      for (let round = 0; round < 5; round += 1) {
        const [uid, accountId] = [newId(), newId()];
        const id = await sessionOf(uid, { accountId }).save(newId());
        const saving = atOnce(6, () => renames(id, uid, { accountId }));
        expect(await endEverythingOf(store.deps, accountId)).toBe(1);
        for (const saved of await saving) expect(await find(saved)).toBeUndefined();
      }
    });
  });

  describe('and its grant for an app', () => {
    test('is one, however many tabs ask at once', async () => {
      const uid = newId();
      const id = await sessionOf(uid).save(newId());
      const grants = await atOnce(20, () => saveGrant(store));
      const settled = await Promise.all(grants.map((grantId) => claim(uid, grantId)));
      expect(new Set(settled.map(({ grantId }) => grantId)).size).toBe(1);
      expect(new Set(settled.map(({ sid }) => sid)).size).toBe(1);
      expect((await find(id))?.['authorizations']).toEqual({ web: settled[0] });
    });

    test('is another one after it was revoked or has expired', async () => {
      const uid = newId();
      await sessionOf(uid).save(newId());
      const [revoked, expired, standing] = [
        await saveGrant(store),
        await saveGrant(store, {}, 30),
        await saveGrant(store),
      ];
      const first = await claim(uid, revoked);
      await revokeGrant(store.deps, revoked);
      expect(await claim(uid, expired)).toEqual({ sid: first.sid, grantId: expired });
      movingClock.advance({ seconds: 31 });
      expect(await claim(uid, standing)).toEqual({ sid: first.sid, grantId: standing });
      expect((await findByUid(uid))?.['authorizations']).toEqual({ web: { sid: first.sid, grantId: standing } });
    });

    test('is never the one of somebody else who was signed in there', async () => {
      const uid = newId();
      const toms = await saveGrant(store, { accountId: 'tom' });
      await sessionOf(uid, { accountId: 'tom', authorizations: { web: { sid: 's', grantId: toms } } }).save(newId());
      const ours = await saveGrant(store);
      expect(await claim(uid, ours)).toMatchObject({ grantId: ours });
    });
  });

  describe('counted as active', () => {
    const active = (uid: string) => countAsActivity({ ...store.deps, limits: LIMITS }, { uid, now: now() });
    const endOf = async (id: string) => (await find(id))?.exp;

    test('lasts its idle time from now, where it is stored and for the engine', async () => {
      const uid = newId();
      const id = await sessionOf(uid).save(newId());
      movingClock.advance({ minutes: 50 });
      const from = now();
      await active(uid);
      const end = await endOf(id);
      expect(end).toBeGreaterThanOrEqual(from + LIMITS.idleSeconds);
      expect(end).toBeLessThanOrEqual(now() + LIMITS.idleSeconds);
      movingClock.advance({ minutes: 59 });
      expect(await endOf(id)).toBe(end);
      movingClock.advance({ minutes: 7 });
      expect(await endOf(id)).toBeUndefined();
    });

    test('never lasts beyond its absolute limit, each row by the sign-in it knows', async () => {
      const uid = newId();
      const loginTs = now() - LIMITS.absoluteSeconds + 600;
      const old = await sessionOf(uid, { loginTs }, 500).save(newId());
      const fresh = await sessionOf(uid, { loginTs: loginTs + 5 }, 500).save(newId());
      await active(uid);
      expect(await endOf(old)).toBe(loginTs + LIMITS.absoluteSeconds);
      expect(await endOf(fresh)).toBe(loginTs + 5 + LIMITS.absoluteSeconds);
      expect((await findByUid(uid))?.exp).toBe(await endOf(fresh));
    });

    test('is left with nothing by an earlier sign-in, whatever brought that back', async () => {
      const uid = newId();
      const old = await sessionOf(uid, { loginTs: now() - 60 }).save(newId());
      const fresh = await sessionOf(uid, { loginTs: now() }).save(newId());
      expect([await find(old), (await find(fresh))?.jti]).toEqual([undefined, fresh]);
    });

    test('ends no earlier by it', async () => {
      const uid = newId();
      const id = await sessionOf(uid, {}, 2 * LIMITS.idleSeconds).save(newId());
      const end = await endOf(id);
      await active(uid);
      expect(await endOf(id)).toBe(end);
    });

    test('keeps what is added to it at the same moment', async () => {
      const uid = newId();
      const id = await sessionOf(uid).save(newId());
      movingClock.advance({ minutes: 1 });
      const from = now();
      const adding = atOnce(10, async () => claim(uid, await saveGrant(store), newId()));
      await Promise.all([adding, atOnce(10, () => active(uid))]);
      expect(Object.keys((await find(id))?.['authorizations'] as object)).toHaveLength(10);
      expect(await endOf(id)).toBeGreaterThanOrEqual(from + LIMITS.idleSeconds);
    });
  });

  test('is found by its uid through the row that lasts longest', async () => {
    const uid = newId();
    await sessionOf(uid, { acr: 'lasting' }, 3600).save(newId());
    await sessionOf(uid, { acr: 'brief' }, 10).save(newId());
    expect(await findByUid(uid)).toMatchObject({ acr: 'lasting' });
    movingClock.advance({ seconds: 60 });
    expect(await findByUid(uid)).toMatchObject({ acr: 'lasting' });
  });
});
