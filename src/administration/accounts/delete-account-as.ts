// Deletes somebody's account at once, with all that belongs to it; they are told by mail.
import { removeAccount } from '../../leaving/delete-account.ts';
import { type Administrator, actorOf, sourceOf } from '../administrator.ts';
import { change } from '../change.ts';
import { accountFor } from '../guards.ts';
import { type Outcome, versionOf } from '../outcomes.ts';
import type { AccountDeps } from './deps.ts';

export function deleteAccountAs(
  deps: AccountDeps,
  by: Administrator,
  { accountId, version }: { accountId: string; version?: string | undefined },
): Promise<Outcome<{ email: string }>> {
  return change(deps, { by, needs: 'accounts:delete', action: 'account.delete', accountId }, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId, own: 'refused' });
    if ('outcome' in account) return account;
    if (version !== undefined && version !== versionOf(account)) return { outcome: 'changed_meanwhile' };
    await removeAccount(inside, { accountId, actor: actorOf(by), source: sourceOf(by) });
    return { outcome: 'done', email: account.email };
  });
}
