// Takes every factor of an account away, for somebody who has lost them all, and ends whatever they had let in.
import { lockAccount } from '../accounts/lock-account.ts';
import { atomically } from '../database/atomically.ts';
import { endTrustOf } from '../devices/devices.ts';
import { forgetAttempts } from '../limits/counters.ts';
import { secondFactorLimit } from '../limits/limits.ts';
import { endEverythingOf } from '../sessions/end-everything.ts';
import type { ChangeDeps } from './deps.ts';
import { type Change, tellFactorRemoved } from './notices.ts';
import { deleteRecoveryCodes } from './recovery-codes.ts';
import { deleteTotpSecretsOf, listAuthenticators } from './totp-secrets.ts';

/** The tries are forgotten too: whoever enrols a new authenticator starts afresh. Where there was none, nobody is told. */
export const resetSecondFactors = (
  deps: ChangeDeps,
  { account, by }: Change,
): Promise<{ readonly removed: boolean; readonly sessionsEnded: number }> =>
  atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    await lockAccount(tx, account.id);
    const held = await listAuthenticators(tx, account.id);
    await deleteRecoveryCodes(tx, account.id);
    await deleteTotpSecretsOf(tx, account.id);
    await forgetAttempts(inside, secondFactorLimit(deps.config.limits, account.id).key);
    await endTrustOf(tx, account.id);
    const sessionsEnded = await endEverythingOf(inside, account.id);
    for (const { name } of held) await tellFactorRemoved(inside, { account, by, name });
    return { removed: held.length > 0, sessionsEnded };
  });
