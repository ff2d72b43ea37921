// Enrolment of an authenticator app: show a secret, have it confirmed by a code, hand out recovery codes.
import { lockAccountUnchanged } from '../accounts/lock-account.ts';
import { findPasswordChange } from '../accounts/password-age.ts';
import { languageFor } from '../accounts/telling.ts';
import { atomically } from '../database/atomically.ts';
import { reserveAttempt, returnAttempt } from '../limits/counters.ts';
import { type NamedLimit, secondFactorLimit } from '../limits/limits.ts';
import { textsIn } from '../texts/messages.ts';
import type { FactorDeps } from './deps.ts';
import { type Change, tellFactorAdded } from './notices.ts';
import { qrCodeSvg } from './qr-code.ts';
import { newRecoveryCodes, type RecoveryCodeSet, replaceRecoveryCodes } from './recovery-codes.ts';
import { matchTotp, newTotpSecret, totpCodeFrom, totpUri } from './totp.ts';
import { hasTotpSecret, insertTotpSecret, type NewTotpSecret } from './totp-secrets.ts';

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
  | { outcome: 'already_enrolled' }
  /** The password was changed meanwhile, which has ended this sign-in. */
  | { outcome: 'superseded' }
  | Exclude<FirstCode, RightCode>;

/** The code that proves that the app knows the secret, and the time step it belongs to. */
export type FirstCode =
  | RightCode
  | { readonly outcome: 'wrong_code' }
  | { readonly outcome: 'too_many_attempts'; readonly retryAfterSeconds: number };

interface RightCode {
  readonly outcome: 'right';
  readonly step: number;
}

/**
 * The first authenticator of somebody who is signing in; its owner is told by mail. The code that confirms is spent by
 * it: its time step is stored as the last accepted one.
 * Text that cannot be a code is wrong without being counted. @throws Refusal `busy` (503)
 */
export async function confirmTotpEnrolment(
  deps: FactorDeps,
  { account, by, secret, code }: Change & { secret: string; code: string },
): Promise<TotpConfirmation> {
  const accountId = account.id;
  if (await hasTotpSecret(deps.db, accountId)) return { outcome: 'already_enrolled' };
  const passwordChange = await findPasswordChange(deps.db, accountId);
  const limit = secondFactorLimit(deps.config.limits, accountId);
  const first = await checkFirstCode(deps, { limit, secret, code });
  if (first.outcome !== 'right') return first;
  // The hashes are made before the transaction: it lasts a few statements, not ten hashes.
  const codes = await newRecoveryCodes(deps.hasher);
  const name = textsIn(languageFor(account, by.language))('factors.usual_name');
  return atomically(deps.db, async (tx): Promise<TotpConfirmation> => {
    const inside = { ...deps, db: tx };
    if (!(await lockAccountUnchanged(tx, { accountId, passwordChange }))) return { outcome: 'superseded' };
    if (await hasTotpSecret(tx, accountId)) return { outcome: 'already_enrolled' };
    await storeFirstAuthenticator(inside, { accountId, name, secret, lastStep: first.step }, codes);
    await tellFactorAdded(inside, { account, by, name });
    return { outcome: 'enrolled', recoveryCodes: [...codes.codes] };
  });
}

/** Stores nothing but the count of wrong codes. Text that cannot be a code is wrong without being counted. */
export async function checkFirstCode(
  deps: Pick<FactorDeps, 'db' | 'clock'>,
  { limit, secret, code: typed }: { limit: NamedLimit; secret: string; code: string },
): Promise<FirstCode> {
  const code = totpCodeFrom(typed);
  if (code === undefined) return { outcome: 'wrong_code' };
  const reservation = await reserveAttempt(deps, limit.key, limit);
  if (!reservation.allowed) {
    return { outcome: 'too_many_attempts', retryAfterSeconds: reservation.retryAfterSeconds };
  }
  const step = matchTotp(secret, code, deps.clock.now());
  if (step === undefined) return { outcome: 'wrong_code' };
  await returnAttempt(deps, limit.key);
  return { outcome: 'right', step };
}

/** In the caller's transaction, for an account that has none; its owner is told by whoever calls this. */
export async function storeFirstAuthenticator(
  deps: Pick<FactorDeps, 'db' | 'clock' | 'box'>,
  secret: NewTotpSecret,
  codes: RecoveryCodeSet,
): Promise<void> {
  await insertTotpSecret(deps, secret);
  await replaceRecoveryCodes(deps, secret.accountId, codes);
}
