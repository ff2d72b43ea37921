// Every drill. Those under load share no machine with each other; CI runs the short form of both lists (*.test.ts).
import type { Drill } from './drill.ts';
import { firstStart } from './r15-first-start.ts';
import { codeRace } from './r17-code-race.ts';
import { refreshRace } from './r18-refresh-race.ts';
import { proofRace } from './r19-proof-race.ts';
import { twoTabs } from './r20-two-tabs.ts';
import { UNDER_LOAD } from './under-load-drills.ts';

/** Races, and what is full. */
export const RACES: readonly Drill[] = [firstStart, codeRace, refreshRace, proofRace, twoTabs];

export const DRILLS: readonly Drill[] = [...UNDER_LOAD, ...RACES];
