// Counts requests by the pattern they were answered under, and token requests by their grant. Whatever else is asked for is `other`.
import type Koa from 'koa';
import { routedPath } from '../../http/routed-path.ts';
import '../../http/state.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { DISCOVERY_PATHS, ENDPOINTS } from '../../provider/paths.ts';

/** Stands around everything. */
export const measureRequests =
  (metrics: Metrics): Koa.Middleware =>
  async (ctx, next) => {
    const started = performance.now();
    ctx.res.once('close', () =>
      metrics.request({
        method: METHODS.has(ctx.method) ? ctx.method : 'other',
        // Koa's path is null, or throws, where a request line has a URL without one.
        route: ctx.state.route ?? patternOf(ctx.originalUrl),
        status: ctx.res.statusCode,
        seconds: (performance.now() - started) / 1000,
      }),
    );
    await next();
  };

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);
const EXACT: ReadonlySet<string> = new Set([...DISCOVERY_PATHS, ...Object.values(ENDPOINTS)]);
const BELOW: readonly (readonly [string, string])[] = [
  [`${ENDPOINTS.authorization}/`, `${ENDPOINTS.authorization}/:uid`],
  [`${ENDPOINTS.end_session}/`, `${ENDPOINTS.end_session}/:step`],
  ['/assets/', '/assets/:file'],
];

/** Of what has no route of ours: the engine's endpoints and files. */
export function patternOf(path: string): string {
  const routed = routedPath(path);
  if (EXACT.has(routed)) return routed;
  return BELOW.find(([start]) => routed.startsWith(start))?.[1] ?? 'other';
}

/** Around the engine. */
export const countTokens =
  (metrics: Metrics): Koa.Middleware =>
  async (ctx, next) => {
    await next();
    if (ctx.method !== 'POST' || ctx.status !== 200 || routedPath(ctx.path) !== ENDPOINTS.token) return;
    const { oidc } = ctx as { oidc?: { params?: { grant_type?: unknown } } };
    const asked = String(oidc?.params?.grant_type);
    metrics.tokensFor(GRANT_TYPES.has(asked) ? asked : 'other');
  };

const GRANT_TYPES: ReadonlySet<string> = new Set(['authorization_code', 'refresh_token', 'client_credentials']);
