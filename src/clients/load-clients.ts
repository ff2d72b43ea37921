// config/clients/*.yaml become the registry of clients, or a list of everything that is wrong with them.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { frozenMap } from '../config/frozen.ts';
import type { KnownConfig } from '../config/load.ts';
import { type Problem, shownFile, whyUnreadable } from '../config/problem.ts';
import type { ClientRegistry } from './client.ts';
import { type Circumstances, type LoadedClient, loadClient } from './load-client.ts';

export interface LoadedClients {
  /** Those without problems, by client_id. */
  readonly clients: ClientRegistry;
  readonly problems: readonly Problem[];
  /** Nothing to stop for: secrets that have expired. */
  readonly warnings: readonly Problem[];
  /** Absolute paths of the files with secrets that client files name. */
  readonly secretFiles: readonly string[];
  /** Every file that was looked at, also those with problems. */
  readonly files: readonly LoadedClient[];
}

export function loadClients(circumstances: Circumstances, known: KnownConfig): LoadedClients {
  const { paths, problems } = listClientFiles(circumstances, known.clientsDir);
  const files = paths.map((path) => loadClient(circumstances, known, path));
  const clients = files.flatMap(({ client }) => (client === undefined ? [] : [[client.clientId, client] as const]));
  return {
    clients: frozenMap(clients),
    problems: [...problems, ...files.flatMap((file) => file.problems), ...duplicates(files)],
    warnings: files.flatMap((file) => file.warnings),
    secretFiles: files.flatMap((file) => file.secretFiles),
    files,
  };
}

/** No directory means no clients. Hidden files (editors, mounted secrets) and other kinds are passed over. */
function listClientFiles({ cwd }: Circumstances, directory: string): { paths: string[]; problems: Problem[] } {
  const problem = (name: string, message: string): Problem => ({
    file: shownFile(cwd, join(directory, name)),
    line: undefined,
    path: '',
    message,
  });
  try {
    const names = readdirSync(directory)
      .filter((name) => !name.startsWith('.'))
      .sort();
    return {
      paths: names.filter((name) => name.endsWith('.yaml')).map((name) => join(directory, name)),
      problems: names
        .filter((name) => name.endsWith('.yml'))
        .map((name) => problem(name, 'is not read; name it .yaml')),
    };
  } catch (error) {
    const why = whyUnreadable(error);
    return { paths: [], problems: why === 'does not exist' ? [] : [problem('', why)] };
  }
}

function duplicates(files: readonly LoadedClient[]): readonly Problem[] {
  const first = new Map<string, string>();
  return files.flatMap(({ stated }) => {
    if (stated === undefined) return [];
    const earlier = first.get(stated.clientId);
    if (earlier !== undefined) return [{ ...stated.place, message: `is the client_id of ${earlier} too` }];
    first.set(stated.clientId, stated.place.file);
    return [];
  });
}
