// POST /token in one transaction: what is spent and what is issued in its place happen together or not at all.
import type Koa from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { epochSeconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { OpenDatabase } from '../database/database.ts';
import { routedPath } from '../http/routed-path.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { ENDPOINTS } from '../provider/paths.ts';
import { countAsActivity } from '../sessions/session-lifetime.ts';

interface Deps extends StoreDeps {
  readonly config: Config;
  readonly database: Pick<OpenDatabase, 'inRequestTransaction'>;
}

/**
 * Commits protocol errors too: a replay is answered 400 and must leave its revocations behind. Only a server error rolls
 * back. The answer leaves after the commit, since Koa sends it when all middleware has returned.
 */
export const tokenTransaction =
  (deps: Deps): Koa.Middleware =>
  (ctx, next) => {
    if (ctx.method !== 'POST' || routedPath(ctx.path) !== ENDPOINTS.token) return next();
    return deps.database.inRequestTransaction(async (tx) => {
      await next();
      if (ctx.status >= 500) return tx.rollBack();
      if (ctx.status === 200) await noteRefresh(deps, ctx as KoaContextWithOIDC);
    });
  };

async function noteRefresh({ config, ...store }: Deps, ctx: KoaContextWithOIDC): Promise<void> {
  const { params, entities } = ctx.oidc;
  const token = entities.RefreshToken;
  if (params?.['grant_type'] !== 'refresh_token' || token?.expiresWithSession !== true) return;
  if (token.sessionUid === undefined) return;
  const now = epochSeconds(store.clock.now());
  await countAsActivity({ ...store, limits: config.sessions }, { uid: token.sessionUid, now });
}
