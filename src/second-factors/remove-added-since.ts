// Takes away what somebody else has added to an account while they had it; what its owner had before stays.
import { lockAccount } from '../accounts/lock-account.ts';
import { atomically } from '../database/atomically.ts';
import { forgetAttempts } from '../limits/counters.ts';
import { secondFactorLimit } from '../limits/limits.ts';
import type { ChangeDeps } from './deps.ts';
import { type Change, tellFactorRemoved } from './notices.ts';
import { deleteRecoveryCodes, findRecoveryCodeSet } from './recovery-codes.ts';
import { deleteTotpSecret, listAuthenticators } from './totp-secrets.ts';

/** Sessions and trusted devices are for the caller to end. Returns how many authenticators went. */
export const removeFactorsAddedSince = (
  deps: ChangeDeps,
  { account, by, since }: Change & { readonly since: Date },
): Promise<number> =>
  atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    const accountId = account.id;
    await lockAccount(tx, accountId);
    const held = await listAuthenticators(tx, accountId);
    const added = held.filter(({ addedAt }) => addedAt >= since);
    for (const { id } of added) await deleteTotpSecret(tx, { accountId, id });
    const codes = await findRecoveryCodeSet(tx, accountId);
    const isLeftWithout = added.length === held.length;
    if (codes !== undefined && (isLeftWithout || codes.madeAt >= since)) await deleteRecoveryCodes(tx, accountId);
    // Who has tried codes of theirs holds up nobody who has other ones.
    await forgetAttempts(inside, secondFactorLimit(deps.config.limits, accountId).key);
    for (const { name } of added) await tellFactorRemoved(inside, { account, by, name });
    return added.length;
  });
