// Numbers each request and writes one line about it: never its query, cookies, body or credentials.
import type Koa from 'koa';
import { newId } from '../crypto/identifiers.ts';
import type { Logger } from '../observability/logger.ts';
import './state.ts';

const MAX_PATH_CHARACTERS = 200;

/** Sets `ctx.state.requestId`, `ctx.state.log` and X-Request-Id. The line is written when the answer is out, or the caller gone. */
export const requestLog =
  ({ log }: { readonly log: Logger }): Koa.Middleware =>
  async (ctx, next) => {
    const started = performance.now();
    const requestId = newId();
    ctx.state.requestId = requestId;
    ctx.state.log = log.child({ requestId });
    ctx.set('X-Request-Id', requestId);
    ctx.res.once('close', () => {
      const { route, refusal, quiet, reference } = ctx.state;
      ctx.state.log[quiet && ctx.status < 500 ? 'debug' : 'info']({
        event: 'http.request',
        method: ctx.method,
        path: route ?? pathForLog(ctx.originalUrl),
        status: ctx.res.statusCode,
        ms: Math.round(performance.now() - started),
        ...(refusal !== undefined && { refusal }),
        ...(reference !== undefined && { reference }),
        ...(!ctx.res.writableFinished && { aborted: true }),
      });
    });
    await next();
  };

/** Long segments are identifiers, and an interaction's identifier is also its cookie's value: they become `:id`. */
export function pathForLog(target: string): string {
  const path = target.split(/[?#]/, 1)[0] ?? '';
  return path
    .slice(0, MAX_PATH_CHARACTERS)
    .split('/')
    .map((segment) => (segment.length < 16 || /^[a-z.-]+$/.test(segment) ? segment : ':id'))
    .join('/');
}
