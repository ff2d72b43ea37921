// The one source of time. Nobody else calls Date.now() or `new Date()`.

export interface Clock {
  now(): Date;
  /** Seconds by which this clock runs ahead of the machine's; database time is shifted by as much (database/time.ts). */
  readonly shiftSeconds: number;
}

export const systemClock: Clock = {
  now: () => new Date(Date.now()),
  shiftSeconds: 0,
};

/** Whole seconds since the epoch, as JWTs count (RFC 7519 section 2, NumericDate). */
export const epochSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);
