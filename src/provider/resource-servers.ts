// Audiences and their scopes (RFC 8707), limited to what each client may ask for.
import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { ClientRegistry } from '../clients/client.ts';
import type { Config } from '../config/config.ts';
import { DEFAULT_ALGORITHM } from '../config/keys/algorithms.ts';
import { PRODUCT_RESOURCE } from '../config/roles/product-permissions.ts';
import { harmlessAddress } from '../explanations/harmless.ts';
import { restoreOfflineAccess } from './offline-access.ts';

interface Deps {
  readonly config: Config;
  readonly clients: () => ClientRegistry;
}

export const resourceIndicators = (deps: Deps) => ({
  enabled: true,
  // Without a resource of its own a token is for the default audience, so that it is a JWT with roles all the same.
  defaultResource: async (_ctx: KoaContextWithOIDC, _client: unknown, oneOf?: readonly string[]) =>
    oneOf?.[0] ?? deps.config.tokens.defaultAudience,
  useGrantedResource: async () => true,
  getResourceServerInfo: async (ctx: KoaContextWithOIDC, audience: string, client: { clientId: string }) => {
    restoreOfflineAccess(ctx);
    return resourceServer(deps, audience, client.clientId);
  },
});

function resourceServer({ config, clients }: Deps, audience: string, clientId: string): ResourceServer {
  const resource = config.resources.get(audience);
  const isProduct = audience === config.api.audience;
  const scopes = clients()
    .get(clientId)
    ?.resources.get(isProduct ? PRODUCT_RESOURCE : audience);
  if (scopes === undefined && audience !== config.tokens.defaultAudience) {
    throw new errors.InvalidTarget(
      resource === undefined && !isProduct
        ? `there is no resource ${harmlessAddress(audience, [...config.resources.keys()])}`
        : `client ${clientId} may not ask for the resource ${audience}`,
    );
  }
  return {
    audience,
    scope: (scopes ?? []).join(' '),
    accessTokenFormat: 'jwt',
    accessTokenTTL: resource?.accessTokenSeconds ?? config.tokens.accessTokenSeconds,
    jwt: { sign: { alg: resource?.signingAlgorithm ?? DEFAULT_ALGORITHM } },
  };
}
