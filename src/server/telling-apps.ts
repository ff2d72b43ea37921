// Puts the telling of apps together: who is told where stands in the client files, the engine signs.
import type Koa from 'koa';
import type { Provider } from 'oidc-provider';
import type { ClientRegistry } from '../clients/client.ts';
import type { Config } from '../config/config.ts';
import { routedPath } from '../http/routed-path.ts';
import type { ReceiverOf } from '../logout-notices/deliver.ts';
import { createDelivery } from '../logout-notices/delivery.ts';
import type { Logger } from '../observability/logger.ts';
import type { Worker } from '../outbox/worker.ts';
import { createOutgoing } from '../outgoing/outgoing.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { ENDPOINTS } from '../provider/paths.ts';
import { logoutTokens } from '../provider/sign-out/back-channel-logout.ts';
import { ACCOUNT_PATH } from '../signed-in/paths.ts';

interface Deps extends StoreDeps {
  readonly config: Config;
  readonly clients: () => ClientRegistry;
  readonly log: Logger;
  readonly provider: () => Provider;
}

export function tellingApps({ config, clients, provider, ...deps }: Deps): Worker {
  return createDelivery({
    ...deps,
    receiverOf: receivers(clients),
    neighboursOf: (clientId) => [clientId, ...atSameHost(clients(), clientId)],
    tokenFor: logoutTokens(provider),
    outgoing: createOutgoing({ ...config.outgoing, log: deps.log }),
  });
}

/** Who signs out, or ends something in the account centre, is told of at once; what ends sessions elsewhere within a second. */
export const wakeAfterSignOut =
  ({ wake }: Pick<Worker, 'wake'>): Koa.Middleware =>
  async (ctx, next) => {
    await next();
    const path = routedPath(ctx.path);
    if (path.startsWith(ENDPOINTS.end_session) || (ctx.method === 'POST' && path.startsWith(ACCOUNT_PATH))) wake();
  };

const receivers =
  (clients: () => ClientRegistry): ReceiverOf =>
  (clientId) => {
    const client = clients().get(clientId);
    if (client === undefined) return 'unknown';
    const { backchannelLogoutUri: uri, backchannelLogoutSessionRequired: sessionRequired } = client;
    return uri === undefined ? 'wants_none' : { uri, sessionRequired };
  };

function atSameHost(clients: ClientRegistry, clientId: string): readonly string[] {
  const host = hostOf(clients.get(clientId)?.backchannelLogoutUri);
  if (host === undefined) return [];
  return [...clients.values()]
    .filter((each) => hostOf(each.backchannelLogoutUri) === host)
    .map((each) => each.clientId);
}

const hostOf = (uri: string | undefined): string | undefined => (uri === undefined ? undefined : new URL(uri).host);
