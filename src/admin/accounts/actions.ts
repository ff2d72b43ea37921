// What one click does to an account: a way to a new password, another invitation, an end to a ban, its data as a file.
import type Koa from 'koa';
import { z } from 'zod';
import { unbanAccountAs } from '../../administration/accounts/ban-account-as.ts';
import { inviteAccountAs } from '../../administration/accounts/create-account-as.ts';
import { exportAccountAs } from '../../administration/accounts/export-account-as.ts';
import { startResetAs } from '../../administration/accounts/start-reset-as.ts';
import type { Administrator } from '../../administration/administrator.ts';
import type { NotDone } from '../../administration/outcomes.ts';
import { textsFor } from '../../http/page.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { MessageKey } from '../../texts/messages.ts';
import type { AdminDeps } from '../deps.ts';
import { troubleOf } from '../not-done.ts';
import type { AccountStep, AtAccount } from './one-account.ts';
import { showOverviewOf } from './overview-page.ts';
import { accountPath } from './paths.ts';

const form = z.strictObject({ csrf: z.string().optional() });

type Answer = NotDone | { readonly outcome: 'done' };
type Verb = (deps: AdminDeps, by: Administrator, which: { accountId: string }) => Promise<Answer>;

const oneClick =
  (verb: Verb, notice: MessageKey) =>
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    await readAccountForm(deps, ctx, { me: at.me, form });
    const answer = await verb(deps, at.by, { accountId: at.account.id });
    await answered(deps, ctx, at, { answer, notice });
  };

export const submitReset = oneClick(startResetAs, 'accounts.reset.sent');
export const submitInvite = oneClick(inviteAccountAs, 'accounts.invite.sent_again');
export const submitUnban = oneClick(unbanAccountAs, 'accounts.unban.done');

/** A form, since it is written down that it was done. */
export const submitDownload =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    await readAccountForm(deps, ctx, { me: at.me, form });
    const answer = await exportAccountAs(deps, at.by, { accountId: at.account.id });
    if (answer.outcome !== 'done') return answered(deps, ctx, at, { answer });
    ctx.attachment(`account-${deps.clock.now().toISOString().slice(0, 10)}.json`);
    ctx.type = 'application/json';
    ctx.body = `${JSON.stringify(answer.data, undefined, 2)}\n`;
  };

async function answered(
  deps: AdminDeps,
  ctx: Koa.Context,
  at: AtAccount,
  { answer, notice }: { answer: Answer; notice?: MessageKey },
): Promise<void> {
  const path = accountPath(at.account.id);
  if (answer.outcome === 'done') return backTo(ctx, path, notice);
  if (answer.outcome === 'unchanged') return backTo(ctx, path);
  await showOverviewOf(deps, ctx, at, troubleOf(textsFor(ctx), answer));
}
