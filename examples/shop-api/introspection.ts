// Asks the server whether a token is still good (RFC 7662). A JWT alone is believed until it expires.
import type { Discovery } from './discovery.ts';

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

export type IsActive = (token: string) => Promise<'active' | 'inactive' | 'unavailable'>;

const TIMEOUT_MILLISECONDS = 3_000;

/** The client file of these credentials names this API's audience under `introspect`. */
export function createIntrospection(discovery: Discovery, { clientId, clientSecret }: Credentials): IsActive {
  // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
  const credentials = [clientId, clientSecret].map((part) => new URLSearchParams({ '': part }).toString().slice(1));
  const authorization = `Basic ${Buffer.from(credentials.join(':')).toString('base64')}`;
  return async (token) => {
    try {
      const { introspectionEndpoint } = await discovery();
      if (introspectionEndpoint === undefined) return 'unavailable';
      const response = await fetch(introspectionEndpoint, {
        method: 'POST',
        headers: { authorization },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      });
      if (!response.ok) return 'unavailable';
      const { active } = (await response.json()) as { active?: unknown };
      return active === true ? 'active' : 'inactive';
    } catch {
      return 'unavailable';
    }
  };
}
