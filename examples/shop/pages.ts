// Renders the views; every page knows who is signed in, and the menu follows what they may do.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Context } from 'koa';
import { compileFile, type compileTemplate } from 'pug';
import type { Assets } from './assets.ts';
import { MANAGE, may, SELL } from './listings.ts';
import { returnPath, signInPath } from './return-to.ts';
import type { Sessions } from './session.ts';
import type { Visitors } from './visitors.ts';

export type View =
  | 'home'
  | 'listing'
  | 'listing-table'
  | 'listing-form'
  | 'listing-delete'
  | 'earnings'
  | 'payout-form'
  | 'payout-confirm'
  | 'account'
  | 'message';

export interface Message {
  readonly status?: number;
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** What to do next: a link that looks like a button. */
  readonly action?: { readonly label: string; readonly href: string };
}

export interface Pages {
  show(ctx: Context, view: View, locals?: Readonly<Record<string, unknown>>): void;
  showMessage(ctx: Context, message: Message): void;
}

export interface PagesDeps {
  readonly assets: Assets;
  readonly sessions: Sessions;
  readonly visitors: Visitors;
  readonly shopUrl: string;
}

const folder = join(import.meta.dirname, 'views');

export function createPages({ assets, sessions, visitors, shopUrl }: PagesDeps): Pages {
  const views = compileViews();

  const show: Pages['show'] = (ctx, view, locals = {}) => {
    const template = views.get(view);
    if (template === undefined) throw new Error(`there is no view ${view}`);
    const session = visitors.current(ctx);
    ctx.type = 'html';
    ctx.body = template({
      notice: session && sessions.takeNotice(session.id),
      ...locals,
      session,
      person: session?.person,
      isVendor: session !== undefined && may(session.person, SELL),
      isShopAdmin: session !== undefined && may(session.person, MANAGE),
      path: ctx.path,
      signInHref: signInPath(ctx.method === 'GET' ? returnPath(ctx.url, shopUrl) : '/'),
      asset: assets.url,
      euros: (cents: number) => euros.format(cents / 100),
    });
  };

  return {
    show,
    showMessage(ctx, { status = 200, ...message }) {
      ctx.status = status;
      show(ctx, 'message', message);
    },
  };
}

const euros = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });

/** Once, at start: a broken view stops the shop from starting instead of one page from showing. */
const compileViews = (): ReadonlyMap<string, compileTemplate> =>
  new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith('.pug') && file !== 'layout.pug')
      .map((file) => [basename(file, '.pug'), compileFile(join(folder, file))]),
  );
