// Takes every factor of an account away, for somebody who has lost them all.
import { lockAccount } from '../accounts/accounts.ts';
import { atomically } from '../database/atomically.ts';
import type { ChangeDeps } from './deps.ts';
import { type Change, tellFactorRemoved } from './notices.ts';
import { deleteRecoveryCodes } from './recovery-codes.ts';
import { deleteTotpSecretsOf, listAuthenticators } from './totp-secrets.ts';

/** False when there was no authenticator; then nobody is told. */
export const resetSecondFactors = (deps: ChangeDeps, { account, by }: Change): Promise<boolean> =>
  atomically(deps.db, async (tx) => {
    await lockAccount(tx, account.id);
    const held = await listAuthenticators(tx, account.id);
    await deleteRecoveryCodes(tx, account.id);
    await deleteTotpSecretsOf(tx, account.id);
    for (const { name } of held) await tellFactorRemoved({ ...deps, db: tx }, { account, by, name });
    return held.length > 0;
  });
