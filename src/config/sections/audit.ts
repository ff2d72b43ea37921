// audit: how long events are kept, which are, and where a copy of them goes.
import { z } from 'zod';
import { wholeNumber } from '../fields.ts';

export const auditSection = z.strictObject({
  // The database itself lets nothing go that is younger than 30 days.
  retention_days: wholeNumber(30, 3650)
    .default(365)
    .describe('How long events are kept. People see 90 days of their own.'),
  tokens: z
    .enum(['log', 'table'])
    .default('log')
    .describe('Whether tokens that are issued and refreshed stand in the log alone, or are events too.'),
  stdout: z
    .boolean()
    .default(false)
    .describe(
      'Whether the server writes each event that it has committed to its standard output too, one JSON line each.',
    ),
});
