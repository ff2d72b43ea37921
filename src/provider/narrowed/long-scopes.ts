// A scope that nobody means costs nothing (Keycloak CVE-2026-4634): the engine divides and compares whatever a body can hold.
import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider';

/** Characters. All that a client file names is shorter. */
const LONGEST_SCOPE = 2048;

/** Looking for the client is what the engine does first with a request. */
export function refuseLongScopes(provider: Provider): void {
  const find = provider.Client.find.bind(provider.Client);
  const refused = new WeakSet<KoaContextWithOIDC>();
  Object.assign(provider.Client, {
    async find(id: string) {
      const { ctx } = Provider;
      // Once: the engine looks for the client again, to tell the app.
      if (ctx !== undefined && !refused.has(ctx) && scopeOf(ctx).length > LONGEST_SCOPE) {
        refused.add(ctx);
        throw new errors.InvalidScope(`scope is longer than ${LONGEST_SCOPE} characters`, '');
      }
      return find(id);
    },
  });
}

/** As it was sent: what proves a client is read before the rest. */
function scopeOf({ method, oidc, query }: KoaContextWithOIDC): string {
  const sent = method === 'POST' ? oidc?.body?.['scope'] : query['scope'];
  return typeof sent === 'string' ? sent : '';
}
