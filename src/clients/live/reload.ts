// Client files, roles.yaml and gatehouse.yaml while the server runs: what has changed is loaded, checked like at the start, put in force.
import { existsSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { KnownConfig, Surroundings } from '../../config/load.ts';
import { ConfigurationInvalid, type Problem, problemLines, shownFile } from '../../config/problem.ts';
import { scopesServed } from '../../config/scopes.ts';
import type { Logger } from '../../observability/logger.ts';
import type { ClientRegistry } from '../client.ts';
import { type LoadedClients, loadClients } from '../load-clients.ts';
import { fingerprintKey } from '../plan/describe-served.ts';
import { digestFiles, type FileDigests } from './file-digests.ts';
import { type ClientChanges, isChange, type LiveClients } from './live-clients.ts';
import { createRolesLoad, type RolesFileDeps } from './roles-file.ts';
import { createServerFileCheck } from './server-file.ts';
import { type ToldChanges, toldClients } from './told-changes.ts';

export interface ReloadDeps extends RolesFileDeps {
  /** What the server runs with; client files are checked against it, not against a changed gatehouse.yaml. */
  readonly config: Config;
  readonly live: LiveClients;
  readonly clock: Clock;
  readonly log: Logger;
  /** The protocol engine's own validation. Throws ConfigurationInvalid. */
  readonly validate: (clients: ClientRegistry) => Promise<void>;
  /** Is told what became of changed files. Never rejects. */
  readonly onNews?: (news: ReloadNews) => Promise<void>;
}

export type WatchedFile = 'clients' | 'gatehouse.yaml' | 'roles.yaml';

export type ReloadNews =
  | { readonly outcome: 'replaced'; readonly changes: ClientChanges; readonly told: ToldChanges }
  /** gatehouse.yaml says something else than what the server runs with, under these top-level keys. */
  | { readonly outcome: 'awaits_restart'; readonly keys: readonly string[]; readonly told: ToldChanges }
  /** It says again what the server runs with. */
  | { readonly outcome: 'changed_back' }
  /** One line each. */
  | { readonly outcome: 'refused'; readonly file: WatchedFile; readonly problems: readonly string[] };

export interface Reload {
  /** Does nothing when no file has changed, unless it is `asked` to. One at a time; never rejects. */
  check(options?: { asked?: boolean }): Promise<void>;
  /** Resolves when the checks under way are done. */
  idle(): Promise<void>;
}

export function createReload(deps: ReloadDeps, surroundings: Surroundings): Reload {
  const { config, live, log } = deps;
  const checkServerFile = createServerFileCheck(deps, surroundings);
  const loadChanged = createClientLoad(deps, surroundings);
  const loadRoles = createRolesLoad(deps, surroundings);
  let seen: FileDigests | undefined;
  let secretFiles: readonly string[] = [];
  let brokeOff = false;
  let last = Promise.resolve();
  /** One that has not begun: it will see what a later one would. */
  let next: Promise<void> | undefined;

  const look = async (asked: boolean) => {
    const found = await digestFiles({ ...config.paths, secretFiles });
    const areClientsNew = asked || found.clients !== seen?.clients;
    if (areClientsNew) secretFiles = await loadChanged(asked);
    // What a command has put right meanwhile is found by looking again.
    const isOutdated = live.status().roles === 'outdated';
    if (areClientsNew || isOutdated || found.roles !== seen?.roles) await loadRoles(asked);
    if (asked || found.server !== seen?.server) {
      const { state, problems, news } = checkServerFile();
      live.markServerFile(state, problems);
      if (news !== undefined) await deps.onNews?.(news);
    }
    seen = found;
    brokeOff = false;
  };
  /** Tried again with the next look, told once. */
  const onBreak = async (err: unknown) => {
    log.error({ event: 'clients.reload_failed', err });
    if (brokeOff) return;
    brokeOff = true;
    const problems = [`broke off: ${err instanceof Error ? err.name : typeof err}; the log says more`];
    await deps.onNews?.({ outcome: 'refused', file: 'clients', problems });
  };
  return {
    check({ asked = false } = {}) {
      if (next !== undefined && !asked) return next;
      last = last.then(() => {
        next = undefined;
        return look(asked).catch(onBreak);
      });
      next = last;
      return last;
    },
    idle: () => last,
  };
}

/** Returns the files with secrets that the client files name now. */
function createClientLoad(deps: ReloadDeps, { env, cwd }: Surroundings) {
  const { config, live, clock, log } = deps;
  const known: KnownConfig = {
    mode: config.mode,
    configDir: config.paths.configDir,
    clientsDir: config.paths.clientsDir,
    resources: config.resources,
    defaultAudience: config.tokens.defaultAudience,
    scopes: scopesServed(config.attributes),
    attributes: config.attributes,
    mostRoles: config.tokens.mostRoles,
    privateHosts: config.outgoing.privateHosts,
  };
  const key = fingerprintKey(config);
  let warned: ReadonlySet<string> | undefined;

  return async (asked: boolean): Promise<readonly string[]> => {
    const loaded = loadClients({ env, cwd, now: clock.now() }, known);
    const problems = [...loaded.problems, ...vanished(live, known, cwd), ...(await refusedByEngine(deps, loaded))];
    if (problems.length > 0) {
      live.markOutdated(problemLines(problems), clock.now());
      log.error({ event: 'clients.reload_failed', problems: problemLines(problems) }, RUNS_ON);
      await deps.onNews?.({ outcome: 'refused', file: 'clients', problems: problemLines(problems) });
      return loaded.secretFiles;
    }
    const wasOutdated = live.status().clients === 'outdated';
    const before = live.current();
    const changes = live.replace(loaded.clients);
    if (isChange(changes)) log.info({ event: 'clients.reloaded', ...changes });
    else if (asked || wasOutdated) log.info({ event: 'clients.unchanged' });
    if (isChange(changes) || wasOutdated) {
      await deps.onNews?.({ outcome: 'replaced', changes, told: toldClients(before, loaded.clients, key) });
    }
    // Those of the start have been logged by whoever started.
    for (const line of problemLines(loaded.warnings)) {
      if (warned !== undefined && !warned.has(line)) log.warn({ event: 'configuration.warning' }, line);
    }
    warned = new Set(problemLines(loaded.warnings));
    return loaded.secretFiles;
  };
}

const RUNS_ON = 'The client files have problems. The server runs on with the clients it has.';

/** An empty directory is the word of an operator; one that is gone may be about to be replaced, or not mounted. */
function vanished(live: LiveClients, { clientsDir }: KnownConfig, cwd: string): readonly Problem[] {
  if (live.current().size === 0 || existsSync(clientsDir)) return [];
  return [{ file: shownFile(cwd, clientsDir), line: undefined, path: '', message: 'does not exist any longer' }];
}

async function refusedByEngine({ validate }: ReloadDeps, { clients }: LoadedClients): Promise<readonly Problem[]> {
  try {
    await validate(clients);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return error.problems;
    throw error;
  }
}
