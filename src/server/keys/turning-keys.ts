// Which algorithms need a key, and the keys that are due, turned once for all processes.
import type { ClientRegistry } from '../../clients/client.ts';
import type { Config } from '../../config/config.ts';
import { DEFAULT_ALGORITHM, type SigningAlgorithm } from '../../config/keys/algorithms.ts';
import type { KeyDeps } from '../../keys/signing-keys.ts';
import { turnKeys } from '../../keys/turn-keys.ts';
import type { Logger } from '../../observability/logger.ts';
import type { LiveEngine } from './live-engine.ts';

export interface TurningDeps extends Omit<KeyDeps, 'rules'> {
  readonly config: Config;
  readonly log: Logger;
}

export const keyDeps = ({ db, clock, box, config }: Omit<TurningDeps, 'log'>): KeyDeps => ({
  db,
  clock,
  box,
  rules: config.keys,
});

/** What the server itself, its clients and its APIs need keys for. */
export const algorithmsFor = (
  { resources }: Pick<Config, 'resources'>,
  clients: ClientRegistry,
): readonly SigningAlgorithm[] => [
  ...new Set<SigningAlgorithm>([
    DEFAULT_ALGORITHM,
    ...[...resources.values()].map(({ signingAlgorithm }) => signingAlgorithm),
    ...[...clients.values()].map(({ idTokenAlgorithm }) => idTokenAlgorithm),
  ]),
];

/** Before clients are in force that need a key nobody has needed yet. */
export const preparingKeys =
  (deps: Omit<TurningDeps, 'log'>, engine: LiveEngine) =>
  async (clients: ClientRegistry): Promise<void> => {
    await turnKeys(keyDeps(deps), algorithmsFor(deps.config, clients));
    await engine.follow();
  };

/** For a timer: never rejects, and what it did is in force here at once. */
export const turningKeys =
  (deps: TurningDeps, { engine, clients }: { engine: LiveEngine; clients: () => ClientRegistry }) =>
  async (): Promise<void> => {
    try {
      if (await turnKeys(keyDeps(deps), algorithmsFor(deps.config, clients()))) await engine.follow();
    } catch (err) {
      deps.log.error({ event: 'keys.not_turned', err }, NEXT_ROUND);
    }
  };

const NEXT_ROUND = 'The signing keys could not be looked after. The next round, in a minute, tries again.';
