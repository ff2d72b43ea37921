// passwords: lengths in code points. NIST SP 800-63B-4 section 3.1.1.2: 15 alone, 8 beside a second factor, 64 and more allowed.
import { z } from 'zod';
import { wholeNumber } from '../fields.ts';

export const passwordsSection = z.strictObject({
  min_length: wholeNumber(8, 64).default(15).describe('NIST asks for 15 where a password stands alone.'),
  min_length_with_second_factor: wholeNumber(8, 64).default(8).describe('In force with mfa: required.'),
  max_length: wholeNumber(64, 1024).default(256).describe('Longer ones are refused, never cut.'),
});
