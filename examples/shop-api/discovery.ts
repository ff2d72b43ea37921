// Asks the authorization server where its keys and its introspection endpoint are (OpenID Connect Discovery 1.0).

export interface ServerMetadata {
  readonly jwksUri: URL;
  /** With which the server signs just now. */
  readonly algorithms: readonly string[];
  readonly introspectionEndpoint: URL | undefined;
}

/**
 * With the algorithm of a token: the server may sign with another one by now, which is seen at once, but no made-up token
 * has it asked more than twice a minute.
 * @throws what went wrong; the next call asks again.
 */
export type Discovery = (algorithm?: string) => Promise<ServerMetadata>;

const TIMEOUT_MILLISECONDS = 3_000;
const PAUSE_MILLISECONDS = 30_000;

/** Asks when an answer is first needed and again after a failure, so that neither program has to start first. */
export function createDiscovery(issuer: string): Discovery {
  let found: Promise<ServerMetadata> | undefined;
  let askedAt = 0;
  const ask = (): Promise<ServerMetadata> => {
    askedAt = performance.now();
    const asked = discover(issuer).catch((error: unknown) => {
      if (found === asked) found = undefined;
      throw error;
    });
    found = asked;
    return asked;
  };
  return async (algorithm) => {
    const metadata = await (found ?? ask());
    const isKnown = algorithm === undefined || metadata.algorithms.includes(algorithm);
    if (isKnown || performance.now() < askedAt + PAUSE_MILLISECONDS) return metadata;
    return ask();
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
  const algorithms = metadata['id_token_signing_alg_values_supported'];
  return {
    algorithms: Array.isArray(algorithms) ? algorithms.map(String) : ['RS256'],
    jwksUri: new URL(String(metadata['jwks_uri'])),
    introspectionEndpoint: typeof introspection === 'string' ? new URL(introspection) : undefined,
  };
}
