// What holds for every answer: the shop's own host name, security headers, and a page for every error.
import type { Context, Middleware, Next } from 'koa';
import type { Log } from './log.ts';
import { noSuchPage, ourFault } from './messages.ts';
import type { Pages } from './pages.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Sign-in and its cookies need one name: another name of this machine leads to it, a foreign one gets nothing. */
export const ownHostOnly =
  (shopUrl: string): Middleware =>
  async (ctx, next) => {
    const { host, origin } = new URL(shopUrl);
    if (ctx.host === host) return next();
    if (LOOPBACK_NAMES.includes(ctx.hostname) && ctx.method === 'GET') return ctx.redirect(`${origin}${ctx.url}`);
    ctx.status = 421;
    ctx.body = 'This shop does not go by that name.';
  };

/** No script at all. `form-action` names the issuer because signing out posts here and is redirected there. */
export function securityHeaders({ shopUrl, issuer }: { shopUrl: string; issuer: string }): Middleware {
  const isHttps = new URL(shopUrl).protocol === 'https:';
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    `form-action 'self' ${new URL(issuer).origin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return (ctx, next) => {
    ctx.set({
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cache-Control': 'no-store',
      ...(isHttps && { 'Strict-Transport-Security': 'max-age=31536000' }),
    });
    // Behind a proxy that ends TLS the connection itself is plain, and cookies are still to be Secure.
    ctx.cookies.secure = isHttps;
    return next();
  };
}

export const errorPages = ({ pages, log }: { pages: Pages; log: Log }): Middleware => {
  return async (ctx: Context, next: Next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined) pages.showMessage(ctx, noSuchPage);
    } catch (error) {
      log(`error at ${ctx.method} ${ctx.path}: ${error instanceof Error ? error.stack : String(error)}`);
      pages.showMessage(ctx, ourFault);
    }
  };
};
