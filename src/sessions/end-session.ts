// Ends one browser session, with the grants that were bound to it.
import { revokeGrant, type StoreDeps } from '../protocol-store/payloads.ts';
import { endSessionRows } from '../protocol-store/session-rows.ts';

/**
 * Grants with offline access outlive the session (OpenID Connect Core section 11); all others are revoked with it, after
 * it: nothing can be added to a session that has ended.
 */
export async function endSession(deps: StoreDeps, uid: string): Promise<void> {
  const held = await endSessionRows(deps, uid);
  for (const { grantId, persistsLogout } of Object.values(held)) {
    if (grantId !== undefined && persistsLogout !== true) await revokeGrant(deps, grantId);
  }
}
