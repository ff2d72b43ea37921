// Scopes, and the APIs that tokens are asked for.
import { nearest } from '../../config/did-you-mean.ts';
import type { Diagnosis } from '../facts.ts';
import type { FailedRequest, Known } from '../failed-request.ts';
import { harmless, harmlessAddress } from '../harmless.ts';

export function scopes(request: FailedRequest, { clients, scopes: served }: Known): Diagnosis | undefined {
  const { description = '', error, parameters } = request;
  if (description.startsWith('openid scope must be requested')) {
    return { case: 'scope.openid_missing', received: asked(parameters.scope), expected: ['openid'], key: 'scope' };
  }
  if (error !== 'invalid_scope' && description !== 'scope contains invalid characters') return undefined;
  if (description === 'scope contains invalid characters') {
    return { case: 'scope.malformed', received: asked(parameters.scope) };
  }
  if (description.startsWith('scope is longer')) return { case: 'scope.too_long', received: asked(parameters.scope) };
  if (description.startsWith('refresh token missing')) {
    return { case: 'scope.not_granted', received: asked(parameters.scope) };
  }
  const allowed = clients.get(request.clientId ?? '')?.scopes ?? [];
  const words = asked(parameters.scope).split(' ');
  const refused = words.filter((word) => served.includes(word) && !allowed.includes(word));
  return { case: 'scope.not_allowed', received: refused.join(' '), expected: allowed, key: 'scope' };
}

export function resources(
  { description = '', error, clientId, parameters }: FailedRequest,
  known: Known,
): Diagnosis | undefined {
  if (error !== 'invalid_target') return undefined;
  const allowed = [...(known.clients.get(clientId ?? '')?.resources.keys() ?? [])];
  const sent = parameters.resource ?? [];
  const key = 'resources';
  const received = sent.map((each) => harmlessAddress(each, known.audiences)).join(' ');
  if (/absolute URI|fragment/.test(description)) return { case: 'resource.malformed', received, key };
  if (/single/.test(description)) return { case: 'resource.several', received, expected: allowed, key };
  // The client may ask for it: the code or refresh token is for another one.
  if (sent.length > 0 && sent.every((each) => allowed.includes(each)))
    return { case: 'resource.not_granted', received };
  const refused = sent.find((each) => !allowed.includes(each)) ?? '';
  const isKnown = known.audiences.includes(refused);
  const like = isKnown || refused.length > 300 ? undefined : nearest(refused, known.audiences);
  return {
    case: isKnown ? 'resource.not_allowed' : 'resource.unknown',
    received: harmlessAddress(refused, known.audiences),
    expected: like === undefined ? allowed : [like, ...allowed.filter((each) => each !== like)],
    key,
  };
}

const asked = (values: readonly string[] = []): string => harmless(values.join(' '));
