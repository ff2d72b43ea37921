// Small corrections of what the engine sends.
import type Koa from 'koa';
import { routedPath } from '../http/routed-path.ts';
import { ENDPOINTS } from '../provider/paths.ts';

/** An empty body has no type (RFC 7009 section 2.2 answers revocation with nothing but the status). */
export const untypedRevocation: Koa.Middleware = async (ctx, next) => {
  await next();
  if (routedPath(ctx.path) === ENDPOINTS.revocation && ctx.status === 200 && ctx.body === '') {
    ctx.remove('Content-Type');
  }
};
