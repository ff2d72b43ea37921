// offline_access without prompt=consent: OpenID Connect Core section 11 asks for consent, and ours is remembered or
// skipped by the client file. The engine drops the scope from any request that lacks the prompt; this puts it back.
import { decodeJwt } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';

const ROUTES: ReadonlySet<string> = new Set(['authorization', 'pushed_authorization_request']);

/** Called while the engine resolves the request's resources, which is after it has checked the scope. */
export function restoreOfflineAccess(ctx: KoaContextWithOIDC): void {
  const { params, client, route } = ctx.oidc;
  if (params === undefined || client === undefined || !ROUTES.has(route)) return;
  const asked = requestedScope(ctx)?.split(' ').includes('offline_access') === true;
  const allowed = client.scope?.split(' ').includes('offline_access') && client.grantTypeAllowed('refresh_token');
  const current = typeof params['scope'] === 'string' ? params['scope'].split(' ') : [];
  if (asked && allowed && !current.includes('offline_access')) {
    params['scope'] = [...current, 'offline_access'].join(' ');
  }
}

function requestedScope(ctx: KoaContextWithOIDC): string | undefined {
  const pushed = ctx.oidc.entities.PushedAuthorizationRequest?.request;
  const scope = pushed === undefined ? (ctx.oidc.body?.['scope'] ?? ctx.query['scope']) : decodeJwt(pushed)['scope'];
  return typeof scope === 'string' ? scope : undefined;
}
