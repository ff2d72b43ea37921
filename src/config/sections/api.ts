// api: the API for programs that administer this server.
import { z } from 'zod';
import { wholeNumber } from '../fields.ts';

const MOST_A_MINUTE = 1_000_000;

export const apiSection = z.strictObject({
  docs: z
    .boolean()
    .optional()
    .describe(
      'Whether /api/v1 is a page that describes the API, and /api/v1/openapi.json its description for programs. Default: in development only.',
    ),
  requests_per_minute: wholeNumber(1, MOST_A_MINUTE)
    .default(600)
    .describe('Requests of one service client, with all its tokens and over all processes together.'),
  refusals_per_minute: wholeNumber(1, MOST_A_MINUTE)
    .default(60)
    .describe(
      'Requests without a token that can be used here, from one network; who shows a good one is not held up by them.',
    ),
});
