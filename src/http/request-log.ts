// Numbers each request and writes one line about it: never its query, cookies, body or credentials.
import type { IncomingHttpHeaders } from 'node:http';
import type Koa from 'koa';
import { newId } from '../crypto/identifiers.ts';
import type { Logger } from '../observability/logger.ts';
import type { ClientAddress } from './client-address.ts';
import './state.ts';

const MAX_PATH_CHARACTERS = 200;

export interface RequestLogOptions {
  readonly log: Logger;
  /** Whether the peer is a proxy of ours, which may have numbered the request already. Nobody is unless stated. */
  readonly trustsPeerOf?: ClientAddress['trustsPeerOf'];
}

/** Sets `ctx.state.requestId`, `ctx.state.log` and X-Request-Id. The line is written when the answer is out, or the caller gone. */
export const requestLog =
  ({ log, trustsPeerOf = () => false }: RequestLogOptions): Koa.Middleware =>
  async (ctx, next) => {
    const started = performance.now();
    const requestId = (trustsPeerOf(ctx.req) ? numberOf(ctx.req.headers) : undefined) ?? newId();
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

/** What proxies make: UUIDs, hex, base64url, some with a prefix. No character that means anything to a log, a page or a shell. */
const REQUEST_ID = /^[\w.:-]{8,64}$/;
/** W3C Trace Context section 3.2.2: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** X-Request-Id as it is, or the trace id of traceparent; undefined for whatever else stands there. */
export function numberOf(headers: IncomingHttpHeaders): string | undefined {
  const stated = headers['x-request-id'];
  if (typeof stated === 'string' && REQUEST_ID.test(stated)) return stated;
  const { traceparent } = headers;
  return typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
}

/** Long segments are identifiers, and an interaction's identifier is also its cookie's value: they become `:id`. */
export function pathForLog(target: string): string {
  const path = target.split(/[?#]/, 1)[0] ?? '';
  return path
    .slice(0, MAX_PATH_CHARACTERS)
    .split('/')
    .map((segment) => (segment.length < 16 || /^[a-z.-]+$/.test(segment) ? segment : ':id'))
    .join('/');
}
