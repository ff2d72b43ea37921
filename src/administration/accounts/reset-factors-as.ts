// Takes every second factor of somebody who has lost them all, and ends what they had let in; they are told by mail.
import { recordEvent } from '../../audit/audit-log.ts';
import { countRecoveryCodes } from '../../second-factors/recovery-codes.ts';
import { resetSecondFactors } from '../../second-factors/reset-second-factors.ts';
import { listAuthenticators } from '../../second-factors/totp-secrets.ts';
import { type Administrator, actorOf, sourceOf } from '../administrator.ts';
import { change } from '../change.ts';
import { accountFor } from '../guards.ts';
import type { Outcome } from '../outcomes.ts';
import type { AccountDeps } from './deps.ts';

export function resetFactorsAs(
  deps: AccountDeps,
  by: Administrator,
  { accountId }: { accountId: string },
): Promise<Outcome<{ removed: boolean; sessionsEnded: number }>> {
  const doing = { by, needs: 'accounts:factors', action: 'account.reset_factors', accountId } as const;
  return change(deps, doing, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId, own: 'refused' });
    if ('outcome' in account) return account;
    const who = { actor: actorOf(by), source: sourceOf(by) };
    const authenticators = (await listAuthenticators(inside.db, accountId)).length;
    const recoveryCodes = await countRecoveryCodes(inside.db, accountId);
    const { removed, sessionsEnded } = await resetSecondFactors(inside, { account, by: who });
    const details = { authenticators, recovery_codes: recoveryCodes, sessions_ended: sessionsEnded };
    await recordEvent(inside, { event: 'factors.reset', accountId, ...who, details });
    return { outcome: 'done', removed, sessionsEnded };
  });
}
