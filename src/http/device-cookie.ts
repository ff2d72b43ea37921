// The cookie by which a browser is known again. It says nothing about any account, and everybody who signs in gets one.
import type Koa from 'koa';
import { newSecretToken } from '../crypto/secret-token.ts';

const COOKIE = 'gatehouse_device';
/** Over https no neighbouring host can set it (RFC 6265bis section 4.1.3.2). */
const cookieName = (ctx: Koa.Context): string => (ctx.secure ? `__Host-${COOKIE}` : COOKIE);

/** Milliseconds: 400 days, the most that browsers keep (RFC 6265bis section 5.5). */
const COOKIE_MS = 400 * 86_400 * 1000;

/** As `newSecretToken` makes them. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Undefined where the browser has none, or something that we did not make. */
export function deviceTokenOf(ctx: Koa.Context): string | undefined {
  const token = ctx.cookies.get(cookieName(ctx), { signed: false });
  return token !== undefined && TOKEN.test(token) ? token : undefined;
}

/** Gives the browser a cookie if it has none, and lets the one it has live on. Returns what it says. */
export function keepDeviceToken(ctx: Koa.Context): string {
  const token = deviceTokenOf(ctx) ?? newSecretToken();
  const options = { maxAge: COOKIE_MS, httpOnly: true, sameSite: 'lax', secure: ctx.secure, signed: false } as const;
  ctx.cookies.set(cookieName(ctx), token, { ...options, overwrite: true });
  return token;
}
