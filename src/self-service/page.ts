// What all pages behind mailed links share: the token of the link, a form bound to it, and what is said when it is no good.
import type Koa from 'koa';
import { z } from 'zod';
import { readForm } from '../http/form.ts';
import { type Locals, renderPage, textsFor } from '../http/page.ts';
import type { MessageKey, Values } from '../texts/messages.ts';
import type { SelfServiceDeps } from './deps.ts';

/** Ours have 43 characters; what is longer is none of them, and looked up all the same. */
const token = z.string().max(128);

/** What every form of these pages sends; a page adds its own fields with `.extend`. */
export const linkForm = z.object({ csrf: z.string().optional(), token });

/** As the link in the mail says it. Empty for whoever comes without: no link has that. */
export const tokenInAddress = (ctx: Koa.Context): string => token.catch('').parse(ctx.query['token']);

export interface LinkPage {
  /** Below views/self-service. */
  readonly view: string;
  readonly title: MessageKey;
  /** For the places in the title. */
  readonly values?: Values;
  /** The path of the link; the form is sent there too, unless `locals.action` says otherwise. */
  readonly path: string;
  readonly token: string;
  readonly locals?: Locals;
}

/** The page that a good link opens, and that comes again where something is wrong with its form. */
export async function showLinkPage({ csrf }: SelfServiceDeps, ctx: Koa.Context, page: LinkPage): Promise<void> {
  ctx.state.pageAddress = `${page.path}?${new URLSearchParams({ token: page.token })}`;
  await renderPage(ctx, `self-service/${page.view}`, {
    title: textsFor(ctx)(page.title, page.values),
    action: page.path,
    csrf: csrf.token(binding(page.token)),
    token: page.token,
    ...page.locals,
  });
}

/** Reads a posted form. Who posts without the page's token for this very link is refused (CSRF, T21). */
export async function readLinkForm<Fields extends z.infer<typeof linkForm>>(
  { csrf }: SelfServiceDeps,
  ctx: Koa.Context,
  form: z.ZodType<Fields>,
): Promise<Fields> {
  const fields = await readForm(ctx, form);
  csrf.check(ctx, binding(fields.token), fields.csrf);
  return fields;
}

const binding = (mailed: string): string => `link:${mailed}`;

/** Where a page leads when there is nothing more to do on it. */
export interface Onward {
  readonly label: string;
  readonly href: string;
}

/** The link was used, is too old, or a newer one was sent. `message` says how to get another one. */
export async function showVoidLink(
  ctx: Koa.Context,
  { message, onward }: { message: MessageKey; onward?: Onward | undefined },
): Promise<void> {
  ctx.status = 400;
  const t = textsFor(ctx);
  await renderPage(ctx, 'self-service/void', { title: t('link.void'), message: t(message), onward });
}

export interface Done {
  readonly title: MessageKey;
  readonly message: MessageKey;
  /** For the places in the message. */
  readonly values?: Values;
  readonly onward?: Onward | undefined;
}

/** It is done, and what comes next. */
export async function showDone(ctx: Koa.Context, { title, message, values, onward }: Done): Promise<void> {
  const t = textsFor(ctx);
  await renderPage(ctx, 'self-service/done', { title: t(title), message: t(message, values), onward });
}
