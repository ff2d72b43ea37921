// The client files as the commands see them: without a server, a database or a mode.
import { existsSync } from 'node:fs';
import type { Circumstances } from '../../clients/load-client.ts';
import { type LoadedClients, loadClients } from '../../clients/load-clients.ts';
import { systemClock } from '../../clock.ts';
import { type KnownConfig, readKnownConfig } from '../../config/load.ts';
import { ConfigurationInvalid, type Problem } from '../../config/problem.ts';
import { CommandFailed } from '../failure.ts';
import { quoted } from '../output.ts';
import type { Invocation } from '../terminal.ts';

export interface ConfigurationFiles {
  readonly known: KnownConfig;
  readonly circumstances: Circumstances;
  /** Of gatehouse.yaml; whether a server could start is another question. */
  readonly problems: readonly Problem[];
}

/** @throws ConfigurationInvalid when there is no configuration directory: that is a wrong working directory */
export function readConfigurationFiles({ terminal }: Invocation): ConfigurationFiles {
  const place = { env: terminal.env, cwd: terminal.cwd() };
  const { known, problems } = readKnownConfig(place);
  if (!existsSync(known.configDir)) throw new ConfigurationInvalid(problems);
  return { known, problems, circumstances: { ...place, now: systemClock.now() } };
}

export interface ClientFiles extends ConfigurationFiles {
  readonly loaded: LoadedClients;
}

export function readClientFiles(invocation: Invocation): ClientFiles {
  const files = readConfigurationFiles(invocation);
  return { ...files, loaded: loadClients(files.circumstances, files.known) };
}

export const unknownClient = (clientId: string): CommandFailed =>
  new CommandFailed(
    'not_found',
    `There is no file for a client ${quoted(clientId)}. "gatehouse client list" shows those there are.`,
  );
