// Which protocol features are on, and why. What is not named here and would be on by default is turned off.
import type { Configuration, Client as EngineClient, KoaContextWithOIDC } from 'oidc-provider';
import type { ClientRegistry } from '../clients/client.ts';
import type { Config } from '../config/config.ts';
import { resourceIndicators } from './resource-servers.ts';
import { askBeforeSignOut, type SignOutDeps, showSignedOut } from './sign-out/logout.ts';
import { reduceClaims } from './step-up/claims-parameter.ts';

interface Deps extends SignOutDeps {
  readonly config: Config;
  readonly clients: () => ClientRegistry;
  readonly nonceSecret: Buffer;
}

export const features = (deps: Deps): NonNullable<Configuration['features']> => ({
  devInteractions: { enabled: false },
  claimsParameter: { enabled: true, assertClaimsParameter: reduceClaims },
  backchannelLogout: { enabled: true },
  clientCredentials: { enabled: true },
  dPoP: { enabled: true, nonceSecret: deps.nonceSecret },
  introspection: { enabled: true, allowedPolicy: mayIntrospect(deps.clients) },
  pushedAuthorizationRequests: { enabled: true },
  resourceIndicators: resourceIndicators(deps),
  revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
  rpInitiatedLogout: {
    enabled: true,
    logoutSource: askBeforeSignOut(deps),
    postLogoutSuccessSource: showSignedOut(deps),
  },
  userinfo: { enabled: true },
});

interface IntrospectedToken {
  readonly clientId?: string | undefined;
  readonly aud?: string | readonly string[] | undefined;
}

/** A client may introspect its own tokens, and those for the audiences its file names (RFC 7662 section 4). */
const mayIntrospect =
  (clients: () => ClientRegistry) =>
  async (_ctx: KoaContextWithOIDC, client: EngineClient, token: object): Promise<boolean> => {
    const { clientId, aud } = token as IntrospectedToken;
    const audiences = aud === undefined ? [] : [aud].flat();
    const own = client.clientAuthMethod !== 'none' && clientId === client.clientId;
    return own || audiences.some((audience) => clients().get(client.clientId)?.introspect.includes(audience) === true);
  };
