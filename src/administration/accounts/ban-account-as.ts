// Shuts somebody out, with a reason for whoever administers next, or lets them back in.
import { banAccount, unbanAccount } from '../../sessions/ban-account.ts';
import { type Administrator, actorOf, sourceOf } from '../administrator.ts';
import { change } from '../change.ts';
import { accountFor } from '../guards.ts';
import type { Outcome } from '../outcomes.ts';
import type { AccountDeps } from './deps.ts';

const LONGEST_REASON = 500;

export function banAccountAs(
  deps: AccountDeps,
  by: Administrator,
  { accountId, reason }: { accountId: string; reason: string },
): Promise<Outcome<{ sessionsEnded: number }>> {
  return change(deps, { by, needs: 'accounts:write', action: 'account.ban', accountId }, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId, own: 'refused' });
    if ('outcome' in account) return account;
    const why = reason.trim();
    if (by.kind !== 'operator' && !isReason(why)) return NO_REASON;
    if (account.status === 'banned' && account.statusReason === why) return { outcome: 'unchanged' };
    const ban = { accountId, reason: why === '' ? undefined : why, actor: actorOf(by), source: sourceOf(by) };
    return { outcome: 'done', sessionsEnded: (await banAccount(inside, ban)) ?? 0 };
  });
}

const isReason = (reason: string): boolean =>
  reason !== '' && [...reason].length <= LONGEST_REASON && !/[\p{Cc}\p{Cs}]/u.test(reason);

const NO_REASON = {
  outcome: 'invalid',
  problems: [{ field: 'reason', key: 'administration.problem.reason' }],
} as const;

/** Whose deletion was asked for before the ban is being deleted again. */
export function unbanAccountAs(
  deps: AccountDeps,
  by: Administrator,
  { accountId }: { accountId: string },
): Promise<Outcome> {
  return change(deps, { by, needs: 'accounts:write', action: 'account.unban', accountId }, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId, own: 'refused' });
    if ('outcome' in account) return account;
    const unbanned = await unbanAccount(inside, { accountId, actor: actorOf(by), source: sourceOf(by) });
    return { outcome: unbanned === undefined ? 'unchanged' : 'done' };
  });
}
