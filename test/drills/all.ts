// Every drill. Those under load share no machine with each other; CI runs the short form of both lists (*.test.ts).
import type { Drill } from './drill.ts';

/** A load from outside while something fails. */
export const UNDER_LOAD: readonly Drill[] = [];

/** Races, and what is full. */
export const RACES: readonly Drill[] = [];

export const DRILLS: readonly Drill[] = [...UNDER_LOAD, ...RACES];
