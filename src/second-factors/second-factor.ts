// What an account presents after its password: a TOTP code, or a recovery code in its place.
import { atomically } from '../database/atomically.ts';
import { reachesLimit, reserveAttempt, returnAttempt } from '../limits/counters.ts';
import { secondFactorLimit } from '../limits/limits.ts';
import type { FactorDeps } from './deps.ts';
import { type Change, tellCodeUsed } from './notices.ts';
import { countRecoveryCodes, hashRecoveryCode, recoveryCodeFrom, spendRecoveryCode } from './recovery-codes.ts';
import { matchTotp, totpCodeFrom } from './totp.ts';
import { acceptStep, findTotpSecrets, hasTotpSecret } from './totp-secrets.ts';

export type SecondFactorMethod = 'totp' | 'recovery_code';

export type SecondFactorVerification =
  | { outcome: 'verified'; method: SecondFactorMethod; recoveryCodesLeft: number }
  | { outcome: 'wrong_code' }
  /** The first of the refused ones of this window, or one of the others, which are not worth a record each. */
  | { outcome: 'too_many_attempts'; retryAfterSeconds: number; isFirst: boolean };

export const hasSecondFactor = hasTotpSecret;

/**
 * Counts the attempt before checking it. Blanks, dashes and capitals in the code do not matter; text that cannot be
 * a code is wrong without being counted. `deps.db` must not be a transaction that may be rolled back.
 * @throws Refusal `busy` (503) for a recovery code when too many hashes wait; that attempt does not count.
 */
export async function verifySecondFactor(
  deps: FactorDeps,
  { account, by, code: typed }: Change & { code: string },
): Promise<SecondFactorVerification> {
  const presented = presentedFrom(typed);
  if (!presented) return { outcome: 'wrong_code' };
  const limit = secondFactorLimit(deps.config.limits, account.id);
  const reservation = await reserveAttempt(deps, limit.key, limit);
  if (!reservation.allowed) {
    const { windowSeconds } = limit;
    const isFirst = await reachesLimit(deps, `${limit.key}:refused`, { attempts: 1, windowSeconds });
    return { outcome: 'too_many_attempts', retryAfterSeconds: reservation.retryAfterSeconds, isFirst };
  }
  if (!(await spendOrReturn(deps, { account, by, presented, limitKey: limit.key }))) return { outcome: 'wrong_code' };
  await returnAttempt(deps, limit.key);
  const recoveryCodesLeft = await countRecoveryCodes(deps.db, account.id);
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
  deps: FactorDeps,
  { presented, limitKey, ...change }: Change & { presented: Presented; limitKey: string },
): Promise<boolean> {
  try {
    if (presented.method === 'totp') return await spendTotpCode(deps, change.account.id, presented.code);
    return await spendCode(deps, change, presented.code);
  } catch (error) {
    await returnAttempt(deps, limitKey);
    throw error;
  }
}

/** Of the first authenticator that shows it: should two show the same code by chance, it is still good once. */
async function spendTotpCode({ db, box, clock }: FactorDeps, accountId: string, code: string): Promise<boolean> {
  for (const { id, secret } of await findTotpSecrets({ db, box }, accountId)) {
    const step = matchTotp(secret, code, clock.now());
    if (step !== undefined) return acceptStep({ db, clock }, { accountId, id, step });
  }
  return false;
}

/** Its owner is told in the transaction that spends it. */
async function spendCode(deps: FactorDeps, change: Change, code: string): Promise<boolean> {
  const accountId = change.account.id;
  // Codes without an authenticator are left-overs of a factor that was taken away.
  if (!(await hasTotpSecret(deps.db, accountId))) return false;
  const hash = await hashRecoveryCode(deps, accountId, code);
  if (hash === undefined) return false;
  return atomically(deps.db, async (tx) => {
    if (!(await spendRecoveryCode(tx, { accountId, hash }))) return false;
    const left = await countRecoveryCodes(tx, accountId);
    await tellCodeUsed({ ...deps, db: tx }, { ...change, left });
    return true;
  });
}
