// Everything that is configured, checked together: gatehouse.yaml, the environment and all client files.
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { deepFreeze } from '../config/frozen.ts';
import type { Environment } from '../config/interpolation.ts';
import { loadConfig } from '../config/load.ts';
import { ConfigurationInvalid, type Problem } from '../config/problem.ts';
import type { ClientRegistry } from './client.ts';
import { loadClients } from './load-clients.ts';

export interface Configuration {
  readonly config: Config;
  readonly clients: ClientRegistry;
  /** To be logged: nothing to stop for. */
  readonly warnings: readonly Problem[];
}

/**
 * In development it makes and keeps the master secret if the environment gives none.
 * @throws ConfigurationInvalid with every problem of every file at once
 */
export function loadConfiguration({
  env,
  cwd,
  clock = systemClock,
}: {
  env: Environment;
  cwd: string;
  clock?: Clock;
}): Configuration {
  const { config, problems, known } = loadConfig({ env, cwd });
  const loaded = loadClients({ env, cwd, now: clock.now() }, known);
  const all = [...problems, ...loaded.problems];
  if (config === undefined || all.length > 0) throw new ConfigurationInvalid(all);
  return deepFreeze({ config, clients: loaded.clients, warnings: loaded.warnings });
}
