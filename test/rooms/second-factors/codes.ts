// What an authenticator app would show.
import { generateSync } from 'otplib';
import { type Clock, epochSeconds } from '../../../src/clock.ts';

export const codeAt = (secret: string, clock: Clock, stepsAway = 0): string =>
  generateSync({ secret, epoch: epochSeconds(clock.now()) + stepsAway * 30 });

/** Six digits that are wrong now and for some minutes around. */
export function wrongCodeAt(secret: string, clock: Clock): string {
  const right = new Set(Array.from({ length: 41 }, (_, index) => codeAt(secret, clock, index - 20)));
  const wrong = ['000000', ...Array.from({ length: 60 }, (_, index) => String(100_000 + index))].find(
    (code) => !right.has(code),
  );
  return wrong ?? '';
}

/** Who changes something, for verbs that tell people of it. */
export const BY = {
  source: { address: '192.0.2.7', userAgent: 'A browser', requestId: 'request-1' },
  language: 'en',
} as const;
