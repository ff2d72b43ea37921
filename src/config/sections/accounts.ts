// accounts: what becomes of them.
import { z } from 'zod';
import { wholeNumber } from '../fields.ts';

export const accountsSection = z.strictObject({
  deletion_grace_days: wholeNumber(0, 90)
    .default(7)
    .describe('How long who deletes their account can change their mind, by a link in a mail; 0: deleted at once.'),
});
