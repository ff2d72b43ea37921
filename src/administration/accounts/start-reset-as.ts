// A link to a new password, mailed to its owner. Administrators never set one (ASVS 6.4.6).
import { startReset } from '../../credentials/start-reset.ts';
import { type Administrator, actorOf, sourceOf } from '../administrator.ts';
import { change } from '../change.ts';
import { accountFor } from '../guards.ts';
import type { Outcome } from '../outcomes.ts';
import type { AccountDeps } from './deps.ts';
import { tooManyMails } from './mail-limit.ts';

/** The password that there is stays until the link is used; it is good for twenty minutes. */
export function startResetAs(
  deps: AccountDeps,
  by: Administrator,
  { accountId }: { accountId: string },
): Promise<Outcome> {
  const doing = { by, needs: 'accounts:write', action: 'account.start_reset', accountId } as const;
  return change(deps, doing, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId });
    if ('outcome' in account) return account;
    const started = await startReset(inside, { account, actor: actorOf(by), source: sourceOf(by) });
    if (!started) return { outcome: 'not_possible', status: account.status };
    return (await tooManyMails(inside, by, [account.email])) ?? { outcome: 'done' };
  });
}
