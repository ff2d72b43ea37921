// Every drill. Those under load share no machine with each other; CI runs the short form of both lists (*.test.ts).
import type { Drill } from './drill.ts';
import { killedProcesses } from './r01-killed-processes.ts';
import { firstStart } from './r15-first-start.ts';
import { codeRace } from './r17-code-race.ts';
import { refreshRace } from './r18-refresh-race.ts';
import { proofRace } from './r19-proof-race.ts';
import { twoTabs } from './r20-two-tabs.ts';

/** A load from outside while something fails. */
export const UNDER_LOAD: readonly Drill[] = [killedProcesses];

/** Races, and what is full. */
export const RACES: readonly Drill[] = [firstStart, codeRace, refreshRace, proofRace, twoTabs];

export const DRILLS: readonly Drill[] = [...UNDER_LOAD, ...RACES];
