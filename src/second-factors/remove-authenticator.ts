// Takes an authenticator away; with the last one the recovery codes go too.
import { lockAccount } from '../accounts/accounts.ts';
import { atomically } from '../database/atomically.ts';
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

/** Whoever calls this has made sure that the person has just proved who they are, with a second factor. */
export const removeAuthenticator = (
  deps: ChangeDeps,
  { account, by, id, demanded }: Change & { id: string; demanded: boolean },
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
    await tellFactorRemoved(inside, { account, by, name: found.name });
    return { outcome: 'removed', name: found.name, wasLast };
  });
