// POST /token in one transaction: what is spent and what is issued in its place happen together or not at all. So do the
// parts of a revocation.
import type Koa from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { epochSeconds } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { OpenDatabase } from '../../database/database.ts';
import { isDatabaseUnavailable } from '../../database/outages/unavailable.ts';
import { Refusal } from '../../errors.ts';
import { routedPath } from '../../http/routed-path.ts';
import '../../http/state.ts';
import type { StoreDeps } from '../../protocol-store/payloads.ts';
import { ENDPOINTS } from '../../provider/paths.ts';
import { countAsActivity } from '../../sessions/session-lifetime.ts';
import { recordTokenEvents } from './token-events.ts';

interface Deps extends StoreDeps {
  readonly config: Config;
  readonly database: Pick<OpenDatabase, 'inRequestTransaction'>;
}

const IN_TRANSACTION: ReadonlySet<string> = new Set([ENDPOINTS.token, ENDPOINTS.revocation]);

/**
 * Commits protocol errors too: a replay is answered 400 and must leave its revocations behind. Only a server error rolls
 * back. The answer leaves after the commit, since Koa sends it when all middleware has returned.
 */
export const tokenTransaction =
  (deps: Deps): Koa.Middleware =>
  async (ctx, next) => {
    if (ctx.method !== 'POST' || !IN_TRANSACTION.has(routedPath(ctx.path))) return next();
    try {
      await deps.database.inRequestTransaction(async (tx) => {
        await next();
        if (ctx.status >= 500) return tx.rollBack();
        if (ctx.status === 200) await noteRefresh(deps, ctx as KoaContextWithOIDC);
        await recordTokenEvents(deps, ctx as KoaContextWithOIDC);
      });
    } catch (error) {
      if (error instanceof Refusal || isDatabaseUnavailable(error)) throw error;
      answerServerError(ctx, error);
    }
  };

/** In place of the tokens that the engine had ready: a client reads JSON (RFC 6749 section 5.2), whatever it accepts. */
function answerServerError(ctx: Koa.Context, error: unknown): void {
  ctx.state.log.error({ event: 'token.not_committed', err: error });
  ctx.status = 500;
  ctx.body = { error: 'server_error', error_description: 'the server could not finish the request' };
}

async function noteRefresh({ config, ...store }: Deps, ctx: KoaContextWithOIDC): Promise<void> {
  const { params, entities } = ctx.oidc;
  const token = entities.RefreshToken;
  if (params?.['grant_type'] !== 'refresh_token' || token?.expiresWithSession !== true) return;
  if (token.sessionUid === undefined) return;
  const now = epochSeconds(store.clock.now());
  await countAsActivity({ ...store, limits: config.sessions }, { uid: token.sessionUid, now });
}
