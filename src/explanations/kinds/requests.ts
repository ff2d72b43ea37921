// Authorization requests as such: their parameters, and requests that were pushed (RFC 9126).
import type { Diagnosis } from '../facts.ts';
import type { FailedRequest } from '../failed-request.ts';
import { harmless } from '../harmless.ts';

export function pushedRequests({ error, description = '' }: FailedRequest): Diagnosis | undefined {
  if (error === 'invalid_request_uri') return { case: 'pushed_request.unknown' };
  if (error === 'request_uri_not_supported') return { case: 'pushed_request.address' };
  if (description === 'Pushed Authorization Request must be used') {
    return { case: 'pushed_request.required', key: 'require_pushed_authorization_requests' };
  }
  return undefined;
}

export function parameters({ error, description = '', parameters: sent }: FailedRequest): Diagnosis | undefined {
  const missing = /^missing required parameters? (.+)$/.exec(description)?.[1];
  if (missing !== undefined) return { case: 'parameter.missing', values: { names: harmless(missing) } };
  const repeated = /^(.+) parameters? must not be provided twice$/.exec(description)?.[1];
  if (repeated !== undefined) return { case: 'parameter.repeated', values: { names: harmless(repeated) } };
  const value = (
    name: 'response_type' | 'response_mode' | 'prompt' | 'max_age',
    expected: readonly string[],
  ): Diagnosis => ({
    case: 'parameter.value',
    received: harmless(sent[name]?.[0] ?? ''),
    expected,
    values: { name },
  });
  if (error === 'unsupported_response_type' || /response_type/.test(description))
    return value('response_type', ['code']);
  if (error === 'unsupported_response_mode' || /response_mode/.test(description)) {
    return value('response_mode', ['query', 'form_post']);
  }
  if (/\bprompt\b/.test(description)) return value('prompt', ['none', 'login', 'consent', 'select_account']);
  if (/\bmax_age\b/.test(description)) return value('max_age', []);
  if (error === 'request_not_supported' || error === 'registration_not_supported') {
    return {
      case: 'parameter.unsupported',
      values: { name: error === 'request_not_supported' ? 'request' : 'registration' },
    };
  }
  return undefined;
}
