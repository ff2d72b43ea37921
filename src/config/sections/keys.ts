// keys: how long a key signs tokens, how long before that it is published, and how long after.
import { z } from 'zod';
import { listWithoutRepeats, wholeNumber } from '../fields.ts';
import { SIGNING_ALGORITHMS } from '../keys/algorithms.ts';

/** Seconds that discovery and JWKS may be cached. Short against the shortest time that a key is published before it signs. */
export const PUBLIC_DOCUMENT_SECONDS = 300;

export const keysSection = z.strictObject({
  // Not EdDSA: libraries that know no OKP keys refuse the whole set, and with it tokens of every other key.
  algorithms: listWithoutRepeats(z.enum(SIGNING_ALGORITHMS))
    .default(['RS256', 'PS256', 'ES256'])
    .describe(
      'Algorithms that a key is published of before a client or an API asks for them; RS256 is always one of them.',
    ),
  rotate_every_days: wholeNumber(1, 3650).default(90).describe('How long a key signs before the next one does.'),
  // One hour is more than apps may cache the keys, and than other processes take to publish one.
  publish_ahead_hours: wholeNumber(1, 720)
    .default(24)
    .describe('How long the next key is published before it signs, so that every app knows it by then.'),
  keep_retired_hours: wholeNumber(1, 8784)
    .optional()
    .describe(
      'How long a key that signs no more is published. Default: the longest lifetime of a token, or of a session, whose ID token is shown again at sign-out; and what apps may cache.',
    ),
});
