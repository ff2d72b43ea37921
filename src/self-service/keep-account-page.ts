// The link in the mail that says that an account is going to be deleted: a button keeps it.
import { languageOf } from '../http/language.ts';
import { textsFor } from '../http/page.ts';
import { sourceOf } from '../http/request-source.ts';
import type { Handler } from '../http/route.ts';
import { findKeepable, keepAccountByLink } from '../leaving/keep-account.ts';
import { KEEP_ACCOUNT_PATH } from '../leaving/request-deletion.ts';
import { fullDate } from '../texts/dates.ts';
import type { SelfServiceDeps } from './deps.ts';
import { linkForm, readLinkForm, showDone, showLinkPage, showVoidLink, tokenInAddress } from './page.ts';

export const showKeepAccount =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    const token = tokenInAddress(ctx);
    const account = await findKeepable(deps, token);
    if (account?.deleteAt === undefined) return showVoidLink(ctx, { message: 'keep_account.void' });
    await showLinkPage(deps, ctx, {
      view: 'keep-account',
      title: 'keep_account.title',
      path: KEEP_ACCOUNT_PATH,
      token,
      locals: { email: account.email, until: fullDate(languageOf(ctx), account.deleteAt) },
    });
  };

export const submitKeepAccount =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    const { token } = await readLinkForm(deps, ctx, linkForm);
    const kept = await keepAccountByLink(deps, { token, source: sourceOf(ctx) });
    if (kept.outcome === 'void') return showVoidLink(ctx, { message: 'keep_account.void' });
    deps.log.info({ event: 'account.deletion_cancelled', accountId: kept.account.id });
    await showDone(ctx, {
      title: 'keep_account.done.title',
      message: 'keep_account.done',
      onward: { label: textsFor(ctx)('keep_account.done.onward'), href: '/account' },
    });
  };
