// Enrolling an authenticator app.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSealedBox } from '../../../src/crypto/sealed-box.ts';
import { confirmTotpEnrolment, startTotpEnrolment } from '../../../src/second-factors/enrol-totp.ts';
import { resetSecondFactors } from '../../../src/second-factors/reset-second-factors.ts';
import { hasSecondFactor, verifySecondFactor } from '../../../src/second-factors/second-factor.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../../support/database.ts';
import { countingHasher, depsFor, person, quickHasher } from '../accounts/people.ts';
import { BY, codeAt, wrongCodeAt } from './codes.ts';

const kinds = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

describe('the enrolment page', () => {
  const account = { email: 'jane@example.test' };

  test('shows one secret as a URI, as a picture and as a key to type', () => {
    const { secret, uri, qrSvg, keyInGroups } = startTotpEnrolment({ issuerName: 'Gatehouse', account });
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(uri).toBe(`otpauth://totp/Gatehouse:jane%40example.test?secret=${secret}&issuer=Gatehouse`);
    expect(keyInGroups).toMatch(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
    expect(keyInGroups.replaceAll(' ', '')).toBe(secret);
    expect(qrSvg).toContain('viewBox="0 0 ');
  });

  test('shows another secret each time, and the same one when asked to', () => {
    const first = startTotpEnrolment({ issuerName: 'Gatehouse', account });
    expect(startTotpEnrolment({ issuerName: 'Gatehouse', account }).secret).not.toBe(first.secret);
    expect(startTotpEnrolment({ issuerName: 'Gatehouse', account, secret: first.secret })).toEqual(first);
  });
});

describe.each(kinds)('on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  async function newcomer(hasher = quickHasher()) {
    const deps = { ...depsFor(database.db), hasher, box: createSealedBox(Buffer.alloc(32, 7)) };
    const account = await person(deps, { password: undefined });
    const { secret } = startTotpEnrolment({ issuerName: 'Gatehouse', account });
    return { deps, account, secret };
  }

  test('the right code enrols and gives ten recovery codes', async () => {
    const { deps, account, secret } = await newcomer(countingHasher());
    expect(await hasSecondFactor(deps.db, account.id)).toBe(false);
    const confirmation = await confirmTotpEnrolment(deps, {
      account,
      by: BY,
      secret,
      code: codeAt(secret, deps.clock),
    });
    const codes = confirmation.outcome === 'enrolled' ? confirmation.recoveryCodes : [];
    expect(codes).toHaveLength(10);
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/);
    expect(await hasSecondFactor(deps.db, account.id)).toBe(true);
  });

  test('the code that enrolled does not sign in as well (T39)', async () => {
    const { deps, account, secret } = await newcomer();
    const code = codeAt(secret, deps.clock);
    await confirmTotpEnrolment(deps, { account, by: BY, secret, code });
    expect(await verifySecondFactor(deps, { account, by: BY, code })).toEqual({ outcome: 'wrong_code' });
    deps.clock.advance(30);
    expect(await verifySecondFactor(deps, { account, by: BY, code: codeAt(secret, deps.clock) })).toMatchObject({
      outcome: 'verified',
    });
  });

  test('neither the secret nor a recovery code stands in the database (T66)', async () => {
    const { deps, account, secret } = await newcomer(countingHasher());
    const confirmation = await confirmTotpEnrolment(deps, {
      account,
      by: BY,
      secret,
      code: codeAt(secret, deps.clock),
    });
    const stored = JSON.stringify([
      await deps.db.selectFrom('totp_secrets').selectAll().execute(),
      await deps.db.selectFrom('recovery_codes').selectAll().execute(),
    ]);
    expect(stored).not.toContain(secret);
    for (const code of confirmation.outcome === 'enrolled' ? confirmation.recoveryCodes : ['']) {
      expect(stored).not.toContain(code);
      expect(stored).not.toContain(code.replaceAll('-', ''));
    }
  });

  test('a secret moved to another account does not open there (T66)', async () => {
    const jane = await newcomer();
    const mallory = await newcomer();
    for (const { deps, account, secret } of [jane, mallory]) {
      await confirmTotpEnrolment(deps, { account, by: BY, secret, code: codeAt(secret, deps.clock) });
    }
    const { secret: sealed } = await mallory.deps.db
      .selectFrom('totp_secrets')
      .select('secret')
      .where('account_id', '=', mallory.account.id)
      .executeTakeFirstOrThrow();
    await jane.deps.db
      .updateTable('totp_secrets')
      .set({ secret: sealed })
      .where('account_id', '=', jane.account.id)
      .execute();
    mallory.deps.clock.advance(30);
    const attempt = verifySecondFactor(mallory.deps, {
      account: jane.account,
      by: BY,
      code: codeAt(mallory.secret, mallory.deps.clock),
    });
    await expect(attempt).rejects.toThrow('cannot be opened');
  });

  test('a wrong code enrols nothing, and five of them end the trying for a while (T38)', async () => {
    const { deps, account, secret } = await newcomer();
    const code = wrongCodeAt(secret, deps.clock);
    for (let i = 0; i < 5; i += 1) {
      expect(await confirmTotpEnrolment(deps, { account, by: BY, secret, code })).toEqual({ outcome: 'wrong_code' });
    }
    const right = codeAt(secret, deps.clock);
    expect(await confirmTotpEnrolment(deps, { account, by: BY, secret, code: right })).toMatchObject({
      outcome: 'too_many_attempts',
    });
    expect(await hasSecondFactor(deps.db, account.id)).toBe(false);
    deps.clock.advance(901);
    expect(
      await confirmTotpEnrolment(deps, { account, by: BY, secret, code: codeAt(secret, deps.clock) }),
    ).toMatchObject({
      outcome: 'enrolled',
    });
  });

  test.each([[''], ['12345'], ['abcdef'], ['1234567'], ['\0'], ['ABCD-EFGH-IJKL-MNOP']])(
    'text that is no code (%j) is wrong, breaks nothing and is not counted',
    async (code) => {
      const { deps, account, secret } = await newcomer();
      for (let i = 0; i < 6; i += 1) {
        expect(await confirmTotpEnrolment(deps, { account, by: BY, secret, code })).toEqual({ outcome: 'wrong_code' });
      }
      expect(
        await confirmTotpEnrolment(deps, { account, by: BY, secret, code: codeAt(secret, deps.clock) }),
      ).toMatchObject({
        outcome: 'enrolled',
      });
    },
  );

  test('nobody enrols twice, and the first secret stays', async () => {
    const { deps, account, secret } = await newcomer();
    await confirmTotpEnrolment(deps, { account, by: BY, secret, code: codeAt(secret, deps.clock) });
    const { secret: second } = startTotpEnrolment({ issuerName: 'Gatehouse', account: { email: 'x@example.test' } });
    deps.clock.advance(30);
    expect(
      await confirmTotpEnrolment(deps, { account, by: BY, secret: second, code: codeAt(second, deps.clock) }),
    ).toEqual({
      outcome: 'already_enrolled',
    });
    expect(await verifySecondFactor(deps, { account, by: BY, code: codeAt(secret, deps.clock) })).toMatchObject({
      outcome: 'verified',
    });
  });

  test('of two tabs that enrol at once, one does, and its recovery codes work', async () => {
    const { deps, account, secret } = await newcomer();
    const { secret: other } = startTotpEnrolment({ issuerName: 'Gatehouse', account: { email: 'x@example.test' } });
    const confirmations = await Promise.all(
      [secret, other].map((tab) =>
        confirmTotpEnrolment(deps, { account, by: BY, secret: tab, code: codeAt(tab, deps.clock) }),
      ),
    );
    expect(confirmations.map(({ outcome }) => outcome).sort()).toEqual(['already_enrolled', 'enrolled']);
    const [code = ''] = confirmations.flatMap((each) => (each.outcome === 'enrolled' ? each.recoveryCodes : []));
    expect(await verifySecondFactor(deps, { account, by: BY, code })).toMatchObject({
      outcome: 'verified',
      recoveryCodesLeft: 9,
    });
  });

  test('after a reset the account enrols anew, and nothing of before works (T40)', async () => {
    const { deps, account, secret } = await newcomer();
    const before = await confirmTotpEnrolment(deps, { account, by: BY, secret, code: codeAt(secret, deps.clock) });
    expect(await resetSecondFactors(deps, { account, by: BY })).toEqual({ removed: true, sessionsEnded: 0 });
    expect(await resetSecondFactors(deps, { account, by: BY })).toEqual({ removed: false, sessionsEnded: 0 });
    expect(await hasSecondFactor(deps.db, account.id)).toBe(false);
    const { secret: second } = startTotpEnrolment({ issuerName: 'Gatehouse', account: { email: 'x@example.test' } });
    await confirmTotpEnrolment(deps, { account, by: BY, secret: second, code: codeAt(second, deps.clock) });
    deps.clock.advance(30);
    const [old = ''] = before.outcome === 'enrolled' ? before.recoveryCodes : [];
    expect(await verifySecondFactor(deps, { account, by: BY, code: old })).toEqual({ outcome: 'wrong_code' });
    expect(await verifySecondFactor(deps, { account, by: BY, code: codeAt(secret, deps.clock) })).toEqual({
      outcome: 'wrong_code',
    });
    expect(
      await verifySecondFactor(deps, {
        account,
        by: BY,
        code: codeAt(second, deps.clock),
      }),
    ).toMatchObject({ outcome: 'verified' });
  });
});
