// What the engine's endpoints answer while the database is away. The engine would call it a server error, or, where it
// expects an error, the caller's fault: a client told `invalid_grant` throws away a refresh token that is good.
import type Koa from 'koa';
import { failOnOutage } from '../../database/outages/request-notes.ts';
import { isDatabaseUnavailable } from '../../database/outages/unavailable.ts';
import type { Facts } from '../../explanations/facts.ts';
import { referenceOf } from '../../http/reference.ts';
import { DATABASE_RETRY_SECONDS } from '../../http/refusals.ts';
import { routedPath } from '../../http/routed-path.ts';
import { ENDPOINTS } from '../../provider/paths.ts';

/** Called by programs, which read JSON whatever they accept. Whoever calls the others is a person with a browser. */
export const FOR_PROGRAMS: ReadonlySet<string> = new Set([
  ENDPOINTS.token,
  ENDPOINTS.userinfo,
  ENDPOINTS.introspection,
  ENDPOINTS.revocation,
  ENDPOINTS.pushed_authorization_request,
]);

/** Next to the engine: an outage that any of its queries met ends the request, whatever the engine made of it. */
export const surfaceOutages: Koa.Middleware = (_ctx, next) => failOnOutage(next);

/** Around the transaction, whose ending can fail as well. For people there is a page (http/refusals.ts). */
export const answerOutagesToPrograms: Koa.Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    if (!isDatabaseUnavailable(error) || !FOR_PROGRAMS.has(routedPath(ctx.path))) throw error;
    ctx.state.log.error({ event: 'database.unavailable', reference: referenceOf(ctx), err: error });
    ctx.state.refusal = 'database_unavailable';
    ctx.state.failure = { kind: 'page.refused', details: outage(ctx) };
    for (const name of PREPARED) ctx.remove(name);
    ctx.status = 503;
    ctx.set('Retry-After', String(DATABASE_RETRY_SECONDS));
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { error: 'server_error', error_description: 'the server cannot reach its records; try again later' };
  }
};

/** For `gatehouse explain`, in place of what the engine took it for. */
const outage = (ctx: Koa.Context): Facts => ({
  case: 'page.refused',
  endpoint: `${ctx.method} ${routedPath(ctx.path)}`,
  values: { status: '503', code: 'database_unavailable', message: 'the database could not be reached' },
});

/** What the engine had ready for another answer. */
const PREPARED = ['WWW-Authenticate', 'Set-Cookie', 'Location', 'Content-Type', 'Content-Length'];
