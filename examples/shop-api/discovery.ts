// Asks the authorization server where its keys and its introspection endpoint are (OpenID Connect Discovery 1.0).

export interface ServerMetadata {
  readonly jwksUri: URL;
  readonly introspectionEndpoint: URL | undefined;
}

/** @throws what went wrong; the next call asks again. */
export type Discovery = () => Promise<ServerMetadata>;

const TIMEOUT_MILLISECONDS = 3_000;

/** Asks when an answer is first needed and again after a failure, so that neither program has to start first. */
export function createDiscovery(issuer: string): Discovery {
  let found: Promise<ServerMetadata> | undefined;
  return () => {
    found ??= discover(issuer).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

async function discover(issuer: string): Promise<ServerMetadata> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
  });
  if (!response.ok) throw new Error(`discovery answered ${response.status}`);
  const metadata = (await response.json()) as Record<string, unknown>;
  // RFC 8414 section 3.3: otherwise one server could pass itself off as another.
  if (metadata['issuer'] !== issuer) throw new Error('discovery names another issuer');
  const introspection = metadata['introspection_endpoint'];
  return {
    jwksUri: new URL(String(metadata['jwks_uri'])),
    introspectionEndpoint: typeof introspection === 'string' ? new URL(introspection) : undefined,
  };
}
