// Reads a posted form, and only when it came from a page of this session.
import { timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';

const MAX_BODY_BYTES = 32 * 1024;

export type PostedForm =
  | { readonly outcome: 'posted'; readonly form: URLSearchParams }
  | { readonly outcome: 'too_large' }
  /** The token of the session is missing or another one: the form was posted by some other page. */
  | { readonly outcome: 'foreign' };

export async function readForm(ctx: Context, csrfToken: string): Promise<PostedForm> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // The stream stays open when it is too much: destroying it would cut the connection before the answer.
  for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      ctx.set('Connection', 'close');
      return { outcome: 'too_large' };
    }
    chunks.push(chunk);
  }
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  return equal(form.get('csrf') ?? '', csrfToken) ? { outcome: 'posted', form } : { outcome: 'foreign' };
}

function equal(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
