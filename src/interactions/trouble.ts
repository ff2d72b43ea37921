// What went wrong with a form, as its page shows it again.
import type Koa from 'koa';
import { textsFor } from '../http/page.ts';
import type { MessageKey } from '../texts/messages.ts';

export interface Trouble {
  /** HTTP status of the page. */
  readonly status: 400 | 403 | 429;
  /** A short sentence; the page adds what to do. */
  readonly summary: MessageKey;
  /** The field it belongs to, if it does. */
  readonly field?: 'identifier' | 'password' | 'code';
  readonly retryAfterSeconds?: number;
}

/** Sets the status and Retry-After (RFC 6585 section 4), and gives the page its locals. */
export function troubleLocals(ctx: Koa.Context, trouble: Trouble | undefined): Record<string, unknown> {
  if (trouble === undefined) return {};
  const { status, field, retryAfterSeconds } = trouble;
  const summary = textsFor(ctx)(trouble.summary);
  ctx.status = status;
  if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds));
  return { problem: field === undefined ? { summary } : { summary, field }, retryAfterSeconds };
}
