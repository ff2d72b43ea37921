// tokens: lifetimes, and the audience of access tokens for no particular API.
import { z } from 'zod';
import { textWhere, wholeNumber } from '../fields.ts';
import { audienceProblem } from '../urls.ts';

/** Seconds. Short, because a JWT is believed until it expires. */
export const accessTokenSeconds = wholeNumber(30, 3600);

export const tokensSection = z.strictObject({
  default_audience: textWhere(audienceProblem)
    .optional()
    .describe('The audience of access tokens when an app names no API. The issuer unless stated.'),
  access_token_seconds: accessTokenSeconds.default(300).describe('An API believes a token until it expires.'),
  client_credentials_token_seconds: wholeNumber(30, 86_400).default(600).describe('Access tokens of services.'),
  id_token_seconds: wholeNumber(30, 86_400).default(600).describe('ID tokens.'),
  refresh_token_idle_days: wholeNumber(1, 365).default(14).describe('Since the last refresh.'),
  refresh_token_absolute_days: wholeNumber(1, 365).default(30).describe('In all.'),
  most_roles: wholeNumber(1, 10_000)
    .default(100)
    .describe('A token with more roles is issued, and the log says so (roles.too_many), once an hour for each client.'),
});
