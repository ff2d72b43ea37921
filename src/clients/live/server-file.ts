// gatehouse.yaml while the server runs: read again when it changes, to say what it would mean, never to apply it.
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../config/config.ts';
import { describeSettings, isDeclaredKey } from '../../config/effective/settings.ts';
import { loadConfig, type Surroundings } from '../../config/load.ts';
import { problemLines } from '../../config/problem.ts';
import type { Logger } from '../../observability/logger.ts';
import type { ServerFileState } from './live-clients.ts';
import type { ReloadNews } from './reload.ts';
import type { FilesAsRead } from './roles-file.ts';
import { toldSettings } from './told-changes.ts';

export interface ServerFileLook {
  readonly state: ServerFileState;
  readonly problems: readonly string[];
  /** Undefined where nothing has become of the file that was not told before. */
  readonly news: ReloadNews | undefined;
}

/** Looks at the file and says in the log what has changed since it looked last. */
export function createServerFileCheck(
  { config, log, read }: { config: Config; log: Logger; read?: FilesAsRead | undefined },
  surroundings: Surroundings,
): () => ServerFileLook {
  const inForce = describeSettings(config);
  let first: Pick<FilesAsRead, 'stated'> | undefined = read;
  let told: ReloadNews | undefined;
  const look = (): ServerFileLook => {
    const makeSecret = () => ({ outcome: 'kept', secret: config.masterSecret }) as const;
    const { config: next, problems: found, stated } = loadConfig({ ...surroundings, makeSecret });
    first ??= { stated };
    if (next === undefined) {
      const problems = problemLines(found);
      log.error({ event: 'config.changed_invalid', problems }, INVALID);
      return { state: 'invalid', problems, news: { outcome: 'refused', file: 'gatehouse.yaml', problems } };
    }
    if (!isDeepStrictEqual(next, config)) {
      const keys = differingKeys(first.stated, stated);
      log.warn({ event: 'config.changed_needs_restart', keys }, NEEDS_RESTART);
      const changes = toldSettings(inForce, describeSettings(next), isDeclaredKey);
      return { state: 'needs_restart', problems: [], news: { outcome: 'awaits_restart', keys, told: changes } };
    }
    if (told === undefined) return { state: 'current', problems: [], news: undefined };
    log.info({ event: 'config.changed_back' }, CHANGED_BACK);
    return { state: 'current', problems: [], news: { outcome: 'changed_back' } };
  };
  return () => {
    const found = look();
    const isKnown = isDeepStrictEqual(found.news, told);
    told = found.state === 'current' ? undefined : found.news;
    return { ...found, news: isKnown ? undefined : found.news };
  };
}

const INVALID = 'gatehouse.yaml has changed, and the server would not start with it. It runs on with what it has.';
const NEEDS_RESTART = 'gatehouse.yaml has changed. The server runs on with what it has until it is restarted.';
const CHANGED_BACK = 'gatehouse.yaml says again what the server runs with.';

/** Top-level keys, as they are named in the file. */
function differingKeys(before: unknown, after: unknown): readonly string[] {
  const [left, right] = [before, after].map((value) => new Map(Object.entries(value ?? {})));
  const keys = [...new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])].sort();
  return keys.filter((key) => !isDeepStrictEqual(left?.get(key), right?.get(key)));
}
