// sessions: how long a browser stays signed in. NIST SP 800-63B-4 section 2.1.3: at most 30 days.
import { z } from 'zod';
import { wholeNumber } from '../fields.ts';

export const sessionsSection = z.strictObject({
  idle_minutes: wholeNumber(1, 30 * 24 * 60)
    .default(60)
    .describe('Since its last use.'),
  absolute_hours: wholeNumber(1, 30 * 24)
    .default(12)
    .describe('In all.'),
  keep_me_signed_in: z.boolean().default(true).describe('Whether the sign-in page offers it.'),
  keep_idle_days: wholeNumber(1, 30).default(7).describe('Since its last use, for who is kept signed in.'),
  keep_absolute_days: wholeNumber(1, 30).default(30).describe('In all, for who is kept signed in.'),
});
