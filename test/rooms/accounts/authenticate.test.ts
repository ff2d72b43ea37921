// Signing in with a password: who gets in, who does not, and how often one may try.
import argon2 from 'argon2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setBanned, setPasswordHash } from '../../../src/accounts/accounts.ts';
import { authenticate } from '../../../src/accounts/authenticate.ts';
import { findCredentials } from '../../../src/accounts/finding/find-credentials.ts';
import { createPasswordHasher } from '../../../src/accounts/password-hash.ts';
import { Refusal } from '../../../src/errors.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../../support/database.ts';
import { createAccount } from '../../support/stored-account.ts';
import { countingHasher, depsFor, PASSWORD, person } from './people.ts';

const kinds = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

const WRONG = 'wrong horse battery';

describe.each(kinds)('on %s', (kind) => {
  let database: OpenTestDatabase;
  let networks = 0;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  const newNetwork = () => `10.0.${++networks}.0/24`;

  test('e-mail or username and the right password give the account', async () => {
    const deps = depsFor(database.db);
    const account = await person(deps);
    const network = newNetwork();
    for (const identifier of [account.email, account.email.toUpperCase(), account.username ?? '']) {
      expect(await authenticate(deps, { identifier, password: PASSWORD, network })).toMatchObject({
        outcome: 'authenticated',
        account,
      });
    }
  });

  test('a password that was changed while it was being checked is not right any more', async () => {
    const deps = depsFor(database.db);
    const account = await person(deps);
    const sides = { identifier: account.email, password: PASSWORD, network: newNetwork() };
    const answer = await authenticate(deps, sides);
    if (answer.outcome !== 'authenticated') throw new Error(answer.outcome);
    expect(await answer.isStillRight()).toBe(true);
    const passwordHash = await deps.hasher.hash('another horse battery staple');
    await setPasswordHash(database.db, { accountId: account.id, passwordHash }, deps.clock);
    expect(await answer.isStillRight()).toBe(false);
  });

  test('a wrong password, an unknown account and one without a password get one answer for one hash each (T30)', async () => {
    const deps = depsFor(database.db);
    const account = await person(deps);
    await createAccount(deps, { email: `invited-${kind}@example.test`, emailVerified: true });
    const network = newNetwork();
    const attempts = [
      account.email,
      'nobody@example.test',
      'nobody',
      'not an address at all',
      '\0',
      `invited-${kind}@example.test`,
    ];
    for (const identifier of attempts) {
      const before = deps.hasher.verified();
      expect(await authenticate(deps, { identifier, password: WRONG, network })).toMatchObject({
        outcome: 'wrong_credentials',
      });
      expect(deps.hasher.verified()).toBe(before + 1);
    }
  });

  test('who has no account takes the time that some account takes, always the same one (T30)', async () => {
    const asked: (string | undefined)[] = [];
    const counting = countingHasher();
    const hasher: typeof counting = {
      ...counting,
      async verify(hash, _password, instead) {
        asked.push(hash ?? instead);
        return { matches: false, needsRehash: false };
      },
    };
    const deps = { ...depsFor(database.db), hasher };
    const brought = '$2b$12$aGvIfhTibslK26it/crMguABETnRJQPEnbMLlX0AACyF1k7V2o9NW';
    for (let i = 0; i < 8; i += 1) {
      await person(depsFor(database.db));
      const { id } = await person(depsFor(database.db));
      await setPasswordHash(database.db, { accountId: id, passwordHash: brought }, deps.clock);
    }
    const nobodies = Array.from({ length: 60 }, (_, index) => `nobody-${index}@example.test`);
    const asks = async () => {
      asked.length = 0;
      for (const identifier of nobodies)
        await authenticate(deps, { identifier, password: WRONG, network: newNetwork() });
      return [...asked];
    };
    const first = await asks();
    expect(new Set(first.map((hash) => hash?.slice(0, 4)))).toEqual(new Set(['$2b$', '$arg']));
    expect(await asks()).toEqual(first);
  });

  test('100 wrong passwords at once are 10 checked passwords (T41)', async () => {
    const deps = depsFor(database.db);
    const account = await person(deps);
    const network = newNetwork();
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        authenticate(deps, { identifier: (index % 2 && account.username) || account.email, password: WRONG, network }),
      ),
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'wrong_credentials')).toHaveLength(10);
    expect(outcomes.filter(({ outcome }) => outcome === 'too_many_attempts')).toHaveLength(90);
    expect(deps.hasher.verified()).toBe(10);
    const late = await authenticate(deps, { identifier: account.email, password: PASSWORD, network });
    expect(late.outcome === 'too_many_attempts' && late.retryAfterSeconds).toBeGreaterThan(890);
    deps.clock.advance(901);
    expect(await authenticate(deps, { identifier: account.email, password: PASSWORD, network })).toMatchObject({
      outcome: 'authenticated',
    });
  });

  test('an account that does not exist is limited in the same way, over all its spellings (T30)', async () => {
    const deps = depsFor(database.db);
    const network = newNetwork();
    for (let i = 0; i < 10; i += 1) {
      const identifier = i % 2 ? 'ghost@example.test' : 'GHOST@Example.test.';
      expect(await authenticate(deps, { identifier, password: WRONG, network })).toMatchObject({
        outcome: 'wrong_credentials',
      });
    }
    expect(await authenticate(deps, { identifier: 'ghost@example.test', password: WRONG, network })).toMatchObject({
      outcome: 'too_many_attempts',
    });
  });

  test('failures from elsewhere do not keep the owner out (T42)', async () => {
    const deps = depsFor(database.db);
    const account = await person(deps);
    for (const network of [newNetwork(), newNetwork(), newNetwork()]) {
      for (let i = 0; i < 12; i += 1) await authenticate(deps, { identifier: account.email, password: WRONG, network });
    }
    expect(
      await authenticate(deps, { identifier: account.email, password: PASSWORD, network: newNetwork() }),
    ).toMatchObject({
      outcome: 'authenticated',
    });
  });

  test('an account is limited over all networks too, but not on a known device, whose success ends it', async () => {
    const deps = { ...depsFor(database.db), limits: { ...depsFor(database.db).limits, accountFailures: 10 } };
    const account = await person(deps);
    const outcomes = [];
    for (let i = 0; i < 11; i += 1) {
      outcomes.push(
        (await authenticate(deps, { identifier: account.email, password: WRONG, network: newNetwork() })).outcome,
      );
    }
    expect(outcomes).toEqual([...Array(10).fill('wrong_credentials'), 'too_many_attempts']);
    const right = { identifier: account.email, password: PASSWORD, network: newNetwork() };
    expect((await authenticate(deps, right)).outcome).toBe('too_many_attempts');
    expect((await authenticate(deps, { ...right, knownDevice: 'one' })).outcome).toBe('authenticated');
    expect((await authenticate(deps, right)).outcome).toBe('authenticated');
  });

  test('a known device has a limit of its own, which no other device shares (T42)', async () => {
    const deps = depsFor(database.db);
    const account = await person(deps);
    const tries = { identifier: account.email, password: WRONG, network: newNetwork(), knownDevice: `a-${kind}` };
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => authenticate(deps, tries)));
    expect(outcomes.filter(({ outcome }) => outcome === 'wrong_credentials')).toHaveLength(10);
    const right = { ...tries, password: PASSWORD };
    expect((await authenticate(deps, right)).outcome).toBe('too_many_attempts');
    expect((await authenticate(deps, { ...right, knownDevice: `b-${kind}` })).outcome).toBe('authenticated');
    expect((await authenticate(deps, { ...right, knownDevice: undefined })).outcome).toBe('authenticated');
  });

  test('the failure that is one too many from a network, and of all accounts together, says so once', async () => {
    const changed = { networkAccounts: 3, alarmFailures: 5, alarmWindowSeconds: 60 };
    const deps = { ...depsFor(database.db), limits: { ...depsFor(database.db).limits, ...changed } };
    deps.clock.advance(100_000);
    const [first, second] = [newNetwork(), newNetwork()];
    const said = [];
    for (let i = 0; i < 8; i += 1) {
      const identifier = `sprayed${i}@example.test`;
      const answer = await authenticate(deps, { identifier, password: WRONG, network: i < 4 ? first : second });
      said.push(answer.outcome !== 'wrong_credentials' ? answer.outcome : [answer.networkBlocked, answer.alarm]);
    }
    const [nothing, blocked, limited] = [[false, false], [true, false], 'too_many_attempts'];
    expect(said).toEqual([nothing, nothing, blocked, limited, nothing, [false, true], blocked, limited]);
  });

  test('one network cannot go through accounts one by one (T44)', async () => {
    const deps = { ...depsFor(database.db), limits: { ...depsFor(database.db).limits, signInFailures: 1 } };
    const network = newNetwork();
    const outcomes = [];
    for (let i = 0; i < 11; i += 1) {
      outcomes.push(
        (await authenticate(deps, { identifier: `target${i}@example.test`, password: WRONG, network })).outcome,
      );
    }
    expect(outcomes).toEqual([...Array(10).fill('wrong_credentials'), 'too_many_attempts']);
    expect(
      await authenticate(deps, { identifier: 'target0@example.test', password: WRONG, network: newNetwork() }),
    ).toMatchObject({
      outcome: 'wrong_credentials',
    });
  });

  test('the right password starts the count again, and never uses up the network', async () => {
    const deps = { ...depsFor(database.db), limits: { ...depsFor(database.db).limits, signInFailures: 2 } };
    const account = await person(deps);
    const network = newNetwork();
    for (let i = 0; i < 15; i += 1) {
      await authenticate(deps, { identifier: account.email, password: WRONG, network });
      const signedIn = await authenticate(deps, { identifier: account.email, password: PASSWORD, network });
      expect(signedIn.outcome).toBe('authenticated');
    }
  });

  test('only the right password tells that an account is banned', async () => {
    const deps = depsFor(database.db);
    const account = await person(deps);
    await setBanned(deps, { accountId: account.id, reason: undefined });
    const network = newNetwork();
    expect(await authenticate(deps, { identifier: account.email, password: WRONG, network })).toMatchObject({
      outcome: 'wrong_credentials',
    });
    expect(await authenticate(deps, { identifier: account.email, password: PASSWORD, network })).toMatchObject({
      outcome: 'not_active',
    });
  });

  test('a hash made with old parameters is renewed by signing in, not by trying', async () => {
    const deps = depsFor(database.db);
    const account = await person(deps);
    const old = await argon2.hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await deps.db.updateTable('accounts').set({ password_hash: old }).where('id', '=', account.id).execute();
    const stored = async () => (await findCredentials(deps.db, account.email))?.passwordHash;
    const network = newNetwork();
    await authenticate(deps, { identifier: account.email, password: WRONG, network });
    expect(await stored()).toBe(old);
    await authenticate(deps, { identifier: account.email, password: PASSWORD, network });
    expect(await stored()).toMatch(/m=19456,t=2,p=1/);
    expect(await authenticate(deps, { identifier: account.email, password: PASSWORD, network })).toMatchObject({
      outcome: 'authenticated',
    });
  });

  test('an attempt that was turned away because the server is busy does not count (T60)', async () => {
    const busy = countingHasher(createPasswordHasher({ parallel: 1, queue: 0 }));
    const deps = { ...depsFor(database.db), hasher: busy };
    const account = await person(depsFor(database.db));
    const network = newNetwork();
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => authenticate(deps, { identifier: account.email, password: WRONG, network })),
    );
    const turnedAway = results.filter((result) => result.status === 'rejected');
    expect(turnedAway.length).toBeGreaterThan(0);
    for (const result of turnedAway) expect(result.reason).toBeInstanceOf(Refusal);
    const checked = results.length - turnedAway.length;
    const outcomes = [];
    for (let i = checked; i < 11; i += 1) {
      outcomes.push((await authenticate(deps, { identifier: account.email, password: WRONG, network })).outcome);
    }
    expect(outcomes).toEqual([...Array(10 - checked).fill('wrong_credentials'), 'too_many_attempts']);
  });

  test('a password longer than any allowed is wrong without being hashed (T57)', async () => {
    const deps = depsFor(database.db);
    const account = await person(deps);
    const password = 'x'.repeat(1_000_000);
    expect(await authenticate(deps, { identifier: account.email, password, network: newNetwork() })).toMatchObject({
      outcome: 'wrong_credentials',
    });
  });
});
