// What processes say they serve, and what people hold at apps, is kept and counted the same on PGlite and on PostgreSQL.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  noteServed,
  noteStopped,
  readServed,
  type ServedSettings,
  sweepServed,
} from '../../src/clients/live/served-configurations.ts';
import type { ServedClients } from '../../src/clients/plan/describe-client.ts';
import { accountsAt, countHoldings, countTokensWith } from '../../src/protocol-store/holdings.ts';
import { buryGrant, revokeGrant } from '../../src/protocol-store/payloads.ts';
import { countRefused, countRefusedByGroup } from '../../src/roles/admission.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { createRole } from '../../src/roles/roles.ts';
import { countConsents, rememberConsent } from '../../src/sessions/consents.ts';
import { countRefusedByAttribute } from '../../src/sessions/refused-by-attribute.ts';
import { putIntoGroup, putModel } from '../support/model.ts';
import { movingClock } from '../support/moving-clock.ts';
import { atOnce, KINDS } from './racing.ts';
import { newId, now, openStore, payloadOf, type Store } from './stored.ts';

const SETTINGS: ServedSettings = {
  values: { 'server.port': 3000, mfa: 'optional' },
  variables: [],
  apis: {},
  fingerprintKey: 'k',
};
const A = { instance: 'a', process: 'host:1', version: '1.0.0' };
const B = { instance: 'b', process: 'host:2', version: '1.0.0' };

const clients = (...fingerprints: string[]): ServedClients => ({
  shop: {
    name: 'Shop',
    file: 'clients/shop.yaml',
    values: { require_pkce: true, scope: ['openid'] },
    secrets: fingerprints.map((fingerprint) => ({ fingerprint, expires: null, created: null, firstSeen: null })),
  },
});

const elsewhere = (set: ServedClients): ServedClients =>
  Object.fromEntries(Object.entries(set).map(([id, client]) => [id, { ...client, file: `/etc/gatehouse/${id}.yaml` }]));

describe.each(KINDS)('on %s', (kind) => {
  let store: Store;
  beforeEach(async () => {
    store = await openStore(kind);
  });
  afterEach(() => store.database.close());

  const note = (process: typeof A, set: ServedClients, settings = SETTINGS) =>
    noteServed(store.deps, process, { clients: set, settings });
  const running = async () => (await readServed(store.deps)).filter((served) => served.isRunning);

  describe('what a process serves', () => {
    test('is read as it was written, with the time since when', async () => {
      await note(A, clients('x'));
      movingClock.advance({ seconds: 30 });
      await note(A, clients('x'));
      const [served] = await readServed(store.deps);
      expect(served).toMatchObject({ ...A, settings: SETTINGS, isRunning: true });
      expect(served?.clients['shop']?.values).toEqual(clients()['shop']?.values);
      const seconds = (Number(served?.seenAt) - Number(served?.inForceSince)) / 1000;
      expect(seconds).toBeGreaterThan(29);
      await note(A, clients('x', 'y'));
      const [changed] = await readServed(store.deps);
      expect(Number(changed?.inForceSince)).toBeGreaterThan(Number(served?.inForceSince));
      expect(Number(changed?.startedAt)).toBe(Number(served?.startedAt));
    });

    test('is no longer running once it stops, or says nothing for three minutes', async () => {
      await note(A, clients());
      await note(B, clients());
      await noteStopped(store.deps, 'a');
      expect((await running()).map(({ instance }) => instance)).toEqual(['b']);
      movingClock.advance({ minutes: 2 });
      expect(await running()).toHaveLength(1);
      movingClock.advance({ minutes: 2 });
      expect(await running()).toEqual([]);
      await note(B, clients());
      expect(await running()).toHaveLength(1);
    });

    test('is swept after a day, but never the last one', async () => {
      await note(A, clients());
      movingClock.advance({ hours: 1 });
      await note(B, clients());
      movingClock.advance({ hours: 24 });
      await sweepServed(store.deps);
      expect((await readServed(store.deps)).map(({ instance }) => instance)).toEqual(['b']);
      movingClock.advance({ days: 100 });
      await sweepServed(store.deps);
      expect(await readServed(store.deps)).toHaveLength(1);
    });

    test('is equal to what another one serves, whatever port that listens on, and wherever its files are', async () => {
      await note(A, clients('x'));
      movingClock.advance({ seconds: 5 });
      await note(B, elsewhere(clients('x')), { ...SETTINGS, values: { ...SETTINGS.values, 'server.port': 3001 } });
      expect(new Set((await readServed(store.deps)).map(({ digest }) => digest)).size).toBe(1);
      await note(B, clients('x'), { ...SETTINGS, values: { ...SETTINGS.values, mfa: 'required' } });
      expect(new Set((await readServed(store.deps)).map(({ digest }) => digest)).size).toBe(2);
    });

    test('passes on since when each secret has been served, to other processes and over restarts', async () => {
      const ages = async (instance: string) => {
        const served = (await readServed(store.deps)).find((each) => each.instance === instance);
        return served?.clients['shop']?.secrets.map(({ firstSeen }) =>
          Math.round((movingClock.now().getTime() - new Date(firstSeen ?? 0).getTime()) / 86_400_000),
        );
      };
      await note(A, clients('x'));
      movingClock.advance({ days: 200 });
      await note(A, clients('x', 'y'));
      await noteStopped(store.deps, 'a');
      movingClock.advance({ days: 200 });
      await note(B, clients('x', 'y', 'z'));
      expect(await ages('b')).toEqual([400, 200, 0]);
    });

    test('is written once each by processes that start at once', async () => {
      await atOnce(8, (index) => note({ ...A, instance: String(index % 4) }, clients('x')));
      expect(await running()).toHaveLength(4);
    });
  });

  describe('what people hold at an app', () => {
    const put = async (model: string, more: Record<string, unknown>, seconds = 3600) => {
      const id = newId();
      await store.adapter(model).upsert(id, payloadOf(model, id, more, seconds), seconds);
      return id;
    };
    const grantOf = (accountId: string, clientId = 'shop', seconds = 3600) =>
      put('Grant', { accountId, clientId }, seconds);
    const tokenOf = (grantId: string, more: object = {}) =>
      put('RefreshToken', { accountId: 'ann', clientId: 'shop', grantId, scope: 'openid', ...more });
    const held = async () => (await countHoldings(store.deps, ['shop', 'other']))[0];

    test('is counted while it can be used, and no longer', async () => {
      const [one, two, revoked, buried] = [
        await grantOf('ann'),
        await grantOf('bob'),
        await grantOf('ann'),
        await grantOf('eve'),
      ];
      await grantOf('ann', 'other');
      for (const grant of [one, one, two, revoked, buried]) await tokenOf(grant);
      const spent = await tokenOf(one);
      await store.adapter('RefreshToken').consume(spent);
      await revokeGrant(store.deps, revoked);
      await buryGrant(store.deps, buried);
      expect(await held()).toEqual({ clientId: 'shop', grants: 2, people: 2, refreshTokens: 3, sessions: 0 });
      expect([...(await accountsAt(store.deps, 'shop'))].sort()).toEqual(['ann', 'bob']);
      expect((await countHoldings(store.deps, ['other', 'none'])).map(({ grants }) => grants)).toEqual([1, 0]);
      expect(await countHoldings(store.deps, [])).toEqual([]);
      movingClock.advance({ hours: 2 });
      expect(await held()).toEqual({ clientId: 'shop', grants: 0, people: 0, refreshTokens: 0, sessions: 0 });
    });

    test('as sessions counts each once, by whatever identifiers it goes', async () => {
      const session = (uid: string, ...apps: string[]) => ({
        uid,
        accountId: 'ann',
        loginTs: now(),
        authorizations: Object.fromEntries(apps.map((app) => [app, { sid: app }])),
      });
      for (const uid of ['one', 'one', 'two']) await put('Session', session(uid, 'shop', 'other'));
      await put('Session', session('three', 'other'));
      await put('Session', { uid: 'nobody' });
      const counted = await countHoldings(store.deps, ['shop', 'other']);
      expect(counted.map(({ sessions }) => sessions)).toEqual([2, 3]);
    });

    test('as tokens with a scope, or for an API, is counted by what goes', async () => {
      const grant = await grantOf('ann');
      await tokenOf(grant, { scope: 'openid email', resource: 'https://a.test' });
      await tokenOf(grant, { scope: 'openid read', resource: ['https://a.test', 'https://b.test'] });
      await tokenOf(grant, { scope: undefined });
      const count = (scopes: string[], audiences: string[] = [], of?: string[]) =>
        countTokensWith(store.deps, {
          clientId: 'shop',
          scopes,
          apis: audiences.map((audience) => ({ audience, scopes: of })),
        });
      expect(await count(['email'])).toBe(1);
      expect(await count(['email', 'read'])).toBe(2);
      expect(await count(['mail', 'openi'])).toBe(0);
      expect(await count([], ['https://a.test'])).toBe(2);
      expect(await count(['email'], ['https://b.test'])).toBe(2);
      expect(await count([], [])).toBe(0);
      await tokenOf(grant, { scope: 'openid read', resource: 'https://c.test' });
      expect(await count([], ['https://b.test'], ['read'])).toBe(1);
      expect(await count([], ['https://a.test', 'https://b.test'], ['read', 'email'])).toBe(2);
      expect(await count([], ['https://b.test'], ['email'])).toBe(0);
    });

    test('and has allowed, and who would be refused, is counted too', async () => {
      const { db } = store.deps;
      for (const id of ['ann', 'bob', 'eve']) {
        const identity = { id, email: `${id}@example.test`, email_key: `${id}@example.test` };
        await db
          .insertInto('accounts')
          .values({ ...identity, status: 'active', updated_at: new Date(0) })
          .execute();
      }
      for (const role of ['a', 'b']) await createRole(store.deps, { name: role, description: '' });
      await grantRole(db, { accountId: 'ann', role: 'a' });
      await grantRole(db, { accountId: 'bob', role: 'b' });
      const refused = (before: string[], after: string[]) =>
        countRefused(store.deps, ['ann', 'bob', 'eve', 'gone'], { before, after });
      expect(await refused([], ['a'])).toBe(3);
      expect(await refused([], ['a', 'b'])).toBe(2);
      expect(await refused(['a', 'b'], ['a'])).toBe(1);
      expect(await refused(['a'], ['b'])).toBe(1);
      expect(await refused(['a'], [])).toBe(0);
      expect(await countRefused(store.deps, [], { before: [], after: ['a'] })).toBe(0);
      await putModel(db, { groups: { g: [], h: ['b'] } });
      await putIntoGroup(db, 'g', 'ann');
      await putIntoGroup(db, 'h', 'eve');
      await putIntoGroup(db, 'g', 'bob', new Date(0));
      // Through the group too.
      expect(await refused([], ['b'])).toBe(2);
      const out = (before: string[], after: string[]) =>
        countRefusedByGroup(store.deps, ['ann', 'bob', 'eve', 'gone'], { before, after });
      expect([await out([], ['g']), await out([], ['g', 'h']), await out(['g'], ['h']), await out(['g'], [])]).toEqual([
        3, 2, 1, 0,
      ]);
      for (const [id, attributes] of [
        ['ann', { department: 'finance', level: 3, topics: ['x', 'y'] }],
        ['bob', { department: 'board', level: 4 }],
      ] as const) {
        await db
          .insertInto('profiles')
          .values({ account_id: id, attributes: JSON.stringify(attributes), updated_at: new Date(0) })
          .execute();
      }
      const unmet = (before: string[], after: string[]) =>
        countRefusedByAttribute(store.deps, ['ann', 'bob', 'eve', 'gone'], { before, after });
      expect(await unmet([], ['department finance'])).toBe(3);
      expect(await unmet([], ['department finance', 'department board'])).toBe(2);
      expect(await unmet(['department finance'], ['department finance', 'level 4'])).toBe(1);
      expect(await unmet(['level 3'], ['topics y', 'topics z'])).toBe(0);
      expect(await unmet([], [])).toBe(0);
      const allowed = { scopes: ['openid'], resources: new Map() };
      for (const accountId of ['ann', 'bob'])
        await rememberConsent(store.deps, { accountId, clientId: 'shop', allowed });
      expect(await countConsents(db, ['shop', 'other'])).toEqual(new Map([['shop', 2]]));
    });
  });
});
