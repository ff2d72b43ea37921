// Deleting one's account: what will happen, in numbers; then the password and the second factor again, in one form.
import type Koa from 'koa';
import { z } from 'zod';
import { languageOf } from '../../http/language.ts';
import { renderPage, textsFor } from '../../http/page.ts';
import { sourceOf } from '../../http/request-source.ts';
import { requestDeletion } from '../../leaving/request-deletion.ts';
import { forgetSessionCookie } from '../../provider/browser-session.ts';
import { hasSecondFactor } from '../../second-factors/second-factor.ts';
import { connectedApps } from '../../sessions/connected-apps.ts';
import { listSessions } from '../../sessions/list-sessions.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import { ACCOUNT_PATH } from '../../signed-in/paths.ts';
import type { AccountStep, SignedIn } from '../../signed-in/signed-in.ts';
import { fullDate } from '../../texts/dates.ts';
import type { AccountDeps } from '../deps.ts';
import { showAccountPage } from '../page.ts';
import { LAST_ADMINISTRATOR, type Trouble, whatIsMissing } from './what-is-missing.ts';

export const DELETE_PATH = `${ACCOUNT_PATH}/delete`;

const DAY_SECONDS = 86_400;

const form = z.object({
  csrf: z.string().optional(),
  password: z.string().max(4096),
  /** Asked of whoever has a second factor. */
  code: z.string().max(64).default(''),
});

export const showDeletion =
  (deps: AccountDeps): AccountStep =>
  (ctx, me) =>
    showPage(deps, ctx, { me });

export const submitDeletion =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const typed = await readAccountForm(deps, ctx, { me, form });
    const trouble = await whatIsMissing(deps, ctx, { me, ...typed });
    if (trouble !== undefined) return showPage(deps, ctx, { me, trouble });
    const { id: accountId } = me.account;
    const answer = await requestDeletion(deps, { accountId, source: sourceOf(ctx), language: languageOf(ctx) });
    switch (answer.outcome) {
      case 'last_administrator':
        return showPage(deps, ctx, { me, trouble: LAST_ADMINISTRATOR });
      case 'not_active':
        return backTo(ctx, ACCOUNT_PATH);
      case 'requested':
      case 'deleted':
        deps.log.info({
          event: `account.${answer.outcome === 'deleted' ? 'deleted' : 'deletion_requested'}`,
          accountId,
        });
        forgetSessionCookie(deps.config, ctx);
        return showGoodbye(ctx, { email: me.account.email, until: 'until' in answer ? answer.until : undefined });
    }
  };

async function showPage(
  deps: AccountDeps,
  ctx: Koa.Context,
  { me, trouble }: { me: SignedIn; trouble?: Trouble },
): Promise<void> {
  const { config } = deps;
  if (trouble !== undefined) ctx.status = trouble.status;
  if (trouble?.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(trouble.retryAfterSeconds));
  ctx.state.pageAddress = DELETE_PATH;
  const problem = trouble && { summary: textsFor(ctx)(trouble.summary), field: trouble.field };
  await showAccountPage(deps, ctx, {
    view: 'delete',
    title: 'deletion.title',
    current: 'data',
    me,
    locals: {
      action: DELETE_PATH,
      sessions: (await listSessions({ ...deps, limits: config.sessions }, me.account.id)).length,
      apps: (await connectedApps(deps, me.account.id)).length,
      days: config.accounts.deletionGraceSeconds / DAY_SECONDS,
      needsCode: await hasSecondFactor(deps.db, me.account.id),
      problem,
      retryAfterSeconds: trouble?.retryAfterSeconds,
    },
  });
}

/** Nobody is signed in any more, so it stands outside the account centre. */
async function showGoodbye(ctx: Koa.Context, { email, until }: { email: string; until: Date | undefined }) {
  const t = textsFor(ctx);
  ctx.state.pageAddress = '/';
  await renderPage(ctx, 'account/goodbye', {
    title: t(until === undefined ? 'deletion.done.title' : 'deletion.requested.title'),
    email,
    until: until === undefined ? undefined : fullDate(languageOf(ctx), until),
  });
}
