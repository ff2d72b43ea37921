// Where a client may have people sent: exact addresses, nothing that could mean two things.
import { isLoopback, parsePlainUrl, webUrlProblem } from '../config/urls.ts';
import type { Preset } from './client.ts';

/**
 * RFC 9700 section 2.1 and RFC 8252 section 7: https; http on loopback only; for native apps also a scheme of their
 * own, which must be a reversed domain name. The engine lets native apps use any port of a loopback address.
 */
export function redirectUriProblem(text: string, preset: Preset | undefined): string | undefined {
  if (text.includes('*')) return 'must not contain a wildcard: addresses are compared exactly';
  if (text.includes('#')) return 'must not contain a fragment';
  const parsed = parsePlainUrl(text);
  if (parsed.outcome === 'refused') return parsed.problem;
  const { url } = parsed;
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  if (preset === 'native') return isWeb ? nativeWebProblem(url) : privateSchemeProblem(url);
  if (isWeb) return webUrlProblem(url);
  return `the scheme ${url.protocol.slice(0, -1)} is not allowed; expected https`;
}

function nativeWebProblem(url: URL): string | undefined {
  if (url.protocol === 'https:' && isLoopback(url)) return 'must be http on a loopback address';
  return webUrlProblem(url);
}

/** The dot keeps out javascript:, data:, file: and every other scheme with a meaning (RFC 8252 section 7.1). */
function privateSchemeProblem({ protocol }: URL): string | undefined {
  return /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/.test(protocol)
    ? undefined
    : `the scheme ${protocol.slice(0, -1)} is not allowed; expected https, http on loopback, or a reversed domain name such as com.example.app`;
}
