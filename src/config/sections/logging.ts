// logging: how much, and for whom.
import { z } from 'zod';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export const loggingSection = z.strictObject({
  level: z.enum(LOG_LEVELS).default('info').describe('The least important lines that are written.'),
  format: z.enum(['json', 'pretty']).optional().describe('Default: json in production, pretty in development.'),
});
