// Finds the access token of a request: in the Authorization header and nowhere else (RFC 6750 section 2.1).
import type { IncomingMessage } from 'node:http';

export type FoundToken =
  | { readonly outcome: 'found'; readonly token: string }
  | { readonly outcome: 'none' }
  /** RFC 6750 section 3.1, `invalid_request`: sent twice, sent in the address, or not of the form of a token. */
  | { readonly outcome: 'malformed'; readonly description: string };

// RFC 6750 section 2.1: the scheme in any case, one blank, a b64token.
const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

export function findToken(request: IncomingMessage, query: URLSearchParams): FoundToken {
  // `headers` shows the first of two alike, and a proxy in front may have looked at the second.
  const headers = request.headersDistinct['authorization'] ?? [];
  if (headers.length > 1) return malformed('there is more than one Authorization header');
  // Addresses end up in logs and histories (RFC 9700 section 4.3.2).
  if (query.has('access_token')) return malformed('the token belongs into the Authorization header');
  const [header = ''] = headers;
  if (!/^Bearer( |$)/i.test(header)) return { outcome: 'none' };
  const token = BEARER.exec(header)?.[1];
  return token === undefined ? malformed('expected one token after Bearer') : { outcome: 'found', token };
}

const malformed = (description: string): FoundToken => ({ outcome: 'malformed', description });
