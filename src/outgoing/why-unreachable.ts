// Why a request of ours got no answer, in a few words without secrets.
import { AddressRefused } from './address-refused.ts';

/** fetch hides the reason behind "fetch failed". */
export function whyUnreachable(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} seconds`;
  if (error instanceof AddressRefused) return error.message;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return code || (cause instanceof Error ? cause.message : String(cause));
}
