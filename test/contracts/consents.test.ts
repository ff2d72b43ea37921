// What a person has allowed adds up, however many answers are given at once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertAccount } from '../../src/accounts/accounts.ts';
import type { Client } from '../../src/clients/client.ts';
import { settleGrant } from '../../src/provider/consented-grant.ts';
import type { Allowed } from '../../src/sessions/allowed.ts';
import { disconnectApp } from '../../src/sessions/connected-apps.ts';
import { findConsent, forgetConsent, rememberConsent } from '../../src/sessions/consents.ts';
import { atOnce, KINDS } from './racing.ts';
import { newId, openStore, payloadOf, type Store } from './stored.ts';

const allowed = (scopes: readonly string[], resources: Record<string, readonly string[]> = {}): Allowed => ({
  scopes,
  resources: new Map(Object.entries(resources)),
});

describe.each(KINDS)('consents on %s', (kind) => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(kind);
  });
  afterAll(() => store.database.close());

  async function somebody(): Promise<string> {
    const address = `${newId()}@example.test`;
    const nameless = { username: undefined, displayName: undefined, passwordHash: undefined };
    const account = await insertAccount(store.deps, {
      email: { address, key: address },
      emailVerified: true,
      ...nameless,
    });
    if (typeof account === 'string') throw new Error(account);
    return account.id;
  }

  test('given at once all count', async () => {
    const accountId = await somebody();
    const whose = { accountId, clientId: 'ask' };
    await atOnce(20, (index) =>
      rememberConsent(store.deps, {
        ...whose,
        allowed: allowed(['openid', `scope-${index}`], { api: [`read-${index}`], [`api-${index}`]: ['write'] }),
      }),
    );
    const consent = await findConsent(store.deps.db, whose);
    expect(consent.scopes).toHaveLength(21);
    expect(consent.resources.get('api')).toHaveLength(20);
    expect(consent.resources.size).toBe(21);
  });

  test('are kept apart by person and by app', async () => {
    const [jane, tom] = [await somebody(), await somebody()];
    await rememberConsent(store.deps, { accountId: jane, clientId: 'ask', allowed: allowed(['openid', 'email']) });
    await rememberConsent(store.deps, { accountId: jane, clientId: 'other', allowed: allowed(['openid']) });
    expect(await findConsent(store.deps.db, { accountId: jane, clientId: 'ask' })).toEqual(
      allowed(['email', 'openid']),
    );
    expect(await findConsent(store.deps.db, { accountId: jane, clientId: 'other' })).toEqual(allowed(['openid']));
    expect(await findConsent(store.deps.db, { accountId: tom, clientId: 'ask' })).toEqual(allowed([]));
  });

  test('given inside a transaction of the caller are taken back with it', async () => {
    const whose = { accountId: await somebody(), clientId: 'ask' };
    const failing = store.database.inRequestTransaction(async () => {
      await rememberConsent(store.deps, { ...whose, allowed: allowed(['openid']) });
      throw new Error('the page broke');
    });
    await expect(failing).rejects.toThrow('the page broke');
    expect(await findConsent(store.deps.db, whose)).toEqual(allowed([]));
  });

  /** Grants as the engine makes them; when one is saved, `beforeSaved` has happened since somebody looked at the consent. */
  const grantsThat = (beforeSaved: () => Promise<unknown>) => {
    const ids: string[] = [];
    class Grant {
      jti: string | undefined;
      openid: { scope?: string } = {};
      readonly #whose: object;
      constructor(whose: object) {
        this.#whose = whose;
      }
      addOIDCScope(scope: string): void {
        this.openid = { scope };
      }
      async save(): Promise<void> {
        await beforeSaved();
        const id = newId();
        ids.push(id);
        this.jti = id;
        await store.adapter('Grant').upsert(id, payloadOf('Grant', id, { ...this.#whose, openid: this.openid }), 3600);
      }
      async destroy(): Promise<void> {
        await store.adapter('Grant').destroy(String(this.jti));
      }
    }
    const standing = async () => (await Promise.all(ids.map((id) => store.adapter('Grant').find(id)))).filter(Boolean);
    return { provider: { Grant } as never, standing };
  };

  const settles = (accountId: string, provider: never) =>
    settleGrant(store.deps, {
      provider,
      session: undefined,
      accountId,
      client: { clientId: 'ask', consent: 'ask' } as Client,
      allowed: allowed(['openid', 'email']),
    });

  async function somebodyWhoAllowed() {
    const accountId = await somebody();
    const whose = { accountId, clientId: 'ask' };
    await rememberConsent(store.deps, { ...whose, allowed: allowed(['openid', 'email']) });
    return whose;
  }

  test('that stand let an app have its grant', async () => {
    const { accountId } = await somebodyWhoAllowed();
    const { provider, standing } = grantsThat(async () => undefined);
    expect(await settles(accountId, provider)).toBeDefined();
    expect(await standing()).toHaveLength(1);
  });

  test('taken back just before the grant of a sign-in is stored leave no grant behind', async () => {
    const whose = await somebodyWhoAllowed();
    const { provider, standing } = grantsThat(() => disconnectApp(store.deps, { ...whose, source: undefined }));
    expect(await settles(whose.accountId, provider)).toBeUndefined();
    expect(await standing()).toEqual([]);
  });

  // PGlite has one connection: nothing happens there while a transaction is open.
  if (kind === 'postgres') {
    test('that are just being taken back are waited for', async () => {
      const whose = await somebodyWhoAllowed();
      const { provider, standing } = grantsThat(async () => undefined);
      let settling: ReturnType<typeof settles> | undefined;
      await store.deps.db.transaction().execute(async (tx) => {
        await forgetConsent(tx, whose);
        settling = settles(whose.accountId, provider);
        await expect.poll(async () => (await standing()).length).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 300));
      });
      expect(await settling).toBeUndefined();
      expect(await standing()).toEqual([]);
    });
  }
});
