// The frame that all pages of the account centre share.
import type Koa from 'koa';
import { type Locals, renderPage, textsFor } from '../http/page.ts';
import { accountHeading } from '../provider/headings.ts';
import { formToken } from '../signed-in/form.ts';
import { takeNotice } from '../signed-in/notice.ts';
import type { SignedIn } from '../signed-in/signed-in.ts';
import type { MessageKey } from '../texts/messages.ts';
import type { AccountDeps } from './deps.ts';
import { type AccountPage, menu } from './navigation.ts';

export interface ShownPage {
  /** In views/account, without its ending. */
  readonly view: string;
  readonly title: MessageKey;
  /** One sentence that says what the page is for; the view may say it itself. */
  readonly lead?: MessageKey | undefined;
  readonly current: AccountPage;
  readonly me: SignedIn;
  readonly locals: Locals;
}

/** The status stays as it was set. `csrf` is for every form of the page. */
export async function showAccountPage(deps: AccountDeps, ctx: Koa.Context, page: ShownPage): Promise<void> {
  const t = textsFor(ctx);
  const notice = takeNotice(ctx);
  await renderPage(ctx, `account/${page.view}`, {
    title: t(page.title),
    lead: page.lead === undefined ? undefined : t(page.lead),
    menu: menu(deps, page.current).map(({ label, ...item }) => ({ ...item, label: t(label) })),
    account: accountHeading(page.me.account),
    csrf: formToken(deps, page.me),
    notice: notice === undefined ? undefined : t(notice),
    ...page.locals,
  });
}
