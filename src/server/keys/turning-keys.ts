// Which algorithms need a key, and the keys that are due, turned once for all processes.
import type { ClientRegistry } from '../../clients/client.ts';
import type { Config } from '../../config/config.ts';
import { DEFAULT_ALGORITHM, type SigningAlgorithm } from '../../config/keys/algorithms.ts';
import { unannounced } from '../../keys/life-cycle.ts';
import { type KeyDeps, keyStates } from '../../keys/signing-keys.ts';
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

/** What the server itself, its clients and its APIs sign with. */
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

/** Before the first client is in force. What was made here and is asked for at once comes unannounced, unless all keys are new. */
export async function makeFirstKeys(deps: TurningDeps, clients: ClientRegistry): Promise<void> {
  const algorithms = algorithmsFor(deps.config, clients);
  if (await turnKeys(keyDeps(deps), algorithms)) await sayUnannounced(deps, algorithms);
}

/** Before clients are in force that may need a key nobody has needed yet. */
export const preparingKeys =
  (deps: TurningDeps, { engine, clients: inForce }: { engine: LiveEngine; clients: () => ClientRegistry }) =>
  async (clients: ClientRegistry): Promise<void> => {
    const algorithms = algorithmsFor(deps.config, clients);
    await turnKeys(keyDeps(deps), algorithms);
    await engine.follow();
    const known = algorithmsFor(deps.config, inForce());
    const added = algorithms.filter((algorithm) => !known.includes(algorithm));
    if (added.length > 0) await sayUnannounced(deps, added);
  };

async function sayUnannounced(deps: TurningDeps, algorithms: readonly SigningAlgorithm[]): Promise<void> {
  const { rules, ...rest } = keyDeps(deps);
  const found = unannounced(await keyStates(rest), { algorithms, rules });
  if (found.length > 0) deps.log.warn({ event: 'keys.unannounced', algorithms: found }, UNANNOUNCED);
}

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

const UNANNOUNCED =
  'These algorithms are asked for before their keys have been published for keys.publish_ahead_hours: apps that have cached the other keys may not know these. Name the algorithm in keys.algorithms a day before the first client that asks for it.';
const NEXT_ROUND = 'The signing keys could not be looked after. The next round, in a minute, tries again.';
