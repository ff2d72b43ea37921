// Where the engine's endpoints are. Paths of ours never start like one of these.

export const ENDPOINTS = {
  authorization: '/auth',
  token: '/token',
  userinfo: '/me',
  jwks: '/jwks',
  introspection: '/token/introspection',
  revocation: '/token/revocation',
  pushed_authorization_request: '/request',
  end_session: '/session/end',
} as const;

/** OpenID Connect Discovery 1.0 section 4 and RFC 8414 section 3. */
export const DISCOVERY_PATHS = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
