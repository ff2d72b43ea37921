// Everything that is configured, checked together: gatehouse.yaml, the environment, all client files and roles.yaml.
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { deepFreeze } from '../config/frozen.ts';
import type { Environment } from '../config/interpolation.ts';
import { type KnownConfig, loadConfig } from '../config/load.ts';
import { ConfigurationInvalid, type Problem } from '../config/problem.ts';
import type { DeclaredModel } from '../config/roles/declared-model.ts';
import { loadRolesFile } from '../config/roles/load-roles-file.ts';
import type { KnownNames } from '../config/roles/roles-file-rules.ts';
import type { ClientRegistry } from './client.ts';
import { type LoadedClients, loadClients } from './load-clients.ts';

export interface Configuration {
  readonly config: Config;
  readonly clients: ClientRegistry;
  /** What roles.yaml declares; in force when it has met the database. */
  readonly declared: DeclaredModel;
  /** The values of gatehouse.yaml as they stood there. */
  readonly stated: unknown;
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
  const { config, problems, known, stated } = loadConfig({ env, cwd });
  const loaded = loadClients({ env, cwd, now: clock.now() }, known);
  const roles = loadRolesFile({ env, cwd, configDir: known.configDir }, knownNames(known, loaded));
  const all = [...problems, ...loaded.problems, ...roles.problems];
  if (config === undefined || roles.declared === undefined || all.length > 0) throw new ConfigurationInvalid(all);
  const { clients, warnings } = loaded;
  return deepFreeze({ config, clients, declared: roles.declared, stated, warnings });
}

/** For roles.yaml. */
export const knownNames = ({ resources }: KnownConfig, loaded: LoadedClients): KnownNames => ({
  resources: resources && [...resources.keys()],
  clients: knownClientsOf(loaded),
});

/** A file with problems may be any client: then nothing is said about those there are. */
export const knownClientsOf = ({ clients, problems }: LoadedClients): KnownNames['clients'] =>
  problems.length > 0 ? undefined : knownClients(clients);

export const knownClients = (clients: ClientRegistry): NonNullable<KnownNames['clients']> =>
  [...clients.values()].map(({ clientId, preset }) => ({ clientId, isService: preset === 'service' }));
