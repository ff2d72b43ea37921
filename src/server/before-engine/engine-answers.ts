// Small corrections of what the engine sends.
import type Koa from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { routedPath } from '../../http/routed-path.ts';
import { ENDPOINTS } from '../../provider/paths.ts';

/** An empty body has no type (RFC 7009 section 2.2 answers revocation with nothing but the status). */
export const untypedRevocation: Koa.Middleware = async (ctx, next) => {
  await next();
  if (routedPath(ctx.path) === ENDPOINTS.revocation && ctx.status === 200 && ctx.body === '') {
    ctx.remove('Content-Type');
  }
};

/** RFC 6749 section 5.2 has an error of its own for a grant that a client may not use; the engine says invalid_request. */
export const unauthorizedGrant: Koa.Middleware = async (ctx, next) => {
  await next();
  if (routedPath(ctx.path) !== ENDPOINTS.token || ctx.status !== 400) return;
  const { client, params } = (ctx as Partial<KoaContextWithOIDC>).oidc ?? {};
  const grantType = params?.['grant_type'];
  if (client === undefined || typeof grantType !== 'string' || client.grantTypeAllowed(grantType)) return;
  const answer = ctx.body as { error?: string } | undefined;
  if (answer?.error === 'invalid_request') answer.error = 'unauthorized_client';
};

/**
 * The engine stops reading a body that turns out too long, and would leave the rest in the way of the next request on
 * the same connection. Node ends a body that takes longer than the request may.
 */
export const dropRestOfBody: Koa.Middleware = async (ctx, next) => {
  try {
    await next();
  } finally {
    if (!ctx.req.readableEnded) ctx.req.resume();
  }
};
