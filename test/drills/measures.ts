// What outcomes come to.
import type { Spread } from './drill.ts';
import type { Kind, Outcome } from './workload.ts';

/** Milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export const within = (outcomes: readonly Outcome[], { from, to }: Span): Outcome[] =>
  outcomes.filter(({ at }) => at >= from && at < to);

export const ofKind = (outcomes: readonly Outcome[], kind: Kind): Outcome[] =>
  outcomes.filter((each) => each.kind === kind);

export const failed = (outcomes: readonly Outcome[]): Outcome[] => outcomes.filter(({ good }) => !good);

/** Of times in milliseconds, rounded. */
export function percentile(times: readonly number[], share: number): number | undefined {
  const sorted = [...times].sort((a, b) => a - b);
  const at = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
  return at === undefined ? undefined : Math.round(at);
}

/** Of what was answered well. */
export function spreadOf(outcomes: readonly Outcome[]): Spread {
  const times = outcomes.filter(({ good }) => good).map(({ ms }) => ms);
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** How many were under way at this moment. */
export const underWayAt = (outcomes: readonly Outcome[], moment: number): Outcome[] =>
  outcomes.filter(({ at, ms }) => at <= moment && at + ms >= moment);

/** Those of which no moment was within any of these. */
export const neverUnderWayIn = (outcomes: readonly Outcome[], spans: readonly Span[]): Outcome[] =>
  outcomes.filter(({ at, ms }) => !spans.some(({ from, to }) => at <= to && at + ms >= from));

/** The figure in percent, with two decimals. */
export const percent = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 100;

/** `502 ×3, 0 ×1`: what was answered instead, and how often. */
export function statusesOf(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>();
  for (const { kind, status } of outcomes) {
    const name = `${kind} ${status}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${name} ×${count}`).join(', ') || 'none';
}
