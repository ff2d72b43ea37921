// A clock that tests move. Database time moves with it, and so does the engine's, which asks Date.now() itself.
import type { Clock } from '../../src/clock.ts';

export interface MovingClock extends Clock {
  advance(by: { seconds?: number; minutes?: number; hours?: number; days?: number }): void;
}

const machineNow = Date.now.bind(Date);
let shift = 0;
Date.now = () => machineNow() + shift * 1000;

/** One per test file: the shift is the whole process's. */
export const movingClock: MovingClock = {
  now: () => new Date(Date.now()),
  get shiftSeconds() {
    return shift;
  },
  advance({ seconds = 0, minutes = 0, hours = 0, days = 0 }) {
    shift += seconds + 60 * (minutes + 60 * (hours + 24 * days));
  },
};
