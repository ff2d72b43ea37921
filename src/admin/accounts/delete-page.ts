// Deleting somebody's account at once: what goes with it, and typing whose it is.
import type Koa from 'koa';
import { z } from 'zod';
import { canonicalEmail } from '../../accounts/identifiers.ts';
import { deleteAccountAs } from '../../administration/accounts/delete-account-as.ts';
import { textsFor } from '../../http/page.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AdminDeps } from '../deps.ts';
import { beside, errorOf, type Trouble, troubleOf } from '../not-done.ts';
import { showAccountTab } from './account-page.ts';
import { costsOf } from './costs.ts';
import type { AccountStep, AtAccount } from './one-account.ts';
import { ACCOUNTS_PATH, accountPath } from './paths.ts';

const form = z.strictObject({ csrf: z.string().optional(), typed: z.string().max(400) });

export const showDelete =
  (deps: AdminDeps): AccountStep =>
  (ctx, at) =>
    showPage(deps, ctx, at);

export const submitDelete =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    const { typed } = await readAccountForm(deps, ctx, { me: at.me, form });
    const t = textsFor(ctx);
    if (canonicalEmail(typed)?.key !== canonicalEmail(at.account.email)?.key) {
      const trouble = beside(400, [{ field: 'typed', message: t('accounts.delete.other_address') }]);
      return showPage(deps, ctx, at, { typed, trouble });
    }
    const answer = await deleteAccountAs(deps, at.by, { accountId: at.account.id });
    switch (answer.outcome) {
      case 'done':
      case 'unchanged':
        return backTo(ctx, ACCOUNTS_PATH, 'accounts.delete.done');
      default:
        return showPage(deps, ctx, at, { typed, trouble: troubleOf(t, answer) });
    }
  };

async function showPage(
  deps: AdminDeps,
  ctx: Koa.Context,
  at: AtAccount,
  { typed = '', trouble }: { typed?: string; trouble?: Trouble } = {},
): Promise<void> {
  const { account } = at;
  await showAccountTab(deps, ctx, at, {
    view: 'delete',
    tab: 'overview',
    path: 'delete',
    trouble,
    locals: {
      action: accountPath(account.id, 'delete'),
      cancel: accountPath(account.id),
      costs: await costsOf(deps, account.id),
      email: account.email,
      typed,
      wrong: errorOf(trouble, 'typed'),
    },
  });
}
