// Drills of races, and of what is full.
import type { Drill } from './drill.ts';
import { fullDisk } from './r13-full-disk.ts';
import { firstStart } from './r15-first-start.ts';
import { codeRace } from './r17-code-race.ts';
import { refreshRace } from './r18-refresh-race.ts';
import { proofRace } from './r19-proof-race.ts';
import { twoTabs } from './r20-two-tabs.ts';
import { embedded } from './r24-embedded.ts';

export const RACES: readonly Drill[] = [fullDisk, firstStart, codeRace, refreshRace, proofRace, twoTabs, embedded];
