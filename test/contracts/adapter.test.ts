// What the engine expects of its store, model by model, and what we promise beyond that.
import { sql } from 'kysely';
import { type AdapterPayload, errors } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IdentifierReplayed } from '../../src/protocol-store/adapter.ts';
import { revokeGrant } from '../../src/protocol-store/payloads.ts';
import { sweepPayloads } from '../../src/protocol-store/sweep.ts';
import { endEverythingOf } from '../../src/sessions/end-everything.ts';
import { movingClock } from '../support/moving-clock.ts';
import { atOnce, KINDS } from './racing.ts';
import { adaptersOn, newId, now, openStore, payloadOf, type Store, saveGrant, saveToken } from './stored.ts';

/** Every model that has rows, with a payload like the engine's. */
const MODELS: Readonly<Record<string, (id: string) => object>> = {
  Session: () => ({ uid: newId(), accountId: 'jane', loginTs: 1, acr: 'pwd', amr: ['pwd'], authorizations: {} }),
  Interaction: (id) => ({
    returnTo: `https://op.example.test/auth/${id}`,
    params: { client_id: 'web', state: 'ünïcödé 🙂 \\u0000 "quoted"' },
    prompt: { name: 'login', reasons: ['no_session'], details: {} },
    result: { gatehouse: { stage: 'start' } },
    session: { accountId: 'jane', uid: newId() },
    cid: newId(),
  }),
  Grant: () => ({
    accountId: 'jane',
    clientId: 'web',
    openid: { scope: 'openid profile' },
    resources: { api: 'read' },
  }),
  AuthorizationCode: () => ({
    accountId: 'jane',
    clientId: 'web',
    grantId: newId(),
    scope: 'openid',
    sessionUid: newId(),
  }),
  RefreshToken: () => ({
    accountId: 'jane',
    clientId: 'web',
    grantId: newId(),
    iiat: 1,
    rotations: 0,
    resource: ['a', 'b'],
  }),
  PushedAuthorizationRequest: () => ({ request: 'a.b.c', trusted: ['scope'] }),
  ReplayDetection: () => ({ iss: 'web' }),
};

const SPENDABLE = ['AuthorizationCode', 'RefreshToken'];
const FINDABLE_SECONDS = 300;

describe.each(KINDS)('the store on %s', (kind) => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(kind);
  });
  afterAll(() => store.database.close());

  /** Without what is ours alone: when a session was last used. */
  async function find(model: string, id: string): Promise<AdapterPayload | undefined> {
    const { usedAt: _ours, ...found } = ((await store.adapter(model).find(id)) ?? {}) as Record<string, unknown>;
    return Object.keys(found).length === 0 ? undefined : (found as AdapterPayload);
  }

  async function save(model: string, seconds = 3600): Promise<{ id: string; payload: AdapterPayload }> {
    const id = newId();
    const payload = payloadOf(model, id, MODELS[model]!(id), seconds);
    await store.adapter(model).upsert(id, payload, seconds);
    return { id, payload };
  }

  const tableAsText = async (): Promise<string> => {
    const { rows } = await sql<{ text: string }>`select p::text as text from oidc_payloads p`.execute(store.deps.db);
    return rows.map(({ text }) => text).join('\n');
  };

  describe.each(Object.keys(MODELS))('of %s', (model) => {
    test('finds what was saved, and only under its whole identifier', async () => {
      const { id, payload } = await save(model);
      expect(await find(model, id)).toEqual(payload);
      for (const other of mutationsOf(id)) expect(await find(model, other), other).toBeUndefined();
    });

    test('saves it again as a whole, where it may be', async () => {
      const { id, payload } = await save(model);
      const again = { ...payload, exp: now() + 7200, scope: 'another' };
      const saving = store.adapter(model).upsert(id, again, 7200);
      if (model === 'ReplayDetection') return expect(saving).rejects.toThrow(IdentifierReplayed);
      await saving;
      expect(await find(model, id)).toEqual(again);
    });

    test('forgets it when it is destroyed', async () => {
      const { id } = await save(model);
      await store.adapter(model).destroy(id);
      if (model !== 'Session') expect(await find(model, id)).toBeUndefined();
    });

    test('refuses a NUL character', async () => {
      const id = newId();
      const payload = payloadOf(model, id, { ...MODELS[model]!(id), params: { state: 'a\0b' } });
      await expect(store.adapter(model).upsert(id, payload, 60)).rejects.toThrow(errors.InvalidRequest);
      expect(await find(model, `${id}\0`)).toBeUndefined();
    });

    test('needs a lifetime', async () => {
      const id = newId();
      const payload = payloadOf(model, id, MODELS[model]!(id));
      await expect(store.adapter(model).upsert(id, payload, undefined as never)).rejects.toThrow('lifetime');
    });
  });

  test('finds everything until five minutes after it has expired, and not after', async () => {
    const saved = await Promise.all(Object.keys(MODELS).map(async (model) => ({ model, ...(await save(model, 60)) })));
    movingClock.advance({ seconds: 60 + FINDABLE_SECONDS - 10 });
    for (const { model, id, payload } of saved) expect(await find(model, id), model).toEqual(payload);
    movingClock.advance({ seconds: 20 });
    for (const { model, id } of saved) expect(await find(model, id), model).toBeUndefined();
  });

  test('never holds what works as a bearer secret', async () => {
    const cookie = newId();
    const interaction = payloadOf('Interaction', newId(), {
      ...MODELS['Interaction']!('x'),
      session: { uid: 'u', cookie },
    });
    await store.adapter('Interaction').upsert(newId(), interaction, 60);
    const saved = await Promise.all(Object.keys(MODELS).map(async (model) => ({ model, ...(await save(model)) })));
    const text = await tableAsText();
    const readable = saved.filter(({ id }) => text.includes(id)).map(({ model }) => model);
    expect(readable).toEqual(['Grant']);
    expect(text).not.toContain(cookie);
  });

  test('answers clients from their files, and JWT access tokens from themselves', async () => {
    expect(await find('Client', 'known')).toEqual({ client_id: 'known' });
    expect(await find('Client', 'unknown')).toBeUndefined();
    expect(await find('AccessToken', 'a.good.token')).toMatchObject({ jti: 'one' });
    expect(await find('AccessToken', 'another')).toBeUndefined();
  });

  describe.each([...SPENDABLE, 'PushedAuthorizationRequest'])('of %s', (model) => {
    const refusal = model === 'PushedAuthorizationRequest' ? errors.InvalidRequestUri : errors.InvalidGrant;

    test('tells that it is spent, and when', async () => {
      const { id, payload } = await save(model);
      const before = now();
      await store.adapter(model).consume(id);
      const consumed = (await find(model, id))?.consumed;
      expect(consumed).toBeGreaterThanOrEqual(before);
      expect(consumed).toBeLessThanOrEqual(now());
      expect(await find(model, id)).toEqual({ ...payload, consumed });
    });

    test('keeps it spent, whoever saves it later', async () => {
      const { id, payload } = await save(model);
      await store.adapter(model).upsert(id, { ...payload, consumed: 1_700_000_000 }, 3600);
      expect(await find(model, id)).toMatchObject({ consumed: 1_700_000_000 });
      await store.adapter(model).upsert(id, payload, 3600);
      expect(await find(model, id)).toMatchObject({ consumed: 1_700_000_000 });
      await expect(store.adapter(model).consume(id)).rejects.toThrow(refusal);
    });

    test('lets one of twenty spend it', async () => {
      const { id } = await save(model);
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => store.adapter(model).consume(id)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(refusal);
      }
    });

    test('refuses to spend what it does not know', async () => {
      await expect(store.adapter(model).consume(newId())).rejects.toThrow(refusal);
    });
  });

  describe.each(SPENDABLE)('of %s', (model) => {
    test('revokes the grant of what is spent a second time', async () => {
      const grantId = await saveGrant(store);
      const id = await saveToken(store, { model, grantId });
      const sibling = await saveToken(store, { model: 'RefreshToken', grantId });
      await store.adapter(model).consume(id);
      expect(await find('RefreshToken', sibling)).toBeDefined();
      await expect(store.adapter(model).consume(id)).rejects.toThrow(errors.InvalidGrant);
      expect(await find('RefreshToken', sibling)).toBeUndefined();
      expect(await find(model, id)).toBeUndefined();
      expect(await find('Grant', grantId)).toBeUndefined();
    });

    test('takes what a grant has issued away, one model at a time', async () => {
      const grantId = await saveGrant(store);
      const code = await saveToken(store, { model: 'AuthorizationCode', grantId });
      const refreshToken = await saveToken(store, { model: 'RefreshToken', grantId });
      const of = { AuthorizationCode: code, RefreshToken: refreshToken };
      await store.adapter(model).revokeByGrantId(grantId);
      for (const [each, id] of Object.entries(of)) expect((await find(each, id)) === undefined).toBe(each === model);
      expect(await find('Grant', grantId)).toBeDefined();
    });
  });

  describe('of grants', () => {
    const scopesOf = async (id: string) => {
      const grant = await find('Grant', id);
      return new Set((grant?.['openid'] as { scope?: string } | undefined)?.scope?.split(' '));
    };

    test('only adds to what was granted, however many add at once', async () => {
      const id = await saveGrant(store, { openid: { scope: 'openid', claims: ['sub'] }, resources: { api: 'read' } });
      await atOnce(20, (index) =>
        store.adapter('Grant').upsert(
          id,
          payloadOf('Grant', id, {
            accountId: 'jane',
            clientId: 'web',
            openid: { scope: `openid scope-${index}` },
            resources: { api: `read-${index}`, [`api-${index}`]: 'write' },
          }),
          3600,
        ),
      );
      expect(await scopesOf(id)).toEqual(new Set(['openid', ...Array.from({ length: 20 }, (_, i) => `scope-${i}`)]));
      const grant = (await find('Grant', id)) as { openid?: { claims?: string[] }; resources?: Record<string, string> };
      expect(grant.openid?.claims).toEqual(['sub']);
      expect(Object.keys(grant.resources ?? {})).toHaveLength(21);
      expect(grant.resources?.['api']?.split(' ')).toHaveLength(21);
    });

    test('brings none back that was destroyed or revoked', async () => {
      const destroyed = await saveGrant(store);
      const revoked = await saveGrant(store);
      await store.adapter('Grant').destroy(destroyed);
      await revokeGrant(store.deps, revoked);
      for (const id of [destroyed, revoked]) {
        await store.adapter('Grant').upsert(id, payloadOf('Grant', id, { accountId: 'jane', clientId: 'web' }), 3600);
        expect(await find('Grant', id)).toBeUndefined();
      }
      movingClock.advance({ minutes: 30 });
      await store.adapter('Grant').upsert(revoked, payloadOf('Grant', revoked, { accountId: 'jane' }), 3600);
      expect(await find('Grant', revoked)).toBeUndefined();
    });

    test('brings none back while it is revoked', async () => {
      for (let round = 0; round < 5; round += 1) {
        const id = await saveGrant(store);
        const adding = atOnce(8, () => store.adapter('Grant').upsert(id, payloadOf('Grant', id, {}), 3600));
        await Promise.all([revokeGrant(store.deps, id), adding]);
        expect(await find('Grant', id)).toBeUndefined();
      }
    });

    test('leaves a token that was issued while its grant was revoked without any use', async () => {
      const grantId = await saveGrant(store);
      const parent = await saveToken(store, { model: 'RefreshToken', grantId });
      let child = '';
      let revoking: Promise<void> | undefined;
      // The winner of a rotation pauses between spending the parent and saving the child.
      await store.database.inRequestTransaction(async () => {
        await store.adapter('RefreshToken').consume(parent);
        revoking = store.database.outsideRequestTransaction(() => revokeGrant(store.deps, grantId));
        await new Promise((resolve) => setTimeout(resolve, 200));
        child = await saveToken(store, { model: 'RefreshToken', grantId });
      });
      await revoking;
      for (const id of [parent, child]) expect(await find('RefreshToken', id)).toBeUndefined();
      expect(await find('Grant', grantId)).toBeUndefined();
    });

    test('ends all of an account, and nothing of another', async () => {
      const [jane, tom] = [newId(), newId()];
      const janes = [await saveGrant(store, { accountId: jane }), await saveGrant(store, { accountId: jane })];
      const toms = await saveGrant(store, { accountId: tom });
      const tokens = await Promise.all(
        janes.map((grantId) => saveToken(store, { model: 'RefreshToken', grantId, accountId: jane })),
      );
      const kept = await saveToken(store, { model: 'RefreshToken', grantId: toms, accountId: tom });
      expect(await endEverythingOf(store.deps, jane)).toBe(0);
      for (const id of janes) expect(await find('Grant', id)).toBeUndefined();
      for (const id of tokens) expect(await find('RefreshToken', id)).toBeUndefined();
      expect(await find('Grant', toms)).toBeDefined();
      expect(await find('RefreshToken', kept)).toBeDefined();
    });
  });

  test.each(['Interaction', 'PushedAuthorizationRequest'])('keeps no request without end in %s', async (model) => {
    const id = newId();
    const payload = payloadOf(model, id, { ...MODELS[model]!(id), request: 'x'.repeat(50_000) });
    await expect(store.adapter(model).upsert(id, payload, 60)).rejects.toThrow(errors.InvalidRequest);
    expect(await find(model, id)).toBeUndefined();
  });

  describe('of interactions', () => {
    test('does not take one up again that was finished', async () => {
      const { id, payload } = await save('Interaction');
      await store.adapter('Interaction').destroy(id);
      await store.adapter('Interaction').upsert(id, { ...payload, result: { login: { accountId: 'jane' } } }, 1800);
      expect(await find('Interaction', id)).toBeUndefined();
    });

    /** The request that follows the last page of a sign-in, up to where its session is saved. */
    async function signsIn() {
      const accountId = newId();
      const [id, uid, sessionId] = [newId(), newId(), newId()];
      const adapter = adaptersOn(store.deps, {});
      const result = { login: { accountId } };
      await adapter('Interaction').upsert(
        id,
        payloadOf('Interaction', id, { ...MODELS['Interaction']!(id), result }),
        1800,
      );
      await adapter('Interaction').destroy(id);
      const session = payloadOf('Session', sessionId, { uid, accountId, loginTs: now() });
      const save = () => adapter('Session').upsert(sessionId, session, 3600);
      return { accountId, id, save, sessionId };
    }

    test('are finished where their session is saved, and once', async () => {
      const { id, save, sessionId } = await signsIn();
      expect(await find('Interaction', id)).toBeDefined();
      await save();
      expect(await find('Interaction', id)).toBeUndefined();
      expect(await find('Session', sessionId)).toBeDefined();
      await expect(adaptersOn(store.deps, {})('Interaction').find(id)).resolves.toBeUndefined();
    });

    test('bring no session where everything of the account has ended since they were read', async () => {
      const { accountId, save, sessionId } = await signsIn();
      await endEverythingOf(store.deps, accountId);
      await expect(save()).rejects.toThrow(errors.LoginRequired);
      expect(await find('Session', sessionId)).toBeUndefined();
    });

    test('of which two requests bring the same one bring one session', async () => {
      const { accountId, id, save } = await signsIn();
      const adapter = adaptersOn(store.deps, {});
      await adapter('Interaction').destroy(id);
      const other = newId();
      const session = payloadOf('Session', other, { uid: newId(), accountId, loginTs: now() });
      const saved = await Promise.allSettled([save(), adapter('Session').upsert(other, session, 3600)]);
      expect(saved.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    test('lets a sign-in go on whose earlier grant is revoked meanwhile', async () => {
      const grantId = await saveGrant(store);
      const id = newId();
      const payload = payloadOf('Interaction', id, { ...MODELS['Interaction']!(id), grantId });
      await store.adapter('Interaction').upsert(id, payload, 1800);
      await revokeGrant(store.deps, grantId);
      expect(await find('Interaction', id)).toEqual(payload);
    });

    test('ends one under way with everything else of the account', async () => {
      const accountId = newId();
      const id = newId();
      const result = { gatehouse: { stage: 'second-factor', accountId } };
      const payload = payloadOf('Interaction', id, { ...MODELS['Interaction']!(id), result });
      await store.adapter('Interaction').upsert(id, payload, 1800);
      await endEverythingOf(store.deps, accountId);
      await store.adapter('Interaction').upsert(id, payload, 1800);
      expect(await find('Interaction', id)).toBeUndefined();
    });
  });

  describe('of used identifiers', () => {
    test('takes each once, of twenty at once as well', async () => {
      const id = newId();
      const uses = await Promise.allSettled(
        Array.from({ length: 20 }, () =>
          store.adapter('ReplayDetection').upsert(id, payloadOf('ReplayDetection', id, { iss: 'web' }, 60), 60),
        ),
      );
      expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const use of uses) if (use.status === 'rejected') expect(use.reason).toBeInstanceOf(IdentifierReplayed);
    });

    test('takes one again only when nobody can find it any more', async () => {
      const id = newId();
      const use = () => store.adapter('ReplayDetection').upsert(id, payloadOf('ReplayDetection', id, {}, 60), 60);
      await use();
      movingClock.advance({ seconds: 70 });
      await expect(use()).rejects.toThrow(IdentifierReplayed);
      movingClock.advance({ seconds: FINDABLE_SECONDS });
      await use();
    });
  });

  test('sweeps in batches, and only what nobody can find', async () => {
    await sweepPayloads(store.deps);
    const kept = [await save('RefreshToken', 3600), await save('RefreshToken', 100)];
    const revoked = await saveGrant(store, {}, 10);
    await revokeGrant(store.deps, revoked);
    const gone = await atOnce(25, () => save('AuthorizationCode', 10));
    movingClock.advance({ seconds: FINDABLE_SECONDS + 20 });
    const before = await tableAsText();
    const swept = await Promise.all([sweepPayloads(store.deps, 4), sweepPayloads(store.deps, 4)]);
    const more = await sweepPayloads(store.deps, 4);
    expect(swept[0]! + swept[1]! + more).toBe(gone.length);
    for (const { id, payload } of kept) expect(await find('RefreshToken', id)).toEqual(payload);
    expect((await tableAsText()).split('\n')).toHaveLength(before.split('\n').length - gone.length);
    await store.adapter('Grant').upsert(revoked, payloadOf('Grant', revoked, {}), 3600);
    expect(await find('Grant', revoked)).toBeUndefined();
  });

  test('has no device flow, and no uid for what is no session', async () => {
    await expect(store.adapter('DeviceCode').findByUserCode('x')).rejects.toThrow('device flow');
    await expect(store.adapter('RefreshToken').findByUid('x')).rejects.toThrow('uid');
  });
});

/** What somebody tries who has most of an identifier (T10, CVE-2026-27840). */
function mutationsOf(id: string): string[] {
  const prefixes = Array.from(id, (_, index) => id.slice(0, index));
  const flips = Array.from(
    id,
    (character, index) => `${id.slice(0, index)}${character === 'a' ? 'b' : 'a'}${id.slice(index + 1)}`,
  );
  return [...prefixes, ...flips, id.toUpperCase(), `${id}\0`, `${id} `, ` ${id}`, `${id}\n`, `${id}=`];
}
