// One attempt at a password, counted before it is looked at: in all limits of an unknown browser, or in a known one's own.
import type { Clock } from '../clock.ts';
import type { LimitsConfig } from '../config/config.ts';
import type { Db } from '../database/database.ts';
import { ALARM_STANDS, failureRaisesAlarm } from './alarm.ts';
import { forgetAttempts, type Reservation, reachesLimit, reserveTogether, settleAttempts } from './counters.ts';
import { accountLimit, knownDeviceLimit, reserveInEach, returnInEach, signInLimits } from './limits.ts';
import {
  failedFromNetwork,
  isNetworkOpen,
  secondsBlocked,
  succeededFromNetwork,
  succeedingFromNetwork,
  type Tried,
} from './network-failures.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly limits: LimitsConfig;
}

export interface AttemptedSignIn extends Tried {
  /** The id of the device, where the account has signed in from this browser before. */
  readonly knownDevice: string | undefined;
}

export interface Consequences {
  /** This failure has blocked the network. */
  readonly networkBlocked: boolean;
  /** This failure is one too many of all accounts together. */
  readonly alarm: boolean;
}

export type Refused = Reservation & { readonly allowed: false };

export interface Succeeded {
  /** More is asked of an unknown browser then (alarm.ts). Undefined where it was not looked up, as for a known one. */
  readonly alarmStands: boolean | undefined;
}

export interface SignInAttempt {
  /**
   * The password was right. Failures before it are forgotten, those of other networks too. Refused if the network was
   * blocked meanwhile: then nothing may be said of the password, and nothing is forgotten.
   */
  succeeded(): Promise<Refused | Succeeded>;
  failed(): Promise<Refused | Consequences>;
  /** The password was not looked at. */
  giveBack(): Promise<void>;
}

/**
 * Either counted everywhere or nowhere. A known device counts for itself alone: whatever is tried elsewhere, from its own
 * network too, does not hold it up, and what is tried from it holds up nobody else.
 */
export const reserveSignIn = (deps: Deps, attempted: AttemptedSignIn): Promise<SignInAttempt | Refused> =>
  attempted.knownDevice === undefined
    ? fromUnknownBrowser(deps, attempted)
    : fromKnownDevice(deps, attempted, attempted.knownDevice);

async function fromKnownDevice(
  deps: Deps,
  { account }: AttemptedSignIn,
  deviceId: string,
): Promise<SignInAttempt | Refused> {
  const limit = knownDeviceLimit(deps.limits, deviceId);
  const reservation = await reserveInEach(deps, [limit]);
  if (!reservation.allowed) return refused(reservation);
  return {
    succeeded: async () => {
      await forgetAttempts(deps, limit.key);
      await forgetAttempts(deps, accountLimit(deps.limits, account).key);
      return { alarmStands: undefined };
    },
    failed: async () => ({ networkBlocked: false, alarm: await failureRaisesAlarm(deps) }),
    giveBack: () => returnInEach(deps, [limit]),
  };
}

async function fromUnknownBrowser(deps: Deps, tried: Tried): Promise<SignInAttempt | Refused> {
  const { network, pair, account } = signInLimits(deps.limits, tried.account, tried.network);
  // The network first, so that one that is used up writes nothing more; the account last, so that a flood from one place,
  // which ends at its own pair, is never counted against the owner elsewhere.
  const limits = [network, pair, account];
  const reservation = await reserveTogether(deps, limits, secondsBlocked(deps.clock, tried.network));
  if (!reservation.allowed) return refused(reservation);
  return {
    succeeded: async () => {
      const { blockedSeconds, isOpen } = await settleAttempts(
        deps,
        { returned: network.key, forgotten: [pair.key, account.key], asked: ALARM_STANDS },
        forgettingFailures(deps, tried),
      );
      if (blockedSeconds !== undefined) return { allowed: false, retryAfterSeconds: blockedSeconds };
      return { alarmStands: isOpen };
    },
    failed: async () => {
      const said = await failedFromNetwork(deps, deps.limits, tried);
      const alarm = await failureRaisesAlarm(deps);
      if (said === 'closed') return refused(await isNetworkOpen(deps, tried.network));
      return { networkBlocked: said === 'blocks', alarm };
    },
    giveBack: () => returnInEach(deps, limits),
  };
}

/** For whoever has a new password by other proof: old failures, here and over all networks, no longer hold them up. */
export async function forgetSignInFailures(deps: Deps, { account, network }: Tried): Promise<void> {
  const limits = signInLimits(deps.limits, account, network);
  await forgetAttempts(deps, limits.pair.key);
  await forgetAttempts(deps, limits.account.key);
  await succeededFromNetwork(deps, { account, network });
}

const forgettingFailures = ({ clock }: Deps, tried: Tried) => ({
  unless: secondsBlocked(clock, tried.network),
  besides: succeedingFromNetwork(clock, tried),
});

/** Whether nobody was refused before in this window: records of each would fill the table of whoever is flooded. */
export const isFirstRefusal = (deps: Deps, { account, network }: Tried): Promise<boolean> => {
  const once = { attempts: 1, windowSeconds: deps.limits.signInWindowSeconds };
  return reachesLimit(deps, `sign-in:refused:${account}:${network}`, once);
};

const refused = ({ retryAfterSeconds }: Reservation): Refused => ({ allowed: false, retryAfterSeconds });
