// What an account presents after its password: a TOTP code, or a recovery code in its place.
import type { PasswordHasher } from '../accounts/password-hash.ts';
import type { Clock } from '../clock.ts';
import type { LimitsConfig } from '../config/config.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { reserveAttempt, returnAttempt } from '../limits/counters.ts';
import { secondFactorLimit } from '../limits/limits.ts';
import { countRecoveryCodes, deleteRecoveryCodes, recoveryCodeFrom, spendRecoveryCode } from './recovery-codes.ts';
import { matchTotp, totpCodeFrom } from './totp.ts';
import { acceptStep, deleteTotpSecret, findTotpSecret, hasTotpSecret } from './totp-secrets.ts';

export type SecondFactorMethod = 'totp' | 'recovery_code';

export type SecondFactorVerification =
  | { outcome: 'verified'; method: SecondFactorMethod; recoveryCodesLeft: number }
  | { outcome: 'wrong_code' }
  | { outcome: 'too_many_attempts'; retryAfterSeconds: number };

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly box: SealedBox;
  readonly hasher: PasswordHasher;
  readonly limits: LimitsConfig;
}

export const hasSecondFactor = hasTotpSecret;

/**
 * Counts the attempt before checking it. Blanks, dashes and capitals in the code do not matter; text that cannot be
 * a code is wrong without being counted. `deps.db` must not be a transaction that may be rolled back.
 * @throws Refusal `busy` (503) for a recovery code when too many hashes wait; that attempt does not count.
 */
export async function verifySecondFactor(
  deps: Deps,
  { accountId, code: typed }: { accountId: string; code: string },
): Promise<SecondFactorVerification> {
  const presented = presentedFrom(typed);
  if (!presented) return { outcome: 'wrong_code' };
  const limit = secondFactorLimit(deps.limits, accountId);
  const reservation = await reserveAttempt(deps, limit.key, limit);
  if (!reservation.allowed) {
    return { outcome: 'too_many_attempts', retryAfterSeconds: reservation.retryAfterSeconds };
  }
  if (!(await spendOrReturn(deps, { accountId, presented, limitKey: limit.key }))) return { outcome: 'wrong_code' };
  await returnAttempt(deps, limit.key);
  const recoveryCodesLeft = await countRecoveryCodes(deps.db, accountId);
  return { outcome: 'verified', method: presented.method, recoveryCodesLeft };
}

interface Presented {
  readonly method: SecondFactorMethod;
  readonly code: string;
}

/** Six digits are a TOTP code, sixteen base32 characters a recovery code. */
function presentedFrom(typed: string): Presented | undefined {
  const totpCode = totpCodeFrom(typed);
  if (totpCode !== undefined) return { method: 'totp', code: totpCode };
  const recoveryCode = recoveryCodeFrom(typed);
  return recoveryCode === undefined ? undefined : { method: 'recovery_code', code: recoveryCode };
}

async function spendOrReturn(
  deps: Deps,
  { accountId, presented, limitKey }: { accountId: string; presented: Presented; limitKey: string },
): Promise<boolean> {
  try {
    if (presented.method === 'totp') return await spendTotpCode(deps, accountId, presented.code);
    // Codes without an authenticator are left-overs of a factor that was taken away.
    return (await hasTotpSecret(deps.db, accountId)) && (await spendRecoveryCode(deps, accountId, presented.code));
  } catch (error) {
    await returnAttempt(deps, limitKey);
    throw error;
  }
}

async function spendTotpCode({ db, box, clock }: Deps, accountId: string, code: string): Promise<boolean> {
  const found = await findTotpSecret({ db, box }, accountId);
  if (!found) return false;
  const step = matchTotp(found.secret, code, clock.now());
  return step !== undefined && acceptStep(db, { accountId, sealed: found.sealed, step });
}

/** Takes the authenticator and all recovery codes away. False when there was no authenticator. */
export const resetSecondFactors = (db: Db, accountId: string): Promise<boolean> =>
  atomically(db, async (tx) => {
    await deleteRecoveryCodes(tx, accountId);
    return deleteTotpSecret(tx, accountId);
  });
