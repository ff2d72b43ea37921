// What a page says once about what was just done: a text of ours by its key, in a signed cookie of a minute.
import type Koa from 'koa';
import { isMessageKey, type MessageKey } from '../texts/messages.ts';

const COOKIE = 'gatehouse_notice';
const LIFETIME_MS = 60_000;

const attributes = (ctx: Koa.Context) =>
  ({ path: '/', httpOnly: true, sameSite: 'lax', secure: ctx.secure, signed: true, overwrite: true }) as const;

const nameAt = (ctx: Koa.Context): string => `${ctx.secure ? '__Secure-' : ''}${COOKIE}`;

export function leaveNotice(ctx: Koa.Context, notice: MessageKey): void {
  ctx.cookies.set(nameAt(ctx), notice, { ...attributes(ctx), maxAge: LIFETIME_MS });
}

/** Undefined if there is none, or it is a text that this version does not have. */
export function takeNotice(ctx: Koa.Context): MessageKey | undefined {
  const key = ctx.cookies.get(nameAt(ctx), { signed: true });
  if (key === undefined) return undefined;
  ctx.cookies.set(nameAt(ctx), null, attributes(ctx));
  return isMessageKey(key) ? key : undefined;
}
