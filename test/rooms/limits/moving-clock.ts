// A clock that tests move; database time moves with it.
import type { Clock } from '../../../src/clock.ts';

export interface MovingClock extends Clock {
  advance(seconds: number): void;
}

export function movingClock(): MovingClock {
  let shiftSeconds = 0;
  return {
    now: () => new Date(Date.now() + shiftSeconds * 1000),
    get shiftSeconds() {
      return shiftSeconds;
    },
    advance(seconds) {
      shiftSeconds += seconds;
    },
  };
}
