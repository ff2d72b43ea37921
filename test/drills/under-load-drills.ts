// Drills with a load from outside while something fails.
import type { Drill } from './drill.ts';
import { killedProcesses } from './r01-killed-processes.ts';
import { rollingRestart } from './r03-rolling-restart.ts';
import { newSecrets } from './r05-new-secrets.ts';
import { databaseDies } from './r07-database-dies.ts';
import { databaseRestarts } from './r08-database-restarts.ts';
import { endedConnections } from './r09-ended-connections.ts';
import { networkCut } from './r10-network-cut.ts';
import { overloaded } from './r21-overload.ts';
import { silentMailServer } from './r23-silent-mail-server.ts';

export const UNDER_LOAD: readonly Drill[] = [
  killedProcesses,
  rollingRestart,
  newSecrets,
  databaseDies,
  databaseRestarts,
  endedConnections,
  networkCut,
  overloaded,
  silentMailServer,
];
