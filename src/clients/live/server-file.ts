// gatehouse.yaml while the server runs: read again when it changes, to say what it would mean, never to apply it.
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../config/config.ts';
import { loadConfig, type Surroundings } from '../../config/load.ts';
import { problemLines } from '../../config/problem.ts';
import type { Logger } from '../../observability/logger.ts';
import type { ServerFileState } from './live-clients.ts';

/** Looks at the file and says in the log what has changed since it looked last. */
export function createServerFileCheck(
  { config, log }: { config: Config; log: Logger },
  surroundings: Surroundings,
): () => { readonly state: ServerFileState; readonly problems: readonly string[] } {
  let state: ServerFileState = 'current';
  let first: { stated: unknown } | undefined;
  return () => {
    const makeSecret = () => ({ outcome: 'kept', secret: config.masterSecret }) as const;
    const { config: next, problems, stated } = loadConfig({ ...surroundings, makeSecret });
    first ??= { stated };
    const before = state;
    state = next === undefined ? 'invalid' : isDeepStrictEqual(next, config) ? 'current' : 'needs_restart';
    switch (state) {
      case 'invalid':
        log.error({ event: 'config.changed_invalid', problems: problemLines(problems) }, INVALID);
        break;
      case 'needs_restart':
        log.warn({ event: 'config.changed_needs_restart', keys: differingKeys(first.stated, stated) }, NEEDS_RESTART);
        break;
      case 'current':
        if (before !== 'current') log.info({ event: 'config.changed_back' }, CHANGED_BACK);
    }
    return { state, problems: state === 'invalid' ? problemLines(problems) : [] };
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
