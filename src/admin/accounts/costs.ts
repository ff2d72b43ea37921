// What somebody loses with their sessions, in numbers.
import { connectedApps } from '../../sessions/connected-apps.ts';
import { listSessions } from '../../sessions/list-sessions.ts';
import type { AdminDeps } from '../deps.ts';

export interface Costs {
  readonly sessions: number;
  readonly apps: number;
}

export const costsOf = async (deps: AdminDeps, accountId: string): Promise<Costs> => ({
  sessions: (await listSessions({ ...deps, limits: deps.config.sessions }, accountId)).length,
  apps: (await connectedApps(deps, accountId)).length,
});
