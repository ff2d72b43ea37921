// Proof Key for Code Exchange (RFC 7636).
import type { Diagnosis } from '../facts.ts';
import type { FailedRequest } from '../failed-request.ts';
import { harmless } from '../harmless.ts';

/** Verifiers and challenges are never kept, only how long they were. */
export function pkce(request: FailedRequest): Diagnosis | undefined {
  const { description = '', detail = '', parameters } = request;
  switch (description) {
    case 'Authorization Server policy requires PKCE to be used for this request':
      return { case: 'pkce.missing', key: 'require_pkce' };
    case 'not supported value of code_challenge_method':
      return {
        case: 'pkce.method',
        received: harmless(parameters.code_challenge_method?.[0] ?? ''),
        expected: ['S256'],
      };
    case 'code_challenge_method must be provided':
      return { case: 'pkce.method_missing', expected: ['S256'] };
    case 'code_challenge must be provided with code_challenge_method':
      return { case: 'pkce.challenge_missing' };
  }
  const malformed = /^(code_verifier|code_challenge) (?:must be a string|contains invalid)/.exec(description);
  if (malformed !== null) {
    const name = malformed[1] === 'code_verifier' ? 'code_verifier' : 'code_challenge';
    const length = name === 'code_verifier' ? request.verifierLength : request.challengeLength;
    return { case: 'pkce.format', values: { name, length: String(length ?? 0) } };
  }
  switch (detail) {
    case 'code_verifier must be provided':
      return { case: 'pkce.verifier_missing' };
    case 'code_verifier does not match code_challenge':
      return { case: 'pkce.verifier_mismatch', values: { length: String(request.verifierLength ?? 0) } };
    // Of a code without a challenge there is no method either.
    case 'unsupported code_challenge_method':
      return { case: 'pkce.verifier_unexpected' };
    default:
      return undefined;
  }
}
