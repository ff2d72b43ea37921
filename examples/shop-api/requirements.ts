// What a route needs beyond a valid token, and what of it a token lacks.
import { type AccessToken, CLOCK_TOLERANCE_SECONDS } from './access-token.ts';

export interface Requirements {
  /** The person must have allowed the app this. */
  readonly scope: string;
  /** The person must have one of these, unless the token says what they are allowed at this API. */
  readonly roles?: readonly string[];
  /** Then this counts. */
  readonly permission?: string;
  /** The person must have proved who they are in this way, and not longer ago. */
  readonly authentication?: Authentication;
}

export interface Authentication {
  readonly acr: string;
  readonly maxAgeSeconds: number;
}

export type Lack =
  | { readonly lacks: 'scope'; readonly scope: string }
  | { readonly lacks: 'role'; readonly roles: readonly string[] }
  | { readonly lacks: 'permission'; readonly permission: string }
  | { readonly lacks: 'authentication'; readonly authentication: Authentication };

/**
 * In this order: signing in again is asked only of who may do it afterwards. `now` is in milliseconds since the epoch.
 */
export function lackOf(token: AccessToken, requirements: Requirements, now: number) {
  const { scope, roles, permission, authentication } = requirements;
  if (!token.scopes.includes(scope)) return { lacks: 'scope', scope } satisfies Lack;
  if (permission !== undefined && token.permissions !== undefined) {
    if (!token.permissions.includes(permission)) return { lacks: 'permission', permission } satisfies Lack;
  } else if (roles !== undefined && !roles.some((role) => token.roles.includes(role))) {
    return { lacks: 'role', roles } satisfies Lack;
  }
  if (authentication !== undefined && !isMet(authentication, token, now)) {
    return { lacks: 'authentication', authentication } satisfies Lack;
  }
  return undefined;
}

function isMet({ acr, maxAgeSeconds }: Authentication, token: AccessToken, now: number): boolean {
  if (token.acr !== acr || token.authenticatedAt === undefined) return false;
  const ageSeconds = now / 1000 - token.authenticatedAt;
  return ageSeconds >= -CLOCK_TOLERANCE_SECONDS && ageSeconds <= maxAgeSeconds + CLOCK_TOLERANCE_SECONDS;
}
