// What stands in the way of another address or username, on the page where it was typed.
import type Koa from 'koa';
import { tellToWait } from '../../http/form.ts';
import { textsFor } from '../../http/page.ts';
import type { MessageKey } from '../../texts/messages.ts';

export interface TypedIdentifier {
  readonly typed?: string;
  readonly problem?: MessageKey;
  readonly retryAfterSeconds?: number;
}

interface Words {
  readonly field: 'email' | 'username';
  readonly wrong: MessageKey;
  readonly tooMany: MessageKey;
}

/** Sets the status and Retry-After; what is left is for the page to show. */
export function problemWith(ctx: Koa.Context, { problem, retryAfterSeconds }: TypedIdentifier, words: Words) {
  const t = textsFor(ctx);
  if (problem !== undefined) ctx.status = 400;
  tellToWait(ctx, retryAfterSeconds);
  if (retryAfterSeconds !== undefined) return { summary: t(words.tooMany) };
  return problem && { summary: t(words.wrong), field: words.field, message: t(problem) };
}
