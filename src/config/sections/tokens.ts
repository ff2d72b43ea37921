// tokens: lifetimes, and the audience of access tokens for no particular API.
import { z } from 'zod';
import { textWhere, wholeNumber } from '../fields.ts';
import { audienceProblem } from '../urls.ts';

/** Seconds. Short, because a JWT is believed until it expires. */
export const accessTokenSeconds = wholeNumber(30, 3600);

export const tokensSection = z.strictObject({
  default_audience: textWhere(audienceProblem).optional(),
  access_token_seconds: accessTokenSeconds.default(300),
  client_credentials_token_seconds: wholeNumber(30, 86_400).default(600),
  id_token_seconds: wholeNumber(30, 86_400).default(600),
  refresh_token_idle_days: wholeNumber(1, 365).default(14),
  refresh_token_absolute_days: wholeNumber(1, 365).default(30),
});
