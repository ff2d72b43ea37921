// api: the API for programs that administer this server.
import { z } from 'zod';

export const apiSection = z.strictObject({
  docs: z
    .boolean()
    .optional()
    .describe(
      'Whether /api/v1 is a page that describes the API, and /api/v1/openapi.json its description for programs. Default: in development only.',
    ),
});
