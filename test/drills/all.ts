// Every drill. Those under load share no machine with each other; CI runs the short form of both lists (*.test.ts).
import type { Drill } from './drill.ts';
import { RACES } from './races.ts';
import { UNDER_LOAD } from './under-load-drills.ts';

export const DRILLS: readonly Drill[] = [...UNDER_LOAD, ...RACES];
