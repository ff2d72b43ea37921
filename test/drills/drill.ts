// What a fault drill is: a site under load, a fault, and what the apps and the people saw of it.

export interface Drill {
  /** R01, as in docs/drills.md. */
  readonly id: string;
  readonly title: string;
  run(how: How): Promise<Report>;
}

export interface How {
  /** Fewer of everything, and without the times that a busy machine cannot hold. What must never happen is the same. */
  readonly short: boolean;
  say(line: string): void;
}

export interface Report {
  readonly chains: Chains;
  /** Requests that were not answered as they would be on a good day. */
  readonly errors: number;
  readonly latency: Latency;
  readonly recoverySeconds: number | undefined;
  readonly more: Readonly<Record<string, number | string>>;
  /** The pass figures that were not met, a sentence each. None: passed. */
  readonly missed: readonly string[];
}

/** Of apps: tokens one after the other, the last of them good. */
export interface Chains {
  readonly tried: number;
  /** The last token was received, and is not good. */
  readonly lost: number;
  /** Something that is good once was good twice. */
  readonly doubled: number;
}

export interface Latency {
  readonly before: Spread;
  readonly during: Spread;
  readonly after: Spread;
}

/** Milliseconds; undefined where there was nothing to time. */
export interface Spread {
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

export const NOTHING_TIMED: Latency = {
  before: { p50: undefined, p99: undefined },
  during: { p50: undefined, p99: undefined },
  after: { p50: undefined, p99: undefined },
};

/** For figures that have to be kept: a sentence for each that was not. */
export const missedOf = (figures: Readonly<Record<string, boolean>>): string[] =>
  Object.entries(figures).flatMap(([sentence, met]) => (met ? [] : [sentence]));
