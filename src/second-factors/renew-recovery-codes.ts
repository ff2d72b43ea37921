// A new set of recovery codes: of the one before no code works any longer.
import { lockAccount } from '../accounts/lock-account.ts';
import { atomically } from '../database/atomically.ts';
import type { FactorDeps } from './deps.ts';
import { type Change, tellCodesRenewed } from './notices.ts';
import { newRecoveryCodes, replaceRecoveryCodes } from './recovery-codes.ts';
import { hasTotpSecret } from './totp-secrets.ts';

export type Renewal =
  /** Shown once; only their hashes are kept. */
  | { readonly outcome: 'renewed'; readonly recoveryCodes: readonly string[] }
  /** Codes stand in for an authenticator, and there is none. */
  | { readonly outcome: 'no_authenticator' };

/**
 * Whoever calls this has made sure that the person has just proved who they are, with a second factor.
 * @throws Refusal `busy` (503)
 */
export async function renewRecoveryCodes(deps: FactorDeps, { account, by }: Change): Promise<Renewal> {
  const codes = await newRecoveryCodes(deps.hasher);
  return atomically(deps.db, async (tx): Promise<Renewal> => {
    const inside = { ...deps, db: tx };
    if (!(await lockAccount(tx, account.id)) || !(await hasTotpSecret(tx, account.id))) {
      return { outcome: 'no_authenticator' };
    }
    await replaceRecoveryCodes(inside, account.id, codes);
    await tellCodesRenewed(inside, { account, by });
    return { outcome: 'renewed', recoveryCodes: codes.codes };
  });
}
