// Everything that is kept about somebody, for an administrator whom they have asked for it. No secret is in it.
import { recordEvent } from '../../audit/audit-log.ts';
import { exportAccount } from '../../leaving/export-account.ts';
import { type Administrator, actorOf, sourceOf } from '../administrator.ts';
import { change } from '../change.ts';
import { accountFor } from '../guards.ts';
import type { Outcome } from '../outcomes.ts';
import type { AccountDeps } from './deps.ts';

export function exportAccountAs(
  deps: AccountDeps,
  by: Administrator,
  { accountId }: { accountId: string },
): Promise<Outcome<{ data: Readonly<Record<string, unknown>> }>> {
  return change(deps, { by, needs: 'accounts:delete', action: 'account.export', accountId }, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId });
    if ('outcome' in account) return account;
    const data = await exportAccount(inside, account);
    await recordEvent(inside, {
      event: 'account.data_downloaded',
      accountId,
      actor: actorOf(by),
      source: sourceOf(by),
    });
    return { outcome: 'done', data };
  });
}
