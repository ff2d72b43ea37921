// Shuts an account out at once, or lets it back in.

import { deleteAccount, setStatus } from '../accounts/accounts.ts';
import { atomically } from '../database/atomically.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { endEverythingOf } from './end-everything.ts';

/** Returns how many sessions ended with it; undefined if there is no such account. */
export async function banAccount(
  deps: StoreDeps,
  { accountId, reason }: { accountId: string; reason: string | undefined },
): Promise<number | undefined> {
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    if (!(await setStatus(tx, { accountId, status: 'banned', reason }, deps.clock))) return undefined;
    return endEverythingOf(inside, accountId);
  });
}

export async function unbanAccount(deps: StoreDeps, accountId: string): Promise<boolean> {
  return setStatus(deps.db, { accountId, status: 'active' }, deps.clock);
}

/** Deletes the account with its factors, roles and consents, and ends everything it was signed in to. */
export async function removeAccount(deps: StoreDeps, accountId: string): Promise<boolean> {
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    await endEverythingOf(inside, accountId);
    return deleteAccount(tx, accountId);
  });
}
