// database: PostgreSQL by URL, or the embedded one.
import { z } from 'zod';
import { textWhere, wholeNumber } from '../fields.ts';
import { postgresUrlProblem } from '../urls.ts';

export const databaseSection = z.strictObject({
  url: textWhere(postgresUrlProblem).optional(),
  pool_size: wholeNumber(1, 100).default(10),
  embedded_in_production: z.boolean().default(false),
});
