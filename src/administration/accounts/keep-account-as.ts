// Keeps an account whose owner has asked for its deletion, and has lost the link that would keep it.
import { keepAccount } from '../../leaving/keep-account.ts';
import { type Administrator, actorOf, sourceOf } from '../administrator.ts';
import { change } from '../change.ts';
import { accountFor } from '../guards.ts';
import type { Outcome } from '../outcomes.ts';
import type { AccountDeps } from './deps.ts';

/** Its owner is told by mail. Who is banned stays banned. */
export function keepAccountAs(
  deps: AccountDeps,
  by: Administrator,
  { accountId }: { accountId: string },
): Promise<Outcome> {
  return change(deps, { by, needs: 'accounts:write', action: 'account.keep', accountId }, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId, own: 'refused' });
    if ('outcome' in account) return account;
    const kept = await keepAccount(inside, { accountId, actor: actorOf(by), source: sourceOf(by) });
    return kept.outcome === 'kept' ? { outcome: 'done' } : { outcome: 'not_possible', status: account.status };
  });
}
