// How a client proved who it is, against how its file says it does. Never the secret or the assertion itself.
import type { Client } from '../../clients/client.ts';
import type { Diagnosis } from '../facts.ts';
import type { FailedRequest, Known } from '../failed-request.ts';
import { harmless, harmlessAddress } from '../harmless.ts';

export function clientAuthentication(request: FailedRequest, known: Known): Diagnosis | undefined {
  const { description = '', detail = '', credentials } = request;
  const client = known.clients.get(request.clientId ?? '');
  if (description === 'no client authentication mechanism provided') return { case: 'authentication.missing' };
  if (description.startsWith('client authentication must only')) return { case: 'authentication.several' };
  if (
    /authorization header|client_id mismatch|client_assertion(?:_type)? /.test(description) &&
    request.endpoint !== 'userinfo'
  ) {
    return { case: 'authentication.malformed', values: { description: harmless(description) } };
  }
  if (request.error !== 'invalid_client' || client === undefined) return undefined;
  const registered = client.tokenEndpointAuthMethod;
  if (detail.startsWith('the provided authentication mechanism')) {
    if (registered === 'none')
      return { case: 'authentication.public', received: credentials.method, ...methodOf(client) };
    const isMissing = credentials.method === 'none';
    return {
      case: isMissing ? 'authentication.missing' : 'authentication.method',
      received: credentials.method,
      ...methodOf(client),
    };
  }
  if (detail === 'invalid secret provided') {
    const expired = credentials.expiredAt;
    if (expired === undefined) return { case: 'authentication.secret', key: 'client_secrets' };
    return { case: 'authentication.secret_expired', key: 'client_secrets', values: { date: expired } };
  }
  return assertion(request, known, client);
}

const methodOf = (client: Client) =>
  ({ expected: [client.tokenEndpointAuthMethod], key: 'token_endpoint_auth_method' }) as const;

/** RFC 7523. */
function assertion({ credentials, detail = '' }: FailedRequest, known: Known, client: Client): Diagnosis | undefined {
  const said = credentials.assertion;
  if (said === undefined) return undefined;
  if (/\baud\b|audience/.test(detail)) {
    return { case: 'assertion.audience', received: harmlessAddress(said.aud ?? '', []), expected: [known.issuer] };
  }
  if (/^exp must be within|^iat must not/.test(detail)) return { case: 'assertion.lifetime', values: { detail } };
  if (/\bexp\b|expired|"iat"|"nbf"/.test(detail) && said.exp !== undefined) {
    const late = Math.max(0, Math.floor(known.now.getTime() / 1000) - said.exp);
    return { case: 'assertion.expired', values: { seconds: String(late) } };
  }
  if (detail === 'alg mismatch') {
    return { case: 'assertion.algorithm', received: harmless(said.alg ?? ''), expected: ASSERTION_ALGORITHMS };
  }
  if (detail.startsWith('iss ')) {
    return { case: 'assertion.issuer', received: harmless(said.iss ?? ''), expected: [client.clientId] };
  }
  if (detail.endsWith('only be used once')) return { case: 'assertion.replayed' };
  if (/must be (?:provided|specified)/.test(detail)) return { case: 'assertion.claims', values: { detail } };
  const kids = client.jwks?.keys.flatMap(({ kid }) => (typeof kid === 'string' ? [kid] : [])) ?? [];
  const key = client.jwksUri === undefined ? 'jwks' : 'jwks_uri';
  return { case: 'assertion.signature', received: harmless(said.kid ?? ''), expected: kids, key };
}

/** As provider.ts has it. */
const ASSERTION_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
