// Making accounts: one per address and name, whoever comes first.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccount, findAccountByIdentifier } from '../../../src/accounts/accounts.ts';
import { findCredentials } from '../../../src/accounts/finding/find-credentials.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../../support/database.ts';
import { createAccount } from '../../support/stored-account.ts';
import { depsFor, PASSWORD, person } from './people.ts';

const kinds = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

describe.each(kinds)('on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  test('an account is found by its id, its address and its name in any spelling', async () => {
    const deps = depsFor(database.db);
    const created = await createAccount(deps, {
      email: 'Jane@Bücher.example',
      username: 'Jane_Doe',
      displayName: '  Jane Doe ',
      password: PASSWORD,
      emailVerified: false,
    });
    expect(created).toMatchObject({
      outcome: 'created',
      account: {
        email: 'Jane@xn--bcher-kva.example',
        emailVerified: false,
        username: 'Jane_Doe',
        displayName: 'Jane Doe',
        status: 'active',
        statusReason: undefined,
        lastSignInAt: undefined,
      },
    });
    if (created.outcome !== 'created') return;
    expect(await findAccount(deps.db, created.account.id)).toEqual(created.account);
    for (const identifier of ['jane@bücher.example', 'JANE@XN--BCHER-KVA.EXAMPLE.', 'jane_doe', ' JANE_DOE ']) {
      expect(await findAccountByIdentifier(deps.db, identifier)).toEqual(created.account);
    }
  });

  test.each([['jane'], ['nobody@example.test'], ['\0'], ['a\0@example.test'], ['%'], ["' or 1=1 --"], ['']])(
    'nobody is found by %j',
    async (identifier) => {
      expect(await findAccountByIdentifier(database.db, identifier)).toBeUndefined();
      expect(await findAccount(database.db, identifier)).toBeUndefined();
    },
  );

  test('an address or a name that is taken says so, in any spelling (T35)', async () => {
    const deps = depsFor(database.db);
    await person(deps, { email: 'ann@example.test', username: 'ann' });
    const request = { password: PASSWORD, emailVerified: true };
    for (const email of ['ann@example.test', 'ANN@Example.Test', 'ann@example.test.', 'ａｎｎ@example.test']) {
      expect(await createAccount(deps, { ...request, email, username: 'another' })).toEqual({ outcome: 'email_taken' });
    }
    for (const username of ['ann', 'Ann', 'ＡＮＮ']) {
      expect(await createAccount(deps, { ...request, email: 'other@example.test', username })).toEqual({
        outcome: 'username_taken',
      });
    }
    expect(await findAccountByIdentifier(deps.db, 'other@example.test')).toBeUndefined();
  });

  test('of 10 people who take one address at once, one has it', async () => {
    const deps = depsFor(database.db);
    const spellings = [
      'race@example.test',
      'RACE@example.test',
      'Race@Example.test',
      'race@example.test.',
      'rAce@example.test',
    ];
    const outcomes = await Promise.all(
      [...spellings, ...spellings].map((email) => createAccount(deps, { email, emailVerified: true })),
    );
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['created', ...Array(9).fill('email_taken')]);
  });

  test('a taken address does not end the transaction it was tried in', async () => {
    const deps = depsFor(database.db);
    const taken = await person(deps);
    const outcome = await database.db.transaction().execute(async (tx) => {
      await createAccount({ ...deps, db: tx }, { email: taken.email, emailVerified: true });
      return createAccount({ ...deps, db: tx }, { email: 'after@example.test', emailVerified: true });
    });
    expect(outcome.outcome).toBe('created');
  });

  test('two accounts without a username do not get in each other’s way', async () => {
    const deps = depsFor(database.db);
    expect(await createAccount(deps, { email: 'no-name-1@example.test', emailVerified: true })).toMatchObject({
      outcome: 'created',
    });
    expect(await createAccount(deps, { email: 'no-name-2@example.test', emailVerified: true })).toMatchObject({
      outcome: 'created',
    });
  });

  test('only the hash of the password is stored, and none without a password', async () => {
    const deps = depsFor(database.db);
    const account = await person(deps);
    const stored = await findCredentials(deps.db, account.email);
    expect(stored?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await createAccount(deps, { email: 'invited@example.test', emailVerified: true });
    expect((await findCredentials(deps.db, 'invited@example.test'))?.passwordHash).toBeUndefined();
  });
});

describe('a request with problems', () => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  test('is told all of them, field by field, and makes nothing', async () => {
    const deps = depsFor(database.db);
    const creation = await createAccount(deps, {
      email: 'not an address',
      username: 'admin',
      displayName: 'Jane\u202eenaJ',
      password: 'gatehouse',
      emailVerified: true,
    });
    expect(creation.outcome === 'invalid' && creation.problems.map(({ field }) => field)).toEqual([
      'email',
      'username',
      'displayName',
      'password',
      'password',
    ]);
    expect(await database.db.selectFrom('accounts').select('id').execute()).toEqual([]);
  });

  test('may not use the own names as the password', async () => {
    const creation = await createAccount(depsFor(database.db), {
      email: 'alice.liddell@wonderland.example',
      displayName: 'Alice Liddell',
      password: 'AliceLiddell2026',
      emailVerified: true,
    });
    expect(creation).toMatchObject({ outcome: 'invalid', problems: [{ field: 'password' }] });
  });

  test.each([[''], ['   '], ['x'.repeat(101)], ['a\nb'], ['a\0b'], ['\u2066Jane'], ['\ud800']])(
    'a display name %j is refused',
    async (displayName) => {
      const creation = await createAccount(depsFor(database.db), {
        email: 'jane@example.test',
        displayName,
        emailVerified: true,
      });
      expect(creation).toMatchObject({ outcome: 'invalid', problems: [{ field: 'displayName' }] });
    },
  );
});
