// Takes an authenticator away; with the last one the recovery codes go too.
import { lockAccount } from '../accounts/lock-account.ts';
import { atomically } from '../database/atomically.ts';
import { endTrustOf } from '../devices/devices.ts';
import { endEverythingOf } from '../sessions/end-everything.ts';
import type { ChangeDeps } from './deps.ts';
import { type Change, tellFactorRemoved } from './notices.ts';
import { deleteRecoveryCodes } from './recovery-codes.ts';
import { deleteTotpSecret, listAuthenticators } from './totp-secrets.ts';

export type Removal =
  | { readonly outcome: 'removed'; readonly name: string; readonly wasLast: boolean }
  /** One of another account too. */
  | { readonly outcome: 'unknown' }
  /** It is the last one, and a second factor is demanded of this account. */
  | { readonly outcome: 'needed' };

interface RemovalRequest {
  readonly id: string;
  /** Whether the configuration or a role wants a second factor of this account. */
  readonly demanded: boolean;
  /** The session of the browser in which it happens; it goes on. */
  readonly exceptSession: string;
}

/**
 * Whoever calls this has made sure that the person has just proved who they are, with a second factor. Whoever holds the
 * phone that was lost is out: every other session and every token ends, and no device is trusted any longer.
 */
export const removeAuthenticator = (
  deps: ChangeDeps,
  { account, by, id, demanded, exceptSession }: Change & RemovalRequest,
): Promise<Removal> =>
  atomically(deps.db, async (tx): Promise<Removal> => {
    const inside = { ...deps, db: tx };
    await lockAccount(tx, account.id);
    const held = await listAuthenticators(tx, account.id);
    const found = held.find((each) => each.id === id);
    if (found === undefined) return { outcome: 'unknown' };
    const wasLast = held.length === 1;
    if (wasLast && demanded) return { outcome: 'needed' };
    await deleteTotpSecret(tx, { accountId: account.id, id });
    if (wasLast) await deleteRecoveryCodes(tx, account.id);
    await endTrustOf(tx, account.id);
    await endEverythingOf(inside, account.id, { exceptSession });
    await tellFactorRemoved(inside, { account, by, name: found.name });
    return { outcome: 'removed', name: found.name, wasLast };
  });
