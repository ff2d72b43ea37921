// roles.yaml while the server runs: read when it or a client has changed, and put in force when nothing is wrong with it.
import type { Config } from '../../config/config.ts';
import type { Surroundings } from '../../config/load.ts';
import { type Problem, problemLines } from '../../config/problem.ts';
import type { DeclaredModel } from '../../config/roles/declared-model.ts';
import { loadRolesFile } from '../../config/roles/load-roles-file.ts';
import type { Logger } from '../../observability/logger.ts';
import { type Configuration, knownClients } from '../load-configuration.ts';
import type { LiveClients } from './live-clients.ts';
import type { ReloadNews } from './reload.ts';

export type RolesApplied =
  /** What has changed, for the log. */
  | { readonly outcome: 'applied'; readonly changes: Readonly<Record<string, readonly string[]>> }
  | { readonly outcome: 'unchanged' }
  /** Nothing was changed. */
  | { readonly outcome: 'refused'; readonly problems: readonly Problem[] };

export type FilesAsRead = Pick<Configuration, 'declared' | 'stated'>;

export interface RolesFileDeps {
  readonly config: Config;
  readonly live: LiveClients;
  readonly log: Logger;
  /** Safe to call from several processes at once. */
  readonly applyRoles: (declared: DeclaredModel) => Promise<RolesApplied>;
  /** What the files said when the configuration was read; undefined: what they say at the first look. */
  readonly read?: FilesAsRead | undefined;
  /** Is told what became of changed files; of what was applied there is an event already. Never rejects. */
  readonly onNews?: (news: ReloadNews) => Promise<void>;
}

/** What is wrong with the file is told once, and again when somebody `asked`. */
export function createRolesLoad(
  { config, live, log, applyRoles, read, onNews }: RolesFileDeps,
  { env, cwd }: Surroundings,
): (asked: boolean) => Promise<void> {
  let existed = read?.declared.exists ?? false;
  let told = '';

  const applied = async (): Promise<RolesApplied> => {
    const known = { resources: [...config.resources.keys()], clients: knownClients(live.current()) };
    const { declared, problems } = loadRolesFile({ env, cwd, configDir: config.paths.configDir }, known);
    if (declared === undefined) return { outcome: 'refused', problems };
    if (existed && !declared.exists) return { outcome: 'refused', problems: [vanished(declared)] };
    existed = declared.exists;
    return applyRoles(declared);
  };
  return async (asked) => {
    const result = await applied();
    const wasOutdated = live.status().roles === 'outdated';
    const lines = result.outcome === 'refused' ? problemLines(result.problems) : [];
    live.markRoles(result.outcome === 'refused' ? 'outdated' : 'current', lines);
    switch (result.outcome) {
      case 'refused':
        if (!asked && lines.join('\n') === told) return;
        told = lines.join('\n');
        log.error({ event: 'roles.reload_failed', problems: lines }, RUNS_ON);
        await onNews?.({ outcome: 'refused', file: 'roles.yaml', problems: lines });
        return;
      case 'applied':
        log.info({ event: 'roles.reloaded', ...result.changes });
        break;
      case 'unchanged':
        if (asked || wasOutdated) log.info({ event: 'roles.unchanged' });
    }
    told = '';
  };
}

const RUNS_ON = 'roles.yaml has problems. The server runs on with the roles it has.';

/** It may be about to be replaced, or not mounted: nobody loses everything by that. */
const vanished = ({ file }: DeclaredModel): Problem => ({
  file,
  line: undefined,
  path: '',
  message: 'does not exist any longer; leave an empty file there to declare nothing',
});
