// How a site bears that its database is away.
import { failed, ofKind, percentile, type Span, within } from './measures.ts';
import type { Outcome } from './workload.ts';

/** Seconds from this moment until nothing that was due failed any more. */
export function secondsToRecover(outcomes: readonly Outcome[], since: number): number {
  const late = failed(outcomes).filter(({ at }) => at >= since);
  return Math.max(0, ...late.map(({ at }) => at - since)) / 1000;
}

export interface Refusals {
  readonly count: number;
  /** Without an answer, or with another than 503 and when to come back. */
  readonly blunt: readonly Outcome[];
  readonly p99: number | undefined;
  readonly slowest: number | undefined;
}

/** Each as slow as the one request that was refused, also of a sign-in, which is several. */
export function refusalsIn(outcomes: readonly Outcome[]): Refusals {
  const refused = failed(outcomes);
  const waited = refused.map(({ lastMs }) => lastMs);
  return {
    count: refused.length,
    blunt: refused.filter(({ status, comeBack }) => status !== 503 || !comeBack),
    p99: percentile(waited, 0.99),
    slowest: percentile(waited, 1),
  };
}

/** Discovery and JWKS, which need no database. */
export function documentsIn(outcomes: readonly Outcome[], span: Span): { asked: number; failed: number } {
  const asked = ofKind(within(outcomes, span), 'documents');
  return { asked: asked.length, failed: failed(asked).length };
}
