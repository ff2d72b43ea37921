// The one client that has no file: the account centre, which signs people in through the same requests as every app.
import type { Config } from '../../config/config.ts';
import { frozenMap } from '../../config/frozen.ts';
import { DEFAULT_ALGORITHM } from '../../config/keys/algorithms.ts';
import type { Client, ClientRegistry } from '../client.ts';
import { DEFAULT_ROLE_FORMAT } from '../rights/role-format.ts';

/** No client file may take it. */
export const ACCOUNT_CENTRE_ID = 'gatehouse-account';

/** What the account centre is called back at. */
export const SIGNED_IN_PATH = '/account/signed-in';

export const isBuiltIn = (clientId: string): boolean => clientId === ACCOUNT_CENTRE_ID;

/**
 * The clients of the files and the built-in one: what the engine, its policy and the pages of a sign-in look at. Whoever
 * is after the files (plans, lists, reloads) asks for those alone.
 */
export function withBuiltIn(
  clients: () => ClientRegistry,
  config: Pick<Config, 'issuer' | 'name'>,
): () => ClientRegistry {
  const builtIn = accountCentre(config);
  let files: ClientRegistry | undefined;
  let all: ClientRegistry = new Map();
  return () => {
    const current = clients();
    if (current !== files) {
      files = current;
      all = frozenMap([...current, [builtIn.clientId, builtIn] as const]);
    }
    return all;
  };
}

/** It is given no token and no code (response_type=none), so that there is nothing of its to steal. */
const accountCentre = ({ issuer, name }: Pick<Config, 'issuer' | 'name'>): Client => ({
  clientId: ACCOUNT_CENTRE_ID,
  clientName: name,
  preset: 'web',
  redirectUris: [`${issuer}${SIGNED_IN_PATH}`],
  postLogoutRedirectUris: [`${issuer}/`],
  backchannelLogoutUri: undefined,
  backchannelLogoutSessionRequired: false,
  grantTypes: [],
  tokenEndpointAuthMethod: 'none',
  secrets: [],
  jwks: undefined,
  jwksUri: undefined,
  scopes: ['openid'],
  resources: new Map(),
  requirePkce: false,
  requirePushedAuthorizationRequests: false,
  dpopBoundAccessTokens: false,
  consent: 'skip',
  access: { requireAnyRole: [], requireAnyGroup: [], attributes: [], acr: 'pwd' },
  roles: { ...DEFAULT_ROLE_FORMAT, include: [], assign: [] },
  scopeClaimsInIdToken: false,
  idTokenAlgorithm: DEFAULT_ALGORITHM,
  allowedOrigins: [],
  introspect: [],
  assertionAudience: 'issuer',
  clientUri: `${issuer}/account`,
  policyUri: undefined,
  tosUri: undefined,
  logoFile: undefined,
  source: { file: 'built in', line: 0, lines: {} },
});
