// Ends one browser session, with the grants that were bound to it, and sees to it that its apps are told.
import { atomically } from '../database/atomically.ts';
import { type NewNotice, writeNotices } from '../logout-notices/logout-notices.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { revokeGrant } from '../protocol-store/payloads.ts';
import type { Authorizations } from '../protocol-store/session-authorizations.ts';
import { endSessionRows } from '../protocol-store/session-rows.ts';
import { forgetDetails } from './session-details.ts';

/**
 * Grants with offline access outlive the session (OpenID Connect Core section 11); all others are revoked with it, after
 * it: nothing can be added to a session that has ended. False, and nothing done, where it had ended before.
 */
export async function endSession(
  deps: StoreDeps,
  uid: string,
  { first = nothing, alongside = nothing }: InTheSameTransaction = {},
): Promise<boolean> {
  const ended = await atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    await first(inside);
    const held = await endSessionRows(inside, uid);
    if (held === undefined) return undefined;
    await writeNotices(inside, noticesOf(held));
    await forgetDetails(tx, [uid]);
    await alongside(inside);
    return held;
  });
  for (const { grantId, persistsLogout } of Object.values(ended?.authorizations ?? {})) {
    if (grantId !== undefined && persistsLogout !== true) await revokeGrant(deps, grantId);
  }
  return ended !== undefined;
}

interface InTheSameTransaction {
  /** Before the session is touched: for locks that come before its own. What it throws keeps the session. */
  readonly first?: ((inside: StoreDeps) => Promise<void>) | undefined;
  /** Where it has ended now, and not before. */
  readonly alongside?: (inside: StoreDeps) => Promise<void>;
}

const nothing = async (): Promise<void> => undefined;

/** One for each app that knows the session: a name for it (`sid`) stood in the app's ID tokens. */
export const noticesOf = (
  { accountId, authorizations }: { accountId: string | undefined; authorizations: Authorizations },
  ended: NewNotice['ended'] = 'session',
): readonly NewNotice[] =>
  Object.entries(authorizations).flatMap(([clientId, { sid }]) =>
    accountId === undefined || sid === undefined ? [] : [{ clientId, accountId, sid, ended }],
  );
