// What a stored session says of itself, as far as its limits depend on it.
import type { Payload } from './payloads.ts';

export interface SessionFacts {
  /** Seconds since the epoch; undefined while nobody has signed in to it. */
  readonly loginTs: number | undefined;
  /** The person asked to be kept signed in. The engine's name for the opposite is `transient`: its cookie does not last. */
  readonly kept: boolean;
  /** Seconds since the epoch; undefined for one that was stored by a release that did not write it down. */
  readonly usedAt: number | undefined;
}

/** In payloads: when the session was last used. The engine itself neither knows nor returns it. */
export const USED_AT = 'usedAt';

export function factsOf(payload: Payload): SessionFacts {
  const loginTs = secondsIn(payload['loginTs']);
  return {
    loginTs,
    kept: loginTs !== undefined && payload['transient'] !== true,
    usedAt: secondsIn(payload[USED_AT]),
  };
}

const secondsIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
