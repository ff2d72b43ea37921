// When something that did not arrive is tried again.
import { randomInt } from 'node:crypto';

const LONGEST_SECONDS = 3600;

/**
 * Seconds: `first`, twice that … up to an hour, each a quarter more or less, so that who comes back is not called by
 * everybody at once. `attempts` counts those made, from 1.
 */
export function secondsToWait(attempts: number, first = 5): number {
  const seconds = Math.min(LONGEST_SECONDS, first * 2 ** Math.min(attempts - 1, 20));
  return (seconds * randomInt(75, 126)) / 100;
}
