// When a notice that was not delivered is tried again.
import { randomInt } from 'node:crypto';

const FIRST_SECONDS = 5;
const LONGEST_SECONDS = 3600;

/** Seconds: 5, 10, 20 … up to an hour, each a quarter more or less, so that apps that come back are not called at once. */
export function secondsToWait(attempts: number): number {
  const seconds = Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** Math.min(attempts - 1, 20));
  return (seconds * randomInt(75, 126)) / 100;
}

/**
 * Attempts. With 400 an app says that it understood and could not do it (Back-Channel Logout 1.0 section 2.8): that may
 * have been a key it had not seen, or a clock, and is over soon or never.
 */
export const REFUSED_ATTEMPTS = 4;
