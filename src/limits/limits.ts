// The named limits: what is counted together, and how often it may fail.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { LimitsConfig } from '../config/config.ts';
import type { Db } from '../database/database.ts';
import { type Limit, type Reservation, reserveAttempt, returnAttempt } from './counters.ts';

export interface NamedLimit extends Limit {
  readonly key: string;
}

/**
 * One network (/24 or /64) may fail this many times the limit of one account: an office or school signs in
 * through one address, while guessing at many accounts from one place still stops.
 */
const NETWORK_FACTOR = 10;

/**
 * One account over all networks. With the default of 10 failures this is the bound of NIST SP 800-63B-4
 * section 3.2.2 (100); lower, and a few borrowed addresses could keep the owner out.
 */
const ACCOUNT_FACTOR = 10;

export interface SignInLimits {
  readonly pair: NamedLimit;
  readonly account: NamedLimit;
  readonly network: NamedLimit;
}

/** `account` is whatever stands for one account, see `knownAccount` and `unknownAccount`. */
export function signInLimits(limits: LimitsConfig, account: string, network: string): SignInLimits {
  const { signInFailures, signInWindowSeconds: windowSeconds } = limits;
  return {
    pair: { key: `sign-in:pair:${account}:${network}`, attempts: signInFailures, windowSeconds },
    account: { key: `sign-in:account:${account}`, attempts: signInFailures * ACCOUNT_FACTOR, windowSeconds },
    network: { key: `sign-in:network:${network}`, attempts: signInFailures * NETWORK_FACTOR, windowSeconds },
  };
}

export const secondFactorLimit = (limits: LimitsConfig, accountId: string): NamedLimit => ({
  key: `second-factor:${accountId}`,
  attempts: limits.secondFactorFailures,
  windowSeconds: limits.secondFactorWindowSeconds,
});

/** Links that were never printed, by network: nobody guesses 256 bits, and nobody has a reason to go on trying. */
export const setupLinkLimit = (limits: LimitsConfig, network: string): NamedLimit => ({
  key: `setup:network:${network}`,
  attempts: limits.signInFailures,
  windowSeconds: limits.signInWindowSeconds,
});

/** Counters of an existing account follow its id, so that e-mail and username share them. */
export const knownAccount = (accountId: string): string => accountId;

/** Hashed: people type passwords into the wrong field, and keys are short whatever was sent. */
export const unknownAccount = (identifier: string): string =>
  `unknown-${createHash('sha256').update(identifier).digest('base64url')}`;

/** Reserves one attempt in every limit or in none; says how long to wait at the first one that is used up. */
export async function reserveInEach(
  deps: { readonly db: Db; readonly clock: Clock },
  limits: readonly NamedLimit[],
): Promise<Reservation> {
  const reserved: NamedLimit[] = [];
  for (const limit of limits) {
    const reservation = await reserveAttempt(deps, limit.key, limit);
    if (!reservation.allowed) {
      await returnInEach(deps, reserved);
      return reservation;
    }
    reserved.push(limit);
  }
  return { allowed: true, retryAfterSeconds: 0 };
}

export async function returnInEach(
  deps: { readonly db: Db; readonly clock: Clock },
  limits: readonly NamedLimit[],
): Promise<void> {
  for (const limit of limits) await returnAttempt(deps, limit.key);
}
