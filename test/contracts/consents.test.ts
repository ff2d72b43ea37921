// What a person has allowed adds up, however many answers are given at once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertAccount } from '../../src/accounts/accounts.ts';
import type { Allowed } from '../../src/sessions/allowed.ts';
import { findConsent, rememberConsent } from '../../src/sessions/consents.ts';
import { atOnce, KINDS } from './racing.ts';
import { newId, openStore, type Store } from './stored.ts';

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
});
