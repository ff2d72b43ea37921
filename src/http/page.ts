// Pages: pug through koa-views, with every template compiled once, when it is first shown.
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import type Koa from 'koa';
import type koaViews from 'koa-views';
import type { Clock } from '../clock.ts';
import { momentIn } from '../texts/dates.ts';
import { type Texts, textsIn } from '../texts/messages.ts';
import { templatesIn } from '../texts/templates.ts';
import { languageOf, languageSwitch, rememberLanguage } from './language.ts';
import './state.ts';

/** What a template sees. Data only: no name in it is an option of koa-views or pug. */
export type Locals = Readonly<Record<string, unknown>>;

export interface PageOptions {
  /** Absolute. */
  readonly viewsDir: string;
  /** Locals of every page: the product's name, `asset(name)`. */
  readonly shared: Locals;
  /** Whether pages can be looked at in the pseudo-locale (texts/pseudo-locale.ts). */
  readonly pseudoLocale?: boolean;
  /** What is relative on a page (`3 hours ago`) is counted from its time. */
  readonly clock: Clock;
  /** Views that are soon asked for: they are loaded now, if an earlier start has compiled them. */
  readonly soon?: readonly string[];
}

const EXTENSION = '.pug';
const requireLater = createRequire(import.meta.url);

/** Gives contexts what renderPage needs. */
export function pages({ viewsDir, shared, clock, pseudoLocale = false, soon = [] }: PageOptions): Koa.Middleware {
  const views = templatesIn(viewsDir);
  views.prepare(soon);
  // koa-views alone would compile at each request and hand the locals to pug as its options (CVE-2021-21353, CVE-2024-36361).
  const engine = async (file: string, state: { readonly locals: Locals }): Promise<string> => {
    const view = views.get(nameOf(relative(viewsDir, file)));
    if (view === undefined) throw new Error(`no view ${file}`);
    return view(state.locals);
  };
  let attach: Koa.Middleware | undefined;
  return (ctx, next) => {
    ctx.state.sharedLocals = shared;
    ctx.state.hasPseudoLocale = pseudoLocale;
    ctx.state.pageTime = clock.now();
    ctx.state.attachViews = async () => {
      attach ??= viewsOf(viewsDir, { extension: 'pug', engineSource: { pug: engine } });
      await attach(ctx, async () => {});
    };
    return next();
  };
}

/** With the first page, since it brings a beautifier along. */
const viewsOf = (...given: Parameters<typeof koaViews>): Koa.Middleware =>
  (requireLater('koa-views') as typeof koaViews)(...given);

/** What pages say to this caller, in their language. */
export const textsFor = (ctx: Koa.Context): Texts => textsIn(languageOf(ctx));

/**
 * Answers with a page in the caller's language; the status stays as it was set (200 otherwise). Own locals win over shared
 * ones of the same name.
 */
export async function renderPage(ctx: Koa.Context, view: string, locals: Locals = {}): Promise<void> {
  const lang = languageOf(ctx);
  ctx.set('Content-Language', lang);
  rememberLanguage(ctx);
  const given = {
    requestId: ctx.state.requestId,
    lang,
    t: textsIn(lang),
    moment: (date: Date) => momentIn(lang, { date, now: ctx.state.pageTime }),
    languages: languageSwitch(ctx),
  };
  const merged = mergeLocals(given, ctx.state.sharedLocals, locals);
  await ctx.state.attachViews();
  // One key, so that koa-views finds none of its own options (`pretty`, `partials`) in what a page shows.
  await ctx.render(view + EXTENSION, { locals: merged });
}

/** Without a prototype, `__proto__` and `constructor` are names like any other. */
function mergeLocals(...sources: readonly Locals[]): Locals {
  const merged: Record<string, unknown> = Object.create(null);
  for (const source of sources) for (const [name, value] of Object.entries(source)) merged[name] = value;
  return merged;
}

const nameOf = (file: string): string => file.replaceAll('\\', '/').slice(0, -EXTENSION.length);
