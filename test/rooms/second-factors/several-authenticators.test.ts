// Several authenticators of one account: names, limits, and who comes first.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setPasswordHash } from '../../../src/accounts/accounts.ts';
import { listEventsOf } from '../../../src/audit/audit-log.ts';
import { createSealedBox } from '../../../src/crypto/sealed-box.ts';
import {
  addAuthenticator,
  MOST_AUTHENTICATORS,
  newPendingAuthenticator,
} from '../../../src/second-factors/add-authenticator.ts';
import { authenticatorNameFrom, freeName } from '../../../src/second-factors/authenticator-name.ts';
import { confirmTotpEnrolment } from '../../../src/second-factors/enrol-totp.ts';
import { countRecoveryCodes } from '../../../src/second-factors/recovery-codes.ts';
import { removeAuthenticator } from '../../../src/second-factors/remove-authenticator.ts';
import { renameAuthenticator } from '../../../src/second-factors/rename-authenticator.ts';
import { renewRecoveryCodes } from '../../../src/second-factors/renew-recovery-codes.ts';
import { hasSecondFactor, verifySecondFactor } from '../../../src/second-factors/second-factor.ts';
import { listAuthenticators } from '../../../src/second-factors/totp-secrets.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../../support/database.ts';
import { depsFor, person, quickHasher } from '../accounts/people.ts';
import { BY, codeAt, wrongCodeAt } from './codes.ts';

const kinds = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

test.each([
  ['  My   phone ', { name: 'My phone' }],
  ['', 'none'],
  ['   ', 'none'],
  ['a'.repeat(50), { name: 'a'.repeat(50) }],
  ['a'.repeat(51), 'unusable'],
  ['a\u0000b', 'unusable'],
  ['phone\u202Eenohp', 'unusable'],
  ['two\nlines', 'unusable'],
  ['Téléphone 📱', { name: 'Téléphone 📱' }],
])('a name as it is typed, %j, is kept as %j', (typed, kept) => {
  expect(authenticatorNameFrom(typed)).toEqual(kept);
});

test('the usual name is counted on', () => {
  expect(freeName([], 'App')).toBe('App');
  expect(freeName([{ name: 'App' }, { name: 'App 2' }, { name: 'App 4' }], 'App')).toBe('App 3');
});

describe.each(kinds)('on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  async function somebody() {
    const deps = { ...depsFor(database.db), hasher: quickHasher(), box: createSealedBox(Buffer.alloc(32, 7)) };
    const account = await person(deps, { password: undefined });
    const adds = (name?: string, pending = newPendingAuthenticator(), step = 0) =>
      addAuthenticator(deps, {
        account,
        by: BY,
        exceptSession: 'this',
        pending,
        name,
        code: codeAt(pending.secret, deps.clock, step),
      });
    const verify = (code: string) => verifySecondFactor(deps, { account, by: BY, code });
    const list = () => listAuthenticators(deps.db, account.id);
    const events = async () => (await listEventsOf(deps.db, account.id, { limit: 50 })).map(({ event }) => event);
    const mails = async () => {
      const rows = await deps.db
        .selectFrom('mail_outbox')
        .select('message')
        .where('account_id', '=', account.id)
        .execute();
      return rows.map(({ message }) => message).sort();
    };
    return { deps, account, adds, verify, list, events, mails };
  }

  test('the first brings recovery codes, the next ones do not, and each has a name of its own', async () => {
    const { adds, list, deps, account, events, mails } = await somebody();
    const first = await adds();
    expect(first).toMatchObject({ outcome: 'added', name: 'Authenticator app' });
    expect(first.outcome === 'added' && first.recoveryCodes).toHaveLength(10);
    expect(await adds()).toEqual({ outcome: 'added', name: 'Authenticator app 2', recoveryCodes: [] });
    expect(await adds('Tablet')).toEqual({ outcome: 'added', name: 'Tablet', recoveryCodes: [] });
    expect(await adds('Tablet')).toEqual({ outcome: 'name_taken' });
    expect((await list()).map(({ name }) => name).sort()).toEqual([
      'Authenticator app',
      'Authenticator app 2',
      'Tablet',
    ]);
    expect(await countRecoveryCodes(deps.db, account.id)).toBe(10);
    expect(await events()).toEqual(['factor.added', 'factor.added', 'factor.added']);
    expect(await mails()).toEqual(['factor_added', 'factor_added', 'factor_added']);
  });

  test('none is added for somebody whose password is changed while the codes are being made', async () => {
    const { deps, account, list, mails } = await somebody();
    const passwordHash = await deps.hasher.hash('another long pass phrase');
    const hashWithSalt: typeof deps.hasher.hashWithSalt = async (text, salt) => {
      await setPasswordHash(deps.db, { accountId: account.id, passwordHash }, deps.clock);
      return deps.hasher.hashWithSalt(text, salt);
    };
    const slow = { ...deps, hasher: { ...deps.hasher, hashWithSalt } };
    const pending = newPendingAuthenticator();
    const code = codeAt(pending.secret, deps.clock);
    const asked = { account, by: BY, code };
    expect(await addAuthenticator(slow, { ...asked, exceptSession: 'this', pending })).toEqual({
      outcome: 'superseded',
    });
    const { secret } = newPendingAuthenticator();
    const enrolment = { ...asked, secret, code: codeAt(secret, deps.clock) };
    expect(await confirmTotpEnrolment(slow, enrolment)).toEqual({ outcome: 'superseded' });
    expect([await list(), await countRecoveryCodes(deps.db, account.id), await mails()]).toEqual([[], 0, []]);
  });

  test('a code of any of them is right, once, and is noted as the use of that one alone', async () => {
    const { adds, list, verify, deps } = await somebody();
    const [phone, tablet] = [newPendingAuthenticator(), newPendingAuthenticator()];
    await adds('Phone', phone);
    await adds('Tablet', tablet);
    deps.clock.advance(60);
    const code = codeAt(tablet.secret, deps.clock);
    expect(await verify(code)).toMatchObject({ outcome: 'verified', method: 'totp' });
    expect(await verify(code)).toEqual({ outcome: 'wrong_code' });
    const used = Object.fromEntries((await list()).map(({ name, lastUsedAt }) => [name, lastUsedAt !== undefined]));
    expect(used).toEqual({ Phone: false, Tablet: true });
    expect(await verify(codeAt(phone.secret, deps.clock))).toMatchObject({ outcome: 'verified' });
  });

  test('a wrong code is one try, however many authenticators it is held against (T38)', async () => {
    const { adds, verify, deps } = await somebody();
    const pending = newPendingAuthenticator();
    await adds('Phone', pending);
    for (const name of ['a', 'b', 'c']) await adds(name);
    deps.clock.advance(60);
    const wrong = wrongCodeAt(pending.secret, deps.clock);
    for (let i = 0; i < 5; i += 1) expect(await verify(wrong)).toEqual({ outcome: 'wrong_code' });
    expect(await verify(wrong)).toMatchObject({ outcome: 'too_many_attempts' });
  });

  test('the code that added one does not sign in as well (T39)', async () => {
    const { adds, verify, deps } = await somebody();
    const pending = newPendingAuthenticator();
    await adds('Phone', pending);
    expect(await verify(codeAt(pending.secret, deps.clock))).toEqual({ outcome: 'wrong_code' });
  });

  test('one form sent 20 times adds one authenticator (T39)', async () => {
    const { adds, list } = await somebody();
    const pending = newPendingAuthenticator();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => adds(`Phone ${index}`, pending)));
    const outcomes = answers.map(({ outcome }) => outcome).sort();
    expect(outcomes.filter((outcome) => outcome === 'added')).toHaveLength(1);
    expect(await list()).toHaveLength(1);
  });

  test('20 forms at once stay within the limit, and one set of recovery codes comes of it', async () => {
    const { adds, list, deps, account, verify } = await somebody();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => adds(`Phone ${index}`)));
    const added = answers.flatMap((each) => (each.outcome === 'added' ? [each] : []));
    expect(added).toHaveLength(MOST_AUTHENTICATORS);
    expect(await list()).toHaveLength(MOST_AUTHENTICATORS);
    expect(added.filter(({ recoveryCodes }) => recoveryCodes.length > 0)).toHaveLength(1);
    expect(await countRecoveryCodes(deps.db, account.id)).toBe(10);
    const [code = ''] = added.flatMap(({ recoveryCodes }) => recoveryCodes);
    expect(await verify(code)).toMatchObject({ outcome: 'verified', recoveryCodesLeft: 9 });
  });

  test('removing the last one takes the recovery codes along; where it is demanded, it stays', async () => {
    const { adds, list, deps, account, verify, events, mails } = await somebody();
    const first = await adds('Phone');
    await adds('Tablet');
    const [phone, tablet] = await list();
    const remove = (id: string | undefined, demanded = false) =>
      removeAuthenticator(deps, { account, by: BY, id: id ?? '', demanded, exceptSession: 'this' });
    expect(await remove(phone?.id, true)).toEqual({ outcome: 'removed', name: 'Phone', wasLast: false });
    expect(await remove(phone?.id)).toEqual({ outcome: 'unknown' });
    expect(await remove(tablet?.id, true)).toEqual({ outcome: 'needed' });
    expect(await countRecoveryCodes(deps.db, account.id)).toBe(10);
    expect(await remove(tablet?.id)).toEqual({ outcome: 'removed', name: 'Tablet', wasLast: true });
    expect(await hasSecondFactor(deps.db, account.id)).toBe(false);
    expect(await countRecoveryCodes(deps.db, account.id)).toBe(0);
    expect(await verify((first.outcome === 'added' && first.recoveryCodes[0]) || '')).toEqual({
      outcome: 'wrong_code',
    });
    expect((await events()).filter((event) => event === 'factor.removed')).toHaveLength(2);
    expect(await mails()).toEqual(['factor_added', 'factor_added', 'factor_removed', 'factor_removed']);
  });

  test('of two that are removed at once where one is demanded, one stays', async () => {
    const { adds, list, deps, account } = await somebody();
    await adds('Phone');
    await adds('Tablet');
    const removals = (await list()).map(({ id }) =>
      removeAuthenticator(deps, { account, by: BY, id, demanded: true, exceptSession: 'this' }),
    );
    expect((await Promise.all(removals)).map(({ outcome }) => outcome).sort()).toEqual(['needed', 'removed']);
  });

  test('names stay unique, and nobody touches those of another account (T18)', async () => {
    const jane = await somebody();
    const mallory = await somebody();
    await jane.adds('Phone');
    await jane.adds('Tablet');
    const [phone] = await jane.list();
    const id = phone?.id ?? '';
    const by = BY;
    const rename = ({ deps, account }: typeof jane, name: string) =>
      renameAuthenticator(deps, { account, by, id, name });
    expect(await rename(jane, 'Tablet')).toEqual({ outcome: 'name_taken' });
    expect(await rename(jane, 'Old phone')).toEqual({ outcome: 'renamed' });
    expect(await rename(mallory, 'Mine')).toEqual({ outcome: 'unknown' });
    const removal = { account: mallory.account, by, id, demanded: false, exceptSession: 'this' };
    expect(await removeAuthenticator(mallory.deps, removal)).toEqual({ outcome: 'unknown' });
    expect((await jane.list()).map(({ name }) => name)).toContain('Old phone');
    expect(await mallory.events()).toEqual([]);
    expect(await mallory.mails()).toEqual([]);
  });

  test('new recovery codes end the old ones, and their owner is told (T40)', async () => {
    const { adds, verify, deps, account, events, mails } = await somebody();
    expect(await renewRecoveryCodes(deps, { account, by: BY })).toEqual({ outcome: 'no_authenticator' });
    const first = await adds();
    const renewal = await renewRecoveryCodes(deps, { account, by: BY });
    const [old = ''] = first.outcome === 'added' ? first.recoveryCodes : [];
    const [fresh = ''] = renewal.outcome === 'renewed' ? renewal.recoveryCodes : [];
    expect(await verify(old)).toEqual({ outcome: 'wrong_code' });
    expect(await verify(fresh)).toEqual({ outcome: 'verified', method: 'recovery_code', recoveryCodesLeft: 9 });
    expect(await events()).toEqual(['recovery_code.used', 'recovery_codes.renewed', 'factor.added']);
    expect(await mails()).toEqual(['factor_added', 'recovery_code_used', 'recovery_codes_renewed']);
  });

  test('a recovery code is spent and told of together, or neither', async () => {
    const { adds, verify, deps, account, mails } = await somebody();
    const first = await adds();
    const [code = ''] = first.outcome === 'added' ? first.recoveryCodes : [];
    const seal = () => {
      throw new Error('the mail cannot be written');
    };
    const broken = { ...deps, box: { ...deps.box, seal } };
    await expect(verifySecondFactor(broken, { account, by: BY, code })).rejects.toThrow('cannot be written');
    expect(await mails()).toEqual(['factor_added']);
    expect(await verify(code)).toMatchObject({ outcome: 'verified', recoveryCodesLeft: 9 });
  });

  test('the release before reads and writes rows as it did', async () => {
    const { adds, account, deps, list, verify } = await somebody();
    const pending = newPendingAuthenticator();
    const sealed = deps.box.seal(pending.secret, `totp_secrets.secret:${account.id}`);
    const row = { account_id: account.id, secret: sealed, last_step: 1, confirmed_at: new Date(0) };
    const insert = () =>
      deps.db
        .insertInto('totp_secrets')
        .values(row)
        .onConflict((on) => on.doNothing())
        .execute();
    await insert();
    await insert();
    expect((await list()).map(({ name }) => name)).toEqual(['Authenticator app']);
    expect(await verify(codeAt(pending.secret, deps.clock))).toMatchObject({ outcome: 'verified' });
    expect(await adds()).toMatchObject({ name: 'Authenticator app 2' });
  });
});
