// geo: where addresses are, for people to recognise their own.
import { z } from 'zod';
import { shownText } from '../fields.ts';

export const geoSection = z.strictObject({
  mmdb_file: shownText(1000)
    .optional()
    .describe(
      'A MaxMind database of cities or countries (.mmdb), by a path from here. Nobody is asked over the network.',
    ),
});
