// Which scripts of other origins may read which answers (CORS). The engine decides per client once it knows the client;
// this keeps origins that no client file names out before that, preflights included.
import type Koa from 'koa';
import type { ClientRegistry } from '../../clients/client.ts';
import { routedPath } from '../../http/routed-path.ts';
import { DISCOVERY_PATHS, ENDPOINTS } from '../../provider/paths.ts';

const OPEN: ReadonlySet<string> = new Set([...DISCOVERY_PATHS, ENDPOINTS.jwks].map(routedPath));
const BY_CLIENT: ReadonlySet<string> = new Set([ENDPOINTS.token, ENDPOINTS.userinfo, ENDPOINTS.revocation]);

export const limitCrossOrigin =
  (clients: () => ClientRegistry): Koa.Middleware =>
  async (ctx, next) => {
    await next();
    const path = routedPath(ctx.path);
    if (OPEN.has(path)) return;
    const origin = ctx.get('Origin');
    if (BY_CLIENT.has(path) && origin !== '' && isNamed(clients(), origin)) return;
    for (const name of Object.keys(ctx.response.headers)) {
      if (name.toLowerCase().startsWith('access-control-')) ctx.remove(name);
    }
  };

function isNamed(clients: ClientRegistry, origin: string): boolean {
  for (const client of clients.values()) if (client.allowedOrigins.includes(origin)) return true;
  return false;
}
