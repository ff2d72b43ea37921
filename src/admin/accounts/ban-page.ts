// Shutting somebody out, with a reason for whoever administers next.

import type Koa from 'koa';
import { z } from 'zod';
import { banAccountAs } from '../../administration/accounts/ban-account-as.ts';
import { textsFor } from '../../http/page.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AdminDeps } from '../deps.ts';
import { errorOf, type Trouble, troubleOf } from '../not-done.ts';
import { showAccountTab } from './account-page.ts';
import { type Costs, costsOf } from './costs.ts';
import type { AccountStep, AtAccount } from './one-account.ts';
import { accountPath } from './paths.ts';

const form = z.strictObject({ csrf: z.string().optional(), reason: z.string().max(4000) });

export const showBan =
  (deps: AdminDeps): AccountStep =>
  (ctx, at) =>
    showPage(deps, ctx, at, { reason: at.account.statusReason ?? '' });

export const submitBan =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    const { reason } = await readAccountForm(deps, ctx, { me: at.me, form });
    const answer = await banAccountAs(deps, at.by, { accountId: at.account.id, reason });
    if (answer.outcome === 'done' || answer.outcome === 'unchanged') {
      return backTo(ctx, accountPath(at.account.id), 'accounts.ban.done');
    }
    await showPage(deps, ctx, at, { reason, trouble: troubleOf(textsFor(ctx), answer) });
  };

async function showPage(
  deps: AdminDeps,
  ctx: Koa.Context,
  at: AtAccount,
  { reason, trouble }: { reason: string; trouble?: Trouble },
): Promise<void> {
  const { id } = at.account;
  await showAccountTab(deps, ctx, at, {
    view: 'ban',
    tab: 'overview',
    path: 'ban',
    trouble,
    locals: {
      action: accountPath(id, 'ban'),
      cancel: accountPath(id),
      costs: (await costsOf(deps, id)) satisfies Costs,
      reason,
      wrong: errorOf(trouble, 'reason'),
    },
  });
}
