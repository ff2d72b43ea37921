// What all pages of the account centre share: the frame, reading a form, going on with a notice.
import type Koa from 'koa';
import type { z } from 'zod';
import { readForm } from '../http/form.ts';
import { type Locals, renderPage, textsFor } from '../http/page.ts';
import { accountHeading } from '../provider/headings.ts';
import type { MessageKey } from '../texts/messages.ts';
import type { AccountDeps } from './deps.ts';
import { type AccountPage, menu } from './navigation.ts';
import { leaveNotice, takeNotice } from './notice.ts';
import type { SignedIn } from './signed-in.ts';

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
    csrf: deps.csrf.token(binding(page.me)),
    notice: notice === undefined ? undefined : t(notice),
    ...page.locals,
  });
}

/** Reads a posted form with its token. Who posts without the token of this very session is refused (CSRF, T21). */
export async function readAccountForm<Fields extends { readonly csrf?: string | undefined }>(
  deps: AccountDeps,
  ctx: Koa.Context,
  { me, form }: { me: SignedIn; form: z.ZodType<Fields> },
): Promise<Fields> {
  const fields = await readForm(ctx, form);
  deps.csrf.check(ctx, binding(me), fields.csrf);
  return fields;
}

/** After a form: on to a page of ours, which shows the notice once. */
export function backTo(ctx: Koa.Context, path: string, notice?: MessageKey): void {
  if (notice !== undefined) leaveNotice(ctx, notice);
  seeOther(ctx, path);
}

export function seeOther(ctx: Koa.Context, location: string): void {
  ctx.redirect(location);
  ctx.status = 303;
}

const binding = ({ session }: SignedIn): string => `account:${session.uid}`;
