// The named limits: what is counted together, and how often it may fail.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { ApiConfig, LimitsConfig } from '../config/config.ts';
import { isGeneratedId } from '../crypto/identifiers.ts';
import type { Db } from '../database/database.ts';
import { type Limit, type Reservation, reserveTogether, returnAttempt } from './counters.ts';

export interface NamedLimit extends Limit {
  readonly key: string;
}

/**
 * One network (/24 or /64) may fail this many times the limit of one account: an office or school signs in
 * through one address, while guessing at many accounts from one place still stops.
 */
const NETWORK_FACTOR = 10;

export interface SignInLimits {
  readonly pair: NamedLimit;
  readonly account: NamedLimit;
  readonly network: NamedLimit;
}

/** Of an unknown browser. `account` is whatever stands for one account, see `knownAccount` and `unknownAccount`. */
export function signInLimits(limits: LimitsConfig, account: string, network: string): SignInLimits {
  const { signInFailures, signInWindowSeconds: windowSeconds } = limits;
  return {
    pair: { key: `sign-in:pair:${account}:${network}`, attempts: signInFailures, windowSeconds },
    account: accountLimit(limits, account),
    network: { key: `sign-in:network:${network}`, attempts: signInFailures * NETWORK_FACTOR, windowSeconds },
  };
}

/** One account over all networks: by default 100 a day, where SP 800-63B-4 section 3.2.2 wants an end. */
export const accountLimit = (limits: LimitsConfig, account: string): NamedLimit => ({
  key: `sign-in:account:${account}`,
  attempts: limits.accountFailures,
  windowSeconds: limits.accountWindowSeconds,
});

/** A browser that the account has signed in from counts for itself, so that nobody else can use up its tries. */
export const knownDeviceLimit = (limits: LimitsConfig, deviceId: string): NamedLimit => ({
  key: `sign-in:device:${deviceId}`,
  attempts: limits.signInFailures,
  windowSeconds: limits.signInWindowSeconds,
});

/** All accounts together; reaching it raises an alarm (alarm.ts). */
export const alarmLimit = (limits: LimitsConfig): NamedLimit => ({
  key: 'sign-in:alarm',
  attempts: limits.alarmFailures,
  windowSeconds: limits.alarmWindowSeconds,
});

/**
 * An alarm stands for the window that it was raised in and the same again, from the failure that raised it: an attack that
 * goes on raises it anew in each window, so that it does not end in between.
 */
export const alarmSeconds = ({ alarmWindowSeconds }: LimitsConfig): number => 2 * alarmWindowSeconds;

export const secondFactorLimit = (limits: LimitsConfig, accountId: string): NamedLimit => ({
  key: `second-factor:${accountId}`,
  attempts: limits.secondFactorFailures,
  windowSeconds: limits.secondFactorWindowSeconds,
});

/**
 * Set-up links that were never made, by network: nobody guesses 256 bits, and nobody has a reason to go on trying. Links
 * from mails have no such limit: a whole office would share it, and people do open old mails.
 */
export const setupLinkLimit = (limits: LimitsConfig, network: string): NamedLimit => ({
  key: `setup:network:${network}`,
  attempts: limits.signInFailures,
  windowSeconds: limits.signInWindowSeconds,
});

/**
 * Tries at a code that was mailed (ASVS 6.5.5), counted in the row that it belongs to. Of 10⁸ codes; with every code that
 * one registration can have sent, 20 tries.
 */
export const MAILED_CODE_TRIES = 5;

/** How long such a code is good for (ASVS 6.5.5). */
export const MAILED_CODE_SECONDS = 10 * 60;

export interface MailCause {
  /** See `mailRecipient`. */
  readonly recipientKey: string;
  /** /24 or /64, as text. */
  readonly network: string;
}

/**
 * For every mail that can be had without being signed in, and to addresses that are not proved: sign-ups, new codes,
 * changes of address. To be reserved with `reserveInEach` before any work. Whether there is an account must not matter to
 * what is counted here, since people are told when it is used up.
 */
export const mailLimits = (limits: LimitsConfig, cause: MailCause): NamedLimit[] => [
  mailRecipientLimit(limits, cause),
  mailNetworkLimit(limits, cause.network),
];

/**
 * Links to a new password, looked up and counted after the answer, and for accounts only: a counter of their own, or a
 * sign-up that is refused because of it would tell that there is an account.
 */
export const resetMailLimit = (
  limits: LimitsConfig,
  {
    recipientKey,
    knownDevice,
  }: {
    readonly recipientKey: string;
    /** The id of the device, where the account's own browser asks: strangers cannot use up what it may have sent. */
    readonly knownDevice?: string | undefined;
  },
): NamedLimit => ({
  ...mailRecipientLimit(limits, { recipientKey }),
  key: knownDevice === undefined ? `mail:reset:${recipientKey}` : `mail:device:${knownDevice}`,
});

/**
 * Codes to whoever has typed the right password: by account and not by address or network, so that nobody without the
 * password uses them up, and an office may sign in while an alarm stands.
 */
export const signInMailLimit = (limits: LimitsConfig, accountId: string): NamedLimit => ({
  ...mailRecipientLimit(limits, { recipientKey: '' }),
  key: `mail:sign-in:${accountId}`,
});

/** A sign-up and its first mail, which does not count as one of the network's mails: a class signs up from one address. */
export const signUpLimits = (limits: LimitsConfig, { recipientKey, network }: MailCause): NamedLimit[] => [
  {
    key: `sign-up:network:${network}`,
    attempts: limits.signUpsPerNetwork,
    windowSeconds: 5 * 60,
  },
  mailRecipientLimit(limits, { recipientKey }),
];

/** Whether a username is taken has to be said to whoever wants it: often enough to choose one, not to try a list. */
export const usernameLookUpLimit = (limits: LimitsConfig, network: string): NamedLimit => ({
  key: `username:network:${network}`,
  attempts: limits.signUpsPerNetwork * 3,
  windowSeconds: 5 * 60,
});

/** The same for who is signed in: by account, since a whole office does not try names from one. */
export const usernameChangeLimit = (limits: LimitsConfig, accountId: string): NamedLimit => ({
  ...usernameLookUpLimit(limits, ''),
  key: `username:account:${accountId}`,
});

export const mailRecipientLimit = (
  limits: LimitsConfig,
  { recipientKey }: Pick<MailCause, 'recipientKey'>,
): NamedLimit => ({
  key: `mail:to:${recipientKey}`,
  attempts: limits.mailsPerRecipient,
  windowSeconds: 3600,
});

/**
 * Links that administrators have mailed to one person: invitations, resets, new addresses. More often than strangers may
 * cause, as whoever helps on the telephone sends another one; and for themselves, so that neither holds up the other.
 */
export const administratorMailLimit = (
  limits: LimitsConfig,
  { recipientKey }: { recipientKey: string },
): NamedLimit => ({
  ...mailRecipientLimit(limits, { recipientKey }),
  key: `mail:administrators:${recipientKey}`,
  attempts: limits.mailsPerRecipient * 3,
});

export const mailNetworkLimit = (limits: LimitsConfig, network: string): NamedLimit => ({
  key: `mail:network:${network}`,
  attempts: limits.mailsPerNetwork,
  windowSeconds: 10 * 60,
});

/** All requests of one service client to the API, whichever of its tokens they show. */
export const apiClientLimit = (api: ApiConfig, clientId: string): NamedLimit => ({
  key: `api:client:${clientId}`,
  attempts: api.requestsPerMinute,
  windowSeconds: API_WINDOW_SECONDS,
});

/** Requests to the API that no token stands behind: counted when they are refused, so that they hold up nobody who has one. */
export const apiRefusalLimit = (api: ApiConfig, network: string): NamedLimit => ({
  key: `api:network:${network}`,
  attempts: api.refusalsPerMinute,
  windowSeconds: API_WINDOW_SECONDS,
});

const API_WINDOW_SECONDS = 60;

/** Not of what may be asked, but of what is written down of it: that somebody was refused where they administer nothing. */
export const refusedEntryLimit = (who: string, needs: string): NamedLimit => ({
  key: `administration:refused:${who}:${needs}`,
  attempts: 1,
  windowSeconds: 3600,
});

/**
 * `emailKey` is the canonical form of the address. Hashed: whoever has no account here is not kept. Without what follows a
 * plus sign, since most mail servers put all of that into one mailbox (RFC 5233).
 */
export const mailRecipient = (emailKey: string): string => hashOf(emailKey.replace(/^([^+@]*)\+[^@]*(?=@)/, '$1'));

/**
 * Counters of an existing account follow its id, so that e-mail and username share them. Ids of other systems are hashed:
 * somebody may have chosen one that looks like another key.
 */
export const knownAccount = (accountId: string): string =>
  isGeneratedId(accountId) ? accountId : `brought-${hashOf(accountId)}`;

/** Hashed: people type passwords into the wrong field, and keys are short whatever was sent. */
export const unknownAccount = (identifier: string): string => `unknown-${hashOf(identifier)}`;

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Reserves one attempt in every limit or in none; says how long to wait at the first one that is used up. */
export async function reserveInEach(
  deps: { readonly db: Db; readonly clock: Clock },
  limits: readonly NamedLimit[],
): Promise<Reservation> {
  return limits.length === 0 ? { allowed: true, retryAfterSeconds: 0 } : reserveTogether(deps, limits);
}

export async function returnInEach(
  deps: { readonly db: Db; readonly clock: Clock },
  limits: readonly NamedLimit[],
): Promise<void> {
  for (const limit of limits) await returnAttempt(deps, limit.key);
}
