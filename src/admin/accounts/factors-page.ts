// Taking all second factors of somebody who has lost them: what that does, and doing it.
import type Koa from 'koa';
import { z } from 'zod';
import { resetFactorsAs } from '../../administration/accounts/reset-factors-as.ts';
import { textsFor } from '../../http/page.ts';
import { countRecoveryCodes } from '../../second-factors/recovery-codes.ts';
import { listAuthenticators } from '../../second-factors/totp-secrets.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AdminDeps } from '../deps.ts';
import { type Trouble, troubleOf } from '../not-done.ts';
import { showAccountTab } from './account-page.ts';
import { costsOf } from './costs.ts';
import type { AccountStep, AtAccount } from './one-account.ts';
import { accountPath } from './paths.ts';

const form = z.strictObject({ csrf: z.string().optional() });

export const showFactors =
  (deps: AdminDeps): AccountStep =>
  (ctx, at) =>
    showPage(deps, ctx, at);

export const submitFactors =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    await readAccountForm(deps, ctx, { me: at.me, form });
    const answer = await resetFactorsAs(deps, at.by, { accountId: at.account.id });
    if (answer.outcome === 'done' || answer.outcome === 'unchanged') {
      return backTo(ctx, accountPath(at.account.id), 'accounts.factors.done');
    }
    await showPage(deps, ctx, at, troubleOf(textsFor(ctx), answer));
  };

async function showPage(deps: AdminDeps, ctx: Koa.Context, at: AtAccount, trouble?: Trouble): Promise<void> {
  const { id } = at.account;
  await showAccountTab(deps, ctx, at, {
    view: 'factors',
    tab: 'overview',
    path: 'factors',
    trouble,
    locals: {
      action: accountPath(id, 'factors'),
      cancel: accountPath(id),
      authenticators: await listAuthenticators(deps.db, id),
      recoveryCodes: await countRecoveryCodes(deps.db, id),
      costs: await costsOf(deps, id),
    },
  });
}
