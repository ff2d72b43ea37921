// Signing in with the second factor: each code once, few tries.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPasswordHasher } from '../../../src/accounts/password-hash.ts';
import { createSealedBox } from '../../../src/crypto/sealed-box.ts';
import { confirmTotpEnrolment, startTotpEnrolment } from '../../../src/second-factors/enrol-totp.ts';
import { verifySecondFactor } from '../../../src/second-factors/second-factor.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../../support/database.ts';
import { countingHasher, depsFor, person, quickHasher } from '../accounts/people.ts';
import { BY, codeAt, wrongCodeAt } from './codes.ts';

const kinds = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

describe.each(kinds)('on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  /** Has an authenticator and recovery codes; the next time step has begun. */
  async function enrolled({ secondFactorFailures = 5, hasher = quickHasher() } = {}) {
    const base = depsFor(database.db);
    const limits = { ...base.limits, secondFactorFailures };
    const config = { ...base.config, limits };
    const deps = { ...base, hasher, config, box: createSealedBox(Buffer.alloc(32, 7)) };
    const account = await person(deps, { password: undefined });
    const { secret } = startTotpEnrolment({ issuerName: 'Gatehouse', account });
    const confirmation = await confirmTotpEnrolment(deps, {
      account,
      by: BY,
      secret,
      code: codeAt(secret, deps.clock),
    });
    deps.clock.advance(60);
    const recoveryCodes = confirmation.outcome === 'enrolled' ? confirmation.recoveryCodes : [];
    const verify = (code: string) => verifySecondFactor(deps, { account, by: BY, code });
    return { deps, account, secret, recoveryCodes, verify };
  }

  test('the code of the app is right once (T39)', async () => {
    const { deps, secret, verify } = await enrolled();
    const code = codeAt(secret, deps.clock);
    expect(await verify(code)).toEqual({ outcome: 'verified', method: 'totp', recoveryCodesLeft: 10 });
    expect(await verify(code)).toEqual({ outcome: 'wrong_code' });
  });

  test('20 posts of one right code at once are one sign-in (T39)', async () => {
    const { deps, secret, verify } = await enrolled({ secondFactorFailures: 20 });
    const code = codeAt(secret, deps.clock);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => verify(code)));
    expect(outcomes.filter(({ outcome }) => outcome === 'verified')).toHaveLength(1);
    expect(outcomes.filter(({ outcome }) => outcome === 'wrong_code')).toHaveLength(19);
  });

  test('the code of the step before or after is right too, but no step after a later one', async () => {
    const { deps, secret, verify } = await enrolled();
    expect(await verify(codeAt(secret, deps.clock, -2))).toEqual({ outcome: 'wrong_code' });
    expect(await verify(codeAt(secret, deps.clock, 2))).toEqual({ outcome: 'wrong_code' });
    expect(await verify(codeAt(secret, deps.clock, -1))).toMatchObject({ outcome: 'verified' });
    expect(await verify(codeAt(secret, deps.clock, 1))).toMatchObject({ outcome: 'verified' });
    expect(await verify(codeAt(secret, deps.clock, 0))).toEqual({ outcome: 'wrong_code' });
  });

  test('50 wrong codes at once are 5 tries, and then even the right one waits (T38)', async () => {
    const { deps, secret, recoveryCodes, verify } = await enrolled();
    const wrong = wrongCodeAt(secret, deps.clock);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => verify(wrong)));
    expect(outcomes.filter(({ outcome }) => outcome === 'wrong_code')).toHaveLength(5);
    expect(outcomes.filter(({ outcome }) => outcome === 'too_many_attempts')).toHaveLength(45);
    for (const code of [codeAt(secret, deps.clock), recoveryCodes[0] ?? '']) {
      const late = await verify(code);
      expect(late.outcome === 'too_many_attempts' && late.retryAfterSeconds).toBeGreaterThan(890);
    }
    deps.clock.advance(901);
    expect(await verify(codeAt(secret, deps.clock))).toMatchObject({ outcome: 'verified' });
  });

  test('right codes are not counted, and do not wipe out the wrong ones', async () => {
    const { deps, secret, verify } = await enrolled();
    const wrong = wrongCodeAt(secret, deps.clock);
    for (let i = 0; i < 4; i += 1) await verify(wrong);
    for (let i = 0; i < 8; i += 1) {
      expect(await verify(codeAt(secret, deps.clock))).toMatchObject({ outcome: 'verified' });
      deps.clock.advance(30);
    }
    expect(await verify(wrong)).toEqual({ outcome: 'wrong_code' });
    expect(await verify(wrong)).toMatchObject({ outcome: 'too_many_attempts' });
  });

  test('a recovery code works once, however it is typed', async () => {
    const { recoveryCodes, verify } = await enrolled({ hasher: countingHasher() });
    const [first = '', second = ''] = recoveryCodes;
    expect(await verify(first)).toEqual({ outcome: 'verified', method: 'recovery_code', recoveryCodesLeft: 9 });
    expect(await verify(first)).toEqual({ outcome: 'wrong_code' });
    const typed = ` ${second.toLowerCase().replaceAll('-', ' ').replaceAll('o', '0')} `;
    expect(await verify(typed)).toEqual({ outcome: 'verified', method: 'recovery_code', recoveryCodesLeft: 8 });
  });

  test('20 posts of one recovery code at once are one sign-in (T40)', async () => {
    const { recoveryCodes, verify } = await enrolled({ secondFactorFailures: 20, hasher: countingHasher() });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => verify(recoveryCodes[3] ?? '')));
    expect(outcomes.filter(({ outcome }) => outcome === 'verified')).toHaveLength(1);
    expect(outcomes.filter(({ outcome }) => outcome === 'wrong_code')).toHaveLength(19);
  });

  test('guessing recovery codes is limited with the same counter (T38)', async () => {
    const { deps, secret, verify } = await enrolled();
    for (let i = 0; i < 3; i += 1) expect(await verify('AAAA-BBBB-CCCC-DDDD')).toEqual({ outcome: 'wrong_code' });
    for (let i = 0; i < 2; i += 1)
      expect(await verify(wrongCodeAt(secret, deps.clock))).toEqual({ outcome: 'wrong_code' });
    expect(await verify('AAAA-BBBB-CCCC-DDDD')).toMatchObject({ outcome: 'too_many_attempts' });
  });

  test('one person’s codes do not work for another', async () => {
    const jane = await enrolled();
    const mallory = await enrolled();
    expect(await jane.verify(mallory.recoveryCodes[0] ?? '')).toEqual({ outcome: 'wrong_code' });
    expect(await jane.verify(codeAt(mallory.secret, mallory.deps.clock))).toEqual({ outcome: 'wrong_code' });
    expect(await mallory.verify(mallory.recoveryCodes[0] ?? '')).toMatchObject({ outcome: 'verified' });
  });

  test('an account without a second factor has no right code', async () => {
    const deps = { ...depsFor(database.db), box: createSealedBox(Buffer.alloc(32, 7)) };
    const account = await person(deps, { password: undefined });
    expect(await verifySecondFactor(deps, { account, by: BY, code: '123456' })).toEqual({ outcome: 'wrong_code' });
    expect(await verifySecondFactor(deps, { account, by: BY, code: 'AAAA-BBBB-CCCC-DDDD' })).toEqual({
      outcome: 'wrong_code',
    });
  });

  test('text that is no code is wrong, breaks nothing and is not counted', async () => {
    const { deps, secret, verify } = await enrolled();
    for (const code of [
      '',
      ' ',
      '12345',
      '1234567',
      'abcdef',
      '\0',
      '١٢٣٤٥٦',
      'AAAA-BBBB-CCCC-DDD9',
      'x'.repeat(100_000),
    ]) {
      expect(await verify(code)).toEqual({ outcome: 'wrong_code' });
    }
    expect(await verify(codeAt(secret, deps.clock))).toMatchObject({ outcome: 'verified' });
  });

  test('a recovery code turned away because the server is busy still works, and is no try (T60)', async () => {
    const hasher = countingHasher(createPasswordHasher({ parallel: 1, queue: 0 }));
    const { recoveryCodes, verify } = await enrolled({ hasher });
    const [code = ''] = recoveryCodes;
    let busy = true;
    const others = (async () => {
      while (busy) await hasher.hash('of somebody else');
    })();
    for (let i = 0; i < 6; i += 1) await expect(verify(code)).rejects.toMatchObject({ code: 'busy', status: 503 });
    busy = false;
    await others;
    expect(await verify(code)).toMatchObject({ outcome: 'verified' });
  });
});
