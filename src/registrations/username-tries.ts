// Whether a username is taken is said to whoever tries it, so tries are counted, at every step where one can be typed.
import type { Reservation } from '../limits/counters.ts';
import { reserveInEach, usernameLookUpLimit } from '../limits/limits.ts';
import type { RegistrationDeps } from './registration.ts';

export interface TooManyUsernames {
  readonly outcome: 'too_many_attempts';
  readonly retryAfterSeconds: number;
}

/** An empty name is none. `network`: /24 or /64, as text. */
export const reserveUsername = (
  deps: RegistrationDeps,
  { username, network }: { username: string; network: string },
): Promise<Reservation> =>
  reserveInEach(deps, username.trim() === '' ? [] : [usernameLookUpLimit(deps.config.limits, network)]);
