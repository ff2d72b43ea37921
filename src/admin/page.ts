// The frame that all pages of the console share.
import type Koa from 'koa';
import { type Locals, renderPage, textsFor } from '../http/page.ts';
import { accountHeading } from '../provider/headings.ts';
import { formToken } from '../signed-in/form.ts';
import { takeNotice } from '../signed-in/notice.ts';
import type { MessageKey } from '../texts/messages.ts';
import type { AdminDeps } from './deps.ts';
import type { AtConsole } from './in-console.ts';
import { type AdminPage, menu } from './navigation.ts';

export interface ShownPage {
  /** In views/admin, without its ending. */
  readonly view: string;
  /** A key, or the name of the one thing that the page is about. */
  readonly title: MessageKey | { readonly name: string };
  /** One sentence that says what the page is for; the view may say it itself. */
  readonly lead?: MessageKey | undefined;
  readonly current: AdminPage;
  readonly admin: AtConsole;
  readonly locals: Locals;
}

/** The status stays as it was set. `csrf` is for every form of the page, `may` for what is shown of it. */
export async function showAdminPage(deps: AdminDeps, ctx: Koa.Context, page: ShownPage): Promise<void> {
  const t = textsFor(ctx);
  const { me, may } = page.admin;
  const notice = takeNotice(ctx);
  await renderPage(ctx, `admin/${page.view}`, {
    title: typeof page.title === 'string' ? t(page.title) : page.title.name,
    lead: page.lead === undefined ? undefined : t(page.lead),
    menu: menu(deps, page.current, may).map(({ label, ...item }) => ({ ...item, label: t(label) })),
    account: accountHeading(me.account),
    csrf: formToken(deps, me),
    may: Object.fromEntries([...may].map((permission) => [permission, true])),
    notice: notice === undefined ? undefined : t(notice),
    ...page.locals,
  });
}
