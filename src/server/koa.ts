// The web application: middleware in order, our own pages, and the engine last.
import Koa from 'koa';
import mount from 'koa-mount';
import type { Provider } from 'oidc-provider';
import type { Config } from '../config/config.ts';
import { asOneRequest } from '../database/outages/request-notes.ts';
import { isDatabaseUnavailable } from '../database/outages/unavailable.ts';
import type { Assets } from '../http/assets.ts';
import type { ClientAddress } from '../http/client-address.ts';
import { pinHost } from '../http/host.ts';
import { type PageOptions, pages } from '../http/page.ts';
import { answerRefusals, notFound } from '../http/refusals.ts';
import { checkRequestLine } from '../http/request-line.ts';
import { requestLog } from '../http/request-log.ts';
import type { Route } from '../http/route.ts';
import { routedPath } from '../http/routed-path.ts';
import { type Gate, type LaterRoutes, mountRoutes, mountWhenAsked } from '../http/router.ts';
import { securityHeaders } from '../http/security-headers.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { cookieSigner } from '../provider/cookies.ts';
import { DISCOVERY_PATHS, ENDPOINTS } from '../provider/paths.ts';
import { FOR_PROGRAMS } from './before-engine/engine-outages.ts';
import { answerObjectsAsJson } from './json-bodies.ts';
import { METRICS_PATH } from './metrics/endpoint.ts';
import { countTokens, measureRequests } from './metrics/requests.ts';

export interface AppParts {
  readonly config: Config;
  readonly log: Logger;
  readonly clientAddress: ClientAddress;
  readonly assets: Assets;
  readonly pages: PageOptions;
  readonly routes: readonly Route[];
  readonly laterRoutes: readonly LaterRoutes[];
  readonly gate: Gate;
  /** What stands around our routes. */
  readonly beforeRoutes: readonly Koa.Middleware[];
  /** What stands between our routes and the engine: CORS, the token transaction. */
  readonly beforeEngine: readonly Koa.Middleware[];
  /** Undefined where nobody reads what is measured. */
  readonly metrics: Metrics | undefined;
  /** Stands around everything that answers errors. */
  readonly keepReferences: Koa.Middleware;
  /** Asked at every request: the engine is built anew when its keys change. */
  readonly provider: () => Provider;
}

export const HEALTH_PATHS = ['/livez', '/readyz'];

const ENGINE_PATHS: ReadonlySet<string> = new Set([...DISCOVERY_PATHS, ...Object.values(ENDPOINTS)]);

const INTERNAL_PATHS = [
  METRICS_PATH,
  ...DISCOVERY_PATHS,
  ENDPOINTS.jwks,
  ENDPOINTS.token,
  ENDPOINTS.userinfo,
  ENDPOINTS.introspection,
];

export function createApp(parts: AppParts): Koa {
  const { config, log } = parts;
  const { issuer } = config;
  const app = new Koa();
  answerObjectsAsJson(app);
  // The engine sets cookies through this app and reads them through its own context: both must sign alike.
  app.keys = cookieSigner(config);
  // http/host.ts has replaced X-Forwarded-Proto by the issuer's scheme before anybody reads it.
  app.proxy = true;
  app.on('error', (err) => log.error({ event: 'http.unhandled', err }));
  if (parts.metrics !== undefined) app.use(measureRequests(parts.metrics));
  app.use(securityHeaders({ issuer, publicDocuments: [...DISCOVERY_PATHS, ENDPOINTS.jwks] }));
  app.use(requestLog({ log, trustsPeerOf: parts.clientAddress.trustsPeerOf }));
  app.use(pages(parts.pages));
  app.use(parts.keepReferences);
  app.use(answerRefusals({ isUnavailable: isDatabaseUnavailable }));
  app.use(
    pinHost({
      issuer,
      internalHosts: config.server.internalHosts,
      internalPaths: INTERNAL_PATHS,
      anyHostPaths: HEALTH_PATHS,
      development: config.mode === 'development',
      clientAddress: parts.clientAddress,
    }),
  );
  // Only now has every request a path.
  app.use((ctx, next) => asOneRequest(next, FOR_PROGRAMS.has(routedPath(ctx.path)) ? 'apps' : 'people'));
  app.use(checkRequestLine);
  app.use(parts.assets.serve);
  for (const middleware of parts.beforeRoutes) app.use(middleware);
  const routing = { gate: parts.gate, issuerOrigin: new URL(issuer).origin, notOurs: ENGINE_PATHS };
  for (const later of parts.laterRoutes) app.use(mountWhenAsked(later, { ...routing, others: parts.routes }));
  app.use(mountRoutes(parts.routes, routing));
  if (parts.metrics !== undefined) app.use(countTokens(parts.metrics));
  for (const middleware of parts.beforeEngine) app.use(middleware);
  app.use(engine(parts.provider));
  app.use(notFound);
  return app;
}

function engine(provider: () => Provider): Koa.Middleware {
  const mounted = new WeakMap<Provider, Koa.Middleware>();
  return (ctx, next) => {
    const current = provider();
    let middleware = mounted.get(current);
    if (middleware === undefined) {
      middleware = mount('/', current) as unknown as Koa.Middleware;
      mounted.set(current, middleware);
    }
    return middleware(ctx, next);
  };
}
