// database: PostgreSQL by URL, or the embedded one.
import { z } from 'zod';
import { textWhere, wholeNumber } from '../fields.ts';
import { postgresUrlProblem } from '../urls.ts';

export const databaseSection = z.strictObject({
  url: textWhere(postgresUrlProblem)
    .optional()
    .describe('postgres://user:password@host:5432/database. The embedded database unless stated.'),
  pool_size: wholeNumber(1, 100).default(10).describe('Connections of one process; workers have as many each.'),
  prepared_statements: z
    .boolean()
    .default(true)
    .describe('PostgreSQL plans each statement once on each connection. Off behind a PgBouncer older than 1.21.'),
  start_wait_seconds: wholeNumber(0, 600)
    .default(30)
    .describe('How long a starting server waits for PostgreSQL before it gives up.'),
  embedded_in_production: z
    .boolean()
    .default(false)
    .describe('Production starts with the embedded database only when this is true: one process, one disk.'),
});
