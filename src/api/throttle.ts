// How many requests there may be: of one program, and of one network that shows no token that can be used.
import { networkOf } from '../http/client-address.ts';
import type { RouteContext } from '../http/route.ts';
import { countOne } from '../limits/counters.ts';
import { apiClientLimit, apiRefusalLimit, type NamedLimit } from '../limits/limits.ts';
import type { ApiDeps } from './deps.ts';
import { ApiProblem } from './problem.ts';

/** @throws ApiProblem 429 */
export const countRequest = (deps: ApiDeps, ctx: RouteContext, clientId: string): Promise<void> =>
  count(deps, ctx, { limit: apiClientLimit(deps.config.api, clientId), policy: 'client' });

/** @throws ApiProblem 429, instead of the 401 that it would be */
export const countRefusal = (deps: ApiDeps, ctx: RouteContext): Promise<void> =>
  count(deps, ctx, {
    limit: apiRefusalLimit(deps.config.api, networkOf(ctx.state.clientAddress)),
    policy: 'network',
  });

const WHO = {
  client: 'The client has sent',
  network: 'Your network has sent, without an access token that can be used here,',
} as const;

async function count(
  deps: ApiDeps,
  ctx: RouteContext,
  { limit, policy }: { limit: NamedLimit; policy: keyof typeof WHO },
): Promise<void> {
  const { allowed, left, resetsInSeconds } = await countOne(deps, limit.key, limit);
  // As draft-ietf-httpapi-ratelimit-headers has them.
  ctx.set('RateLimit-Policy', `"${policy}";q=${limit.attempts};w=${limit.windowSeconds}`);
  ctx.set('RateLimit', `"${policy}";r=${left};t=${resetsInSeconds}`);
  if (allowed) return;
  throw new ApiProblem({
    status: 429,
    code: 'too_many_requests',
    detail: `${WHO[policy]} more than ${limit.attempts} requests within ${limit.windowSeconds} seconds. Try again in ${resetsInSeconds} seconds.`,
    retryAfterSeconds: resetsInSeconds,
  });
}
