// Who may call a route. Every route that is not for everyone goes through here, and every posted form with it.
import type { RouterContext } from '@koa/router';
import type { Context } from 'koa';
import { readForm } from './form.ts';
import { may } from './listings.ts';
import { accessDenied, cannotReachServer, signInEnded } from './messages.ts';
import type { Pages } from './pages.ts';
import { signInPath } from './return-to.ts';
import type { Session } from './session.ts';
import type { Refresh } from './token-refresh.ts';
import type { Visitors } from './visitors.ts';

/** `form` is what was posted; empty for a GET. */
export type Handler = (ctx: RouterContext, session: Session, form: URLSearchParams) => void | Promise<void>;
export type Middleware = (ctx: RouterContext) => Promise<void>;

export interface Gate {
  signedIn(handler: Handler): Middleware;
  /** Any one of the permissions is enough. They are never older than the access token. */
  allowed(permissions: readonly string[], handler: Handler): Middleware;
}

export interface GateDeps {
  readonly visitors: Visitors;
  readonly pages: Pages;
  readonly refresh: Refresh;
}

export function createGate(deps: GateDeps): Gate {
  const { visitors, pages } = deps;

  const signedIn: Gate['signedIn'] = (handler) => async (ctx) => {
    const session = visitors.current(ctx);
    if (session === undefined) {
      if (ctx.method === 'POST') return pages.showMessage(ctx, signInEnded('/'));
      return ctx.redirect(signInPath(ctx.url));
    }
    if (ctx.method !== 'POST') return handler(ctx, session, new URLSearchParams());
    const posted = await readForm(ctx, session.csrfToken);
    switch (posted.outcome) {
      case 'posted':
        return handler(ctx, session, posted.form);
      case 'too_large':
        return pages.showMessage(ctx, {
          status: 413,
          title: 'That was too much text',
          paragraphs: ['Nothing was changed. Go back, shorten it and try again.'],
        });
      case 'foreign':
        return pages.showMessage(ctx, {
          status: 403,
          title: 'This form is out of date',
          paragraphs: ['It was not sent from a page of your present sign-in, so nothing was changed.'],
          action: { label: 'Back to the shop', href: '/' },
        });
    }
  };

  return {
    signedIn,
    allowed: (permissions, handler) =>
      signedIn(async (ctx, before, form) => {
        const session = await withFreshRights(deps, ctx, before);
        if (session === undefined) return;
        if (!permissions.some((permission) => may(session.person, permission))) {
          return pages.showMessage(ctx, accessDenied(session.person, permissions));
        }
        return handler(ctx, session, form);
      }),
  };
}

/** What is taken away at the server counts here as soon as the access token has expired. Undefined: a page was shown. */
async function withFreshRights(
  { visitors, pages, refresh }: GateDeps,
  ctx: Context,
  session: Session,
): Promise<Session | undefined> {
  if (session.person.tokens.expiresAt > Date.now()) return session;
  switch (await refresh(session)) {
    case 'refreshed':
      return visitors.current(ctx);
    case 'unreachable':
      pages.showMessage(ctx, cannotReachServer(ctx.method === 'GET' ? ctx.url : '/'));
      return undefined;
    case 'ended':
      visitors.signOut(ctx);
      pages.showMessage(ctx, signInEnded(ctx.method === 'GET' ? ctx.url : '/'));
      return undefined;
  }
}
