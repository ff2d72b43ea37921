// Lets JWT access tokens be introspected and revoked. The engine refuses, at both endpoints, whatever decodes as a JWT
// before it asks our store; so the token is marked on its way in, and the store takes the mark off again. Keys that such
// tokens name are looked for here too, since nobody else reads a form before the engine.
import { IncomingMessage } from 'node:http';
import type Koa from 'koa';
import { readBody } from '../../http/read-body.ts';
import { routedPath } from '../../http/routed-path.ts';
import { markStructuredToken } from '../../provider/access-token-reader.ts';
import { ENDPOINTS } from '../../provider/paths.ts';
import type { FollowTokens } from '../keys/unknown-keys.ts';

const MARKED_AT: ReadonlySet<string> = new Set([ENDPOINTS.introspection, ENDPOINTS.revocation]);

/** As the engine has it: 56 kB; it reads no longer body of any kind. */
const LIMITS = { maxBytes: 56 * 1024, timeoutMs: 10_000 };

export const admitStructuredTokens =
  (follow: FollowTokens): Koa.Middleware =>
  async (ctx, next) => {
    if (ctx.method !== 'POST' || !MARKED_AT.has(routedPath(ctx.path))) return next();
    if (ctx.is('application/x-www-form-urlencoded') === false) return next();
    const form = new URLSearchParams((await readBody(ctx.req, LIMITS)).toString('utf8'));
    await follow(form.getAll('token'));
    ctx.req = ctx.request.req = ctx.response.req = requestWith(ctx.req, Buffer.from(marked(form)));
    return next();
  };

/** Every other parameter stays as it came, repeated ones included: judging them is the engine's work. */
function marked(form: URLSearchParams): string {
  const changed = new URLSearchParams();
  for (const [name, value] of form) {
    changed.append(name, name === 'token' ? markStructuredToken(value) : value);
  }
  return changed.toString();
}

/** A request that has not been read yet, so that the engine does not fall back to (and remark on) a parsed body. */
function requestWith(original: IncomingMessage, body: Buffer): IncomingMessage {
  const request = new IncomingMessage(original.socket);
  request.method = original.method ?? 'POST';
  request.url = original.url ?? '/';
  request.httpVersion = original.httpVersion;
  request.headers = { ...original.headers, 'content-length': String(body.length) };
  delete request.headers['transfer-encoding'];
  // Or Node takes it for cut short, and closes the connection.
  request.complete = true;
  request.push(body);
  request.push(null);
  return request;
}
