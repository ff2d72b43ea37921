// limits: what slows down guessing, and what keeps hashing from eating the machine.
import { z } from 'zod';
import { wholeNumber } from '../fields.ts';

/** NIST SP 800-63B-4 section 3.2.2: at most 100 wrong tries. */
const MOST_FAILURES = 100;

export const limitsSection = z.strictObject({
  sign_in_failures: wholeNumber(1, MOST_FAILURES).default(10).describe('Failed sign-ins per account and network.'),
  sign_in_window_minutes: wholeNumber(1, 24 * 60)
    .default(15)
    .describe('The time they are counted in.'),
  second_factor_failures: wholeNumber(1, MOST_FAILURES).default(5).describe('Wrong codes per account.'),
  second_factor_window_minutes: wholeNumber(1, 24 * 60)
    .default(15)
    .describe('The time they are counted in.'),
  parallel_hashes: wholeNumber(0, 64)
    .default(0)
    .describe('Passwords hashed at once; 0 means as many as there are cores.'),
  hash_queue: wholeNumber(0, 1000)
    .default(50)
    .describe('Sign-ins that wait for their turn; beyond that they are asked to come back.'),
});
