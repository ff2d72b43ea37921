// Routes + gate → Koa middleware.
import { Router } from '@koa/router';
import type Koa from 'koa';
import { Refusal } from '../errors.ts';
import { requireSameOrigin } from './csrf.ts';
import { receiveForm } from './form.ts';
import type { Access, Route, RouteContext } from './route.ts';

/** Throws a Refusal unless the caller may do what the rule guards. */
export type Gate = (access: Access, ctx: RouteContext) => Promise<void>;

export interface RouterOptions {
  readonly gate: Gate;
  /** Scheme, host and port: where our own pages come from. */
  readonly issuerOrigin: string;
  /** Paths that are somebody else's: none of our patterns is tried for them. */
  readonly notOurs?: ReadonlySet<string>;
}

/** What `app.use` takes. */
export type RouterMiddleware = ReturnType<Router['middleware']>;

/** Routes that are loaded when somebody first asks for what lies `below`, which is theirs alone. */
export interface LaterRoutes {
  /** An absolute path without a slash at its end. */
  readonly below: string;
  /** Its modules are imported here, not before. */
  readonly load: () => Promise<readonly Route[]>;
}

/**
 * Same-origin check on unsafe methods, then the gate, then the whole form (neither for programs), then the handler. A known path with another method is a Refusal 405
 * with Allow; an unknown path goes on to the next middleware. Routes of one path belong into one call, since 405 ends the search.
 * @throws Error when two routes have the same verb and path
 */
export function mountRoutes(
  routes: readonly Route[],
  { gate, issuerOrigin, notOurs }: RouterOptions,
): RouterMiddleware {
  refuseDuplicates(routes);
  const router = new Router({ strict: true, sensitive: true });
  for (const route of routes) {
    router.register(route.path, [route.method], async (ctx: RouteContext) => {
      ctx.state.route = route.path;
      // A program shows a token, which no browser adds by itself; it sends JSON, which its handler reads.
      const isOfPages = route.access.rule !== 'program';
      if (isOfPages && route.method !== 'GET') requireSameOrigin(ctx, issuerOrigin);
      await gate(route.access, ctx);
      if (isOfPages && route.method === 'POST') await receiveForm(ctx);
      await route.handler(ctx);
    });
  }
  const dispatch = router.middleware();
  const unlessElsewhere = (ctx: RouteContext, next: Koa.Next) => {
    const allowed = router.match(ctx.path, ctx.method).path.flatMap((layer) => layer.methods);
    if (allowed.length === 0) return next();
    ctx.set('Allow', [...new Set(allowed)].sort().join(', '));
    throw new Refusal({
      code: 'method_not_allowed',
      status: 405,
      reason: 'other_method',
      message: 'This address is not used that way.',
    });
  };
  return (ctx, next) => (notOurs?.has(ctx.path) === true ? next() : dispatch(ctx, () => unlessElsewhere(ctx, next)));
}

/**
 * As mountRoutes, beside `others`, which are mounted elsewhere. What could not be loaded is tried anew by the next request.
 * @throws Error when one of the others is below; from the first request, when one of its own is not
 */
export function mountWhenAsked(
  { below, load }: LaterRoutes,
  { others = [], ...options }: RouterOptions & { readonly others?: readonly Route[] },
): RouterMiddleware {
  const isBelow = (path: string) => path === below || path.startsWith(`${below}/`);
  const hidden = others.find(({ path }) => isBelow(path));
  if (hidden !== undefined) throw new Error(`${hidden.path} is below ${below}, where it is never found`);
  let mounted: Promise<RouterMiddleware> | undefined;
  const mount = async () => {
    const routes = await load();
    const outside = routes.find(({ path }) => !isBelow(path));
    if (outside !== undefined) throw new Error(`${outside.path} is not below ${below}`);
    return mountRoutes(routes, options);
  };
  const mountAgain = () =>
    mount().catch((error: unknown) => {
      mounted = undefined;
      throw error;
    });
  return async (ctx, next) => {
    if (!isBelow(ctx.path)) return next();
    mounted ??= mountAgain();
    return (await mounted)(ctx, next);
  };
}

function refuseDuplicates(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const { method, path } of routes) {
    if (seen.has(`${method} ${path}`)) throw new Error(`two routes for ${method} ${path}`);
    seen.add(`${method} ${path}`);
  }
}
