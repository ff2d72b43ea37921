// Enrolment of an authenticator app: show a secret, have it confirmed by a code, hand out recovery codes.
import type { PasswordHasher } from '../accounts/password-hash.ts';
import type { Clock } from '../clock.ts';
import type { LimitsConfig } from '../config/config.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { reserveAttempt, returnAttempt } from '../limits/counters.ts';
import { secondFactorLimit } from '../limits/limits.ts';
import { qrCodeSvg } from './qr-code.ts';
import { newRecoveryCodes, replaceRecoveryCodes } from './recovery-codes.ts';
import { matchTotp, newTotpSecret, totpCodeFrom, totpUri } from './totp.ts';
import { hasTotpSecret, insertTotpSecret } from './totp-secrets.ts';

export interface TotpEnrolment {
  /** Base32; kept on the server until it is confirmed. */
  readonly secret: string;
  /** otpauth:// */
  readonly uri: string;
  readonly qrSvg: string;
  /** The secret for typing: groups of four, a blank between. */
  readonly keyInGroups: string;
}

/** Stores nothing. With `secret` it shows a started enrolment once more, for instance after a wrong code. */
export function startTotpEnrolment({
  issuerName,
  account,
  secret = newTotpSecret(),
}: {
  issuerName: string;
  account: { readonly email: string };
  secret?: string | undefined;
}): TotpEnrolment {
  const uri = totpUri({ issuerName, label: account.email, secret });
  const qrSvg = qrCodeSvg(uri, 'QR code for your authenticator app');
  return { secret, uri, qrSvg, keyInGroups: secret.replace(/(.{4})(?=.)/g, '$1 ') };
}

export type TotpConfirmation =
  /** Shown once; only their hashes are kept. */
  | { outcome: 'enrolled'; recoveryCodes: string[] }
  | { outcome: 'wrong_code' }
  | { outcome: 'already_enrolled' }
  | { outcome: 'too_many_attempts'; retryAfterSeconds: number };

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly box: SealedBox;
  readonly hasher: PasswordHasher;
  readonly limits: LimitsConfig;
}

/**
 * The code that confirms is spent by it: its time step is stored as the last accepted one.
 * Text that cannot be a code is wrong without being counted. @throws Refusal `busy` (503)
 */
export async function confirmTotpEnrolment(
  deps: Deps,
  { accountId, secret, code: typed }: { accountId: string; secret: string; code: string },
): Promise<TotpConfirmation> {
  if (await hasTotpSecret(deps.db, accountId)) return { outcome: 'already_enrolled' };
  const code = totpCodeFrom(typed);
  if (code === undefined) return { outcome: 'wrong_code' };
  const limit = secondFactorLimit(deps.limits, accountId);
  const reservation = await reserveAttempt(deps, limit.key, limit);
  if (!reservation.allowed) {
    return { outcome: 'too_many_attempts', retryAfterSeconds: reservation.retryAfterSeconds };
  }
  const step = matchTotp(secret, code, deps.clock.now());
  if (step === undefined) return { outcome: 'wrong_code' };
  await returnAttempt(deps, limit.key);
  return storeEnrolment(deps, { accountId, secret, lastStep: step });
}

/** The hashes are made before the transaction: it lasts a few statements, not ten hashes. */
async function storeEnrolment(
  deps: Deps,
  enrolment: { accountId: string; secret: string; lastStep: number },
): Promise<TotpConfirmation> {
  const set = await newRecoveryCodes(deps.hasher);
  return atomically(deps.db, async (tx) => {
    const inserted = await insertTotpSecret({ ...deps, db: tx }, enrolment);
    if (!inserted) return { outcome: 'already_enrolled' };
    await replaceRecoveryCodes({ db: tx, clock: deps.clock }, enrolment.accountId, set);
    return { outcome: 'enrolled', recoveryCodes: [...set.codes] };
  });
}
