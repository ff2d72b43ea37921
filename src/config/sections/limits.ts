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
  account_failures: wholeNumber(1, MOST_FAILURES)
    .default(100)
    .describe('Failed sign-ins per account from all networks together; browsers that the account knows do not count.'),
  account_window_hours: wholeNumber(1, 720).default(24).describe('The time they are counted in.'),
  network_accounts: wholeNumber(2, 1000)
    .default(20)
    .describe('Different accounts that may fail from one network; then it is blocked.'),
  network_window_minutes: wholeNumber(1, 24 * 60)
    .default(60)
    .describe('The time they are counted in.'),
  network_block_minutes: wholeNumber(1, 24 * 60)
    .default(60)
    .describe('How long a network stays blocked.'),
  alarm_failures: wholeNumber(10, 1_000_000)
    .default(200)
    .describe(
      'Failed sign-ins of all accounts together that raise an alarm; while it stands, unknown browsers need a mailed code.',
    ),
  alarm_window_minutes: wholeNumber(1, 60)
    .default(5)
    .describe('The time they are counted in; the alarm stands for twice as long.'),
  second_factor_failures: wholeNumber(1, MOST_FAILURES).default(5).describe('Wrong codes per account.'),
  second_factor_window_minutes: wholeNumber(1, 24 * 60)
    .default(15)
    .describe('The time they are counted in.'),
  mails_per_recipient: wholeNumber(1, 100)
    .default(3)
    .describe(
      'Mails per hour that strangers can have sent to one address; links to a new password are counted for themselves. Administrators can have three times as many links sent.',
    ),
  mails_per_network: wholeNumber(1, 10_000)
    .default(5)
    .describe('Mails per ten minutes that one network can have sent.'),
  sign_ups_per_network: wholeNumber(1, 10_000).default(10).describe('Sign-ups per five minutes from one network.'),
  parallel_hashes: wholeNumber(0, 64)
    .default(0)
    .describe('Passwords hashed at once; 0 means as many as there are cores.'),
  hash_queue: wholeNumber(0, 1000)
    .default(50)
    .describe('Sign-ins that wait for their turn; beyond that they are asked to come back.'),
});
