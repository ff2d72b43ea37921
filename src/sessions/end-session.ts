// Ends one browser session, with the grants that were bound to it.
import { revokeGrant, type StoreDeps } from '../protocol-store/payloads.ts';
import { endSessionRows, findSessionByUid, type SessionAuthorization } from '../protocol-store/session-rows.ts';

/** Grants with offline access outlive the session (OpenID Connect Core section 11); all others are revoked with it. */
export async function endSession(deps: StoreDeps, uid: string): Promise<void> {
  const session = await findSessionByUid(deps, uid);
  const authorizations = (session?.['authorizations'] ?? {}) as Record<string, SessionAuthorization>;
  for (const { grantId, persistsLogout } of Object.values(authorizations)) {
    if (grantId !== undefined && persistsLogout !== true) await revokeGrant(deps, grantId);
  }
  await endSessionRows(deps, uid);
}
