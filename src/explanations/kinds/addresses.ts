// Addresses that people are sent back to, which must be registered.
import type { Diagnosis } from '../facts.ts';
import type { FailedRequest, Known } from '../failed-request.ts';
import { harmlessAddress } from '../harmless.ts';
import { nearestFirst } from '../nearest.ts';

export function addresses(request: FailedRequest, { clients }: Known): Diagnosis | undefined {
  const { description = '', detail = '', parameters } = request;
  const client = clients.get(request.clientId ?? '');
  if (description.startsWith('redirect_uri did not match')) {
    const registered = client?.redirectUris ?? [];
    const key = 'redirect_uris';
    if (registered.length === 0) return { case: 'redirect_uri.none_registered', key };
    return { case: 'redirect_uri.unregistered', key, ...compared(parameters.redirect_uri, registered) };
  }
  if (description === 'post_logout_redirect_uri not registered') {
    const registered = client?.postLogoutRedirectUris ?? [];
    const sent = parameters.post_logout_redirect_uri;
    return {
      case: 'post_logout_redirect_uri.unregistered',
      key: 'post_logout_redirect_uris',
      ...compared(sent, registered),
    };
  }
  if (detail === 'authorization code redirect_uri mismatch') {
    const first = request.presented?.redirectUri;
    return { case: 'redirect_uri.at_token', ...compared(parameters.redirect_uri, first === undefined ? [] : [first]) };
  }
  return undefined;
}

const compared = (sent: readonly string[] = [], registered: readonly string[]) => ({
  received: harmlessAddress(sent[0] ?? '', registered),
  expected: nearestFirst(sent[0] ?? '', registered),
});
