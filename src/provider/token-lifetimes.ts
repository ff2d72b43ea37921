// Every lifetime of the protocol in one table, in seconds.
import type { Configuration } from 'oidc-provider';
import { type Clock, epochSeconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { factsOf } from '../protocol-store/session-facts.ts';
import { longestSessionSeconds, sessionSeconds } from '../sessions/session-lifetime.ts';

/** RFC 6749 section 4.1.2 allows 600 at most; apps redeem at once. */
const AUTHORIZATION_CODE_SECONDS = 60;
/** Long enough to fetch a phone and enrol it. */
export const INTERACTION_SECONDS = 1800;
/** At least this long; a grant costs some hundred bytes. */
const GRANT_SECONDS = 90 * 86_400;

export function tokenLifetimes({ config, clock }: { config: Config; clock: Clock }): NonNullable<Configuration['ttl']> {
  const { tokens, sessions } = config;
  const now = () => epochSeconds(clock.now());
  return {
    AuthorizationCode: AUTHORIZATION_CODE_SECONDS,
    AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? tokens.accessTokenSeconds,
    ClientCredentials: tokens.clientCredentialsTokenSeconds,
    IdToken: tokens.idTokenSeconds,
    Interaction: INTERACTION_SECONDS,
    // A session's last sign-in to an app uses the grant of its first: the refresh token of that day outlives both.
    Grant: Math.max(GRANT_SECONDS, longestSessionSeconds(sessions) + tokens.refreshTokenAbsoluteSeconds),
    Session: (_ctx, session) => sessionSeconds(sessions, { ...factsOf({ ...session }), now: now() }),
    // Rotation keeps the time of the first issue (iiat): the absolute limit does not slide (OWASP ASVS 10.4.8).
    RefreshToken: (ctx, token) => {
      const end = (token.iiat ?? now()) + tokens.refreshTokenAbsoluteSeconds;
      // A client that authenticates keeps one refresh token, so only rotation can have an idle limit.
      const rotates = ctx?.oidc.client?.clientAuthMethod === 'none';
      return Math.max(1, Math.min(rotates ? tokens.refreshTokenIdleSeconds : Number.POSITIVE_INFINITY, end - now()));
    },
  };
}
