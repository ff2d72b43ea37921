// The engine's events as log events. Token identifiers, codes and parameters never appear.
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { isDatabaseUnavailable } from '../database/outages/unavailable.ts';
import { referenceOf } from '../http/reference.ts';
import type { Logger } from '../observability/logger.ts';
import { type FailureDeps, noteFailure } from './failures/note-failure.ts';

const REFUSED = [
  'authorization.error',
  'grant.error',
  'pushed_authorization_request.error',
  'userinfo.error',
  'introspection.error',
  'revocation.error',
  'end_session.error',
  'end_session_confirm.error',
  'discovery.error',
  'jwks.error',
] as const;

const DONE = ['authorization.success', 'grant.success', 'grant.revoked', 'end_session.success'] as const;

export function logEngineEvents(provider: Provider, deps: FailureDeps & { readonly log: Logger }): void {
  const { log } = deps;
  for (const event of DONE) {
    listen(provider, event, (ctx) => log.info({ event, ...whoAsked(ctx) }));
  }
  for (const event of REFUSED) {
    listen(provider, event, (ctx, error) => {
      noteFailure(deps, ctx, error);
      log.warn({ event, reference: referenceOf(ctx), ...whoAsked(ctx), ...whatWasWrong(error) });
    });
  }
  provider.on('server_error', (ctx: KoaContextWithOIDC, error: Error) => {
    // Whoever answers it says so (server/before-engine/engine-outages.ts).
    if (isDatabaseUnavailable(error)) return;
    noteFailure(deps, ctx, error);
    log.error({ event: 'server_error', reference: referenceOf(ctx), ...whoAsked(ctx), err: error });
  });
}

type Listener = (ctx: KoaContextWithOIDC, error: Error) => void;

/** The engine's types know each event by itself, not a list of them. */
const listen = (provider: Provider, event: string, listener: Listener) =>
  (provider as NodeJS.EventEmitter).on(event, listener);

const whoAsked = (ctx: KoaContextWithOIDC) => ({
  requestId: ctx.state['requestId'] as string | undefined,
  clientId: ctx.oidc?.client?.clientId,
  grantType: knownGrantType(ctx.oidc?.params?.['grant_type']),
  accountId: ctx.oidc?.account?.accountId,
});

/** What a caller makes up stays out of the log. */
const knownGrantType = (asked: unknown): string | undefined =>
  GRANT_TYPES.find((known) => known === asked) ?? (asked === undefined ? undefined : 'unknown');

const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials'];

function whatWasWrong(error: Error) {
  const {
    error: code,
    error_description: description,
    error_detail: detail,
  } = error as Error & Record<string, unknown>;
  return { reason: code ?? error.name, description, detail };
}
