// Demonstrating Proof of Possession (RFC 9449).
import type { Diagnosis } from '../facts.ts';
import type { FailedRequest, Known } from '../failed-request.ts';
import { harmless, harmlessAddress } from '../harmless.ts';

export function dpop(
  { description = '', detail = '', error, endpoint, proof }: FailedRequest,
  known: Known,
): Diagnosis | undefined {
  const said = `${description} ${detail}`;
  if (error === 'use_dpop_nonce') return { case: 'dpop.nonce' };
  if (detail === 'DPoP proof JWT not provided') return { case: 'dpop.missing', key: 'dpop_bound_access_tokens' };
  if (said.includes('proof JWT Replay')) return { case: 'dpop.replayed' };
  if (/jkt verification|does not match dpop_jkt/.test(said)) return { case: 'dpop.key' };
  if (said.includes('is not sender-constrained')) return { case: 'dpop.unexpected' };
  if (error !== 'invalid_dpop_proof') return undefined;
  if (said.includes('htu')) {
    return {
      case: 'dpop.address',
      received: harmlessAddress(proof?.htu ?? '', []),
      expected: [addressOf(known.issuer, endpoint)],
    };
  }
  if (said.includes('htm')) {
    return {
      case: 'dpop.method',
      received: harmless(proof?.htm ?? ''),
      expected: [endpoint === 'userinfo' ? 'GET' : 'POST'],
    };
  }
  if (said.includes('iat')) {
    const off = proof?.iat === undefined ? '?' : String(Math.floor(known.now.getTime() / 1000) - proof.iat);
    return { case: 'dpop.time', values: { seconds: off } };
  }
  return { case: 'dpop.proof', values: { description: harmless(said.trim()) } };
}

function addressOf(issuer: string, endpoint: string): string {
  const path = { token: '/token', userinfo: '/me', pushed_authorization_request: '/request' }[endpoint];
  return path === undefined ? issuer : `${issuer}${path}`;
}
