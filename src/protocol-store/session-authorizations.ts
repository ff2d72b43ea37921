// What a session holds for each app, and how two versions of it become one.

export interface SessionAuthorization {
  /** The session's name for this client (OpenID Connect Front- and Back-Channel Logout). */
  readonly sid?: string;
  readonly grantId?: string;
  /** Offline access was given: the grant outlives the session. */
  readonly persistsLogout?: boolean;
}

/** By client_id. */
export type Authorizations = Readonly<Record<string, SessionAuthorization>>;

export const authorizationsOf = (payload: Readonly<Record<string, unknown>>): Authorizations =>
  (payload['authorizations'] ?? {}) as Authorizations;

/**
 * What is stored wins: a grant gets there under the session's lock (claimSessionGrant), while a request that saves the
 * session may have read it long before. It still brings what is new to the store.
 */
export function mergeAuthorizations(stored: readonly Authorizations[], brought: Authorizations): Authorizations {
  const merged: Record<string, SessionAuthorization> = { ...brought };
  for (const authorizations of stored) {
    for (const [clientId, authorization] of Object.entries(authorizations)) {
      merged[clientId] = mergeAuthorization(authorization, merged[clientId]);
    }
  }
  return merged;
}

function mergeAuthorization(stored: SessionAuthorization, brought: SessionAuthorization = {}): SessionAuthorization {
  if (stored.grantId === undefined || stored.grantId === brought.grantId) return { ...brought, ...stored };
  const { persistsLogout: _ofAnotherGrant, ...rest } = brought;
  return { ...rest, ...stored };
}
