// The configuration as the files and this environment say it, checked like at a start.
import { type LoadedClients, loadClients } from '../../clients/load-clients.ts';
import { knownClientsOf } from '../../clients/load-configuration.ts';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { KnownConfig, Surroundings } from '../../config/load.ts';
import { ConfigurationInvalid, type Problem } from '../../config/problem.ts';
import type { DeclaredModel } from '../../config/roles/declared-model.ts';
import { loadRolesFile } from '../../config/roles/load-roles-file.ts';
import { scopesServed } from '../../config/scopes.ts';
import { readClientFiles } from '../client/read-files.ts';
import { commandConfig } from '../configuration.ts';
import type { Invocation } from '../terminal.ts';

export type Wanted =
  | {
      readonly outcome: 'valid';
      readonly config: Config;
      readonly loaded: LoadedClients;
      readonly declared: DeclaredModel;
      readonly place: Surroundings;
    }
  | { readonly outcome: 'invalid'; readonly problems: readonly Problem[] };

/** @throws ConfigurationInvalid when there is no configuration directory */
export async function readWanted(invocation: Invocation): Promise<Wanted> {
  const place = { env: invocation.terminal.env, cwd: invocation.terminal.cwd() };
  const config = configOrProblems(invocation);
  if ('problems' in config) {
    const { loaded } = readClientFiles(invocation);
    return { outcome: 'invalid', problems: [...config.problems, ...loaded.problems] };
  }
  const loaded = loadClientsWith(config, place);
  // The engine takes a second to load.
  const { problemsOfEngine } = await import('../../server/engine-for-checks.ts');
  const known = { resources: [...config.resources.keys()], clients: knownClientsOf(loaded) };
  const { declared, problems: ofRoles } = loadRolesFile({ ...place, configDir: config.paths.configDir }, known);
  const problems = [...loaded.problems, ...(await problemsOfEngine(loaded.clients)), ...ofRoles];
  if (problems.length > 0 || declared === undefined) return { outcome: 'invalid', problems };
  return { outcome: 'valid', config, loaded, declared, place };
}

function configOrProblems(invocation: Invocation): Config | { readonly problems: readonly Problem[] } {
  try {
    return commandConfig(invocation);
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return { problems: error.problems };
    throw error;
  }
}

/** `known` says otherwise where a server was started with something else. */
export const loadClientsWith = (
  { mode, paths, resources, tokens, outgoing, attributes }: Config,
  place: Surroundings,
  known: Partial<KnownConfig> = {},
): LoadedClients =>
  loadClients(
    { ...place, now: systemClock.now() },
    {
      mode,
      configDir: paths.configDir,
      clientsDir: paths.clientsDir,
      resources,
      defaultAudience: tokens.defaultAudience,
      scopes: scopesServed(attributes),
      attributes,
      mostRoles: tokens.mostRoles,
      privateHosts: outgoing.privateHosts,
      ...known,
    },
  );
