// The files against what server processes serve: one comparison for each different set.

import { OF_ONE_PROCESS, readServed, type Served } from '../../clients/live/served-configurations.ts';
import { clientRegressions } from '../../clients/plan/client-regressions.ts';
import { type ClientChange, compareClients } from '../../clients/plan/compare-clients.ts';
import { type DescribedConfiguration, describeConfiguration } from '../../clients/plan/describe-served.ts';
import type { Mode, Resource } from '../../config/config.ts';
import { changesBetween, type FieldChange, listOf } from '../../config/effective/described.ts';
import { settingRegressions, type Weakening } from '../../config/effective/setting-regressions.ts';
import { decidedElsewhere, isDeclaredKey } from '../../config/effective/settings.ts';
import { readEnvironment } from '../../config/environment.ts';
import { DEFAULT_ALGORITHM } from '../../config/keys/algorithms.ts';
import type { Problem } from '../../config/problem.ts';
import { type Cost, costsOf } from '../../sessions/costs.ts';
import type { CommandDeps } from '../with-database.ts';
import { loadClientsWith, type Wanted } from './wanted.ts';

export interface Comparison {
  /** The processes that serve this set; empty when no server has ever run on this database. */
  readonly processes: readonly Served[];
  readonly clients: readonly ClientChange[];
  readonly costs: ReadonlyMap<string, readonly Cost[]>;
  /** In force after the next restart. */
  readonly settings: readonly FieldChange[];
  /** Settings that differ, but come from the server's environment, of which this one says nothing. */
  readonly elsewhere: readonly string[];
  /** Another master secret: then fingerprints tell nothing, and secrets were not compared. */
  readonly secretsDiffer: boolean;
  /** Why the server as it runs would refuse the client files, until it is restarted with this gatehouse.yaml. */
  readonly refusedUntilRestart: readonly Problem[];
  readonly regressions: readonly Regression[];
}

export interface Regression extends Weakening {
  /** As `--accept` takes it: `grafana:require_pkce`, `gatehouse.yaml:mfa`. */
  readonly id: string;
  /** What it is about: a client_id, gatehouse.yaml or roles.yaml. */
  readonly subject: string;
}

type Valid = Extract<Wanted, { outcome: 'valid' }>;

/** Those that run; where none does, the one that spoke last. */
export async function compareWithServed(deps: CommandDeps, wanted: Valid): Promise<readonly Comparison[]> {
  const all = (await readServed(deps)).map((served) => (deps.alone ? { ...served, isRunning: false } : served));
  const running = all.filter(({ isRunning }) => isRunning);
  const sets = [...Map.groupBy(running.length > 0 ? running : all.slice(0, 1), ({ digest }) => digest).values()];
  const described = describeConfiguration({ config: wanted.config, clients: wanted.loaded.clients }, wanted.place);
  const comparisons: Comparison[] = [];
  for (const processes of sets.length === 0 ? [[]] : sets.sort((a, b) => b.length - a.length)) {
    comparisons.push(await compare(deps, { wanted, described, processes }));
  }
  return comparisons;
}

async function compare(
  deps: CommandDeps,
  { wanted, described, processes }: { wanted: Valid; described: DescribedConfiguration; processes: readonly Served[] },
): Promise<Comparison> {
  const [served] = processes;
  const secretsDiffer = served !== undefined && served.settings.fingerprintKey !== described.settings.fingerprintKey;
  const before = served?.clients ?? {};
  const clients = compareClients(before, described.clients, { secretsDiffer });
  const { settings, elsewhere } = compareSettings(processes, { described, wanted });
  const now = deps.clock.now();
  const ofClients = Object.entries(described.clients).flatMap(([clientId, after]) => {
    const old = Object.hasOwn(before, clientId) ? before[clientId] : undefined;
    const comparable = old !== undefined && secretsDiffer ? { ...old, secrets: after.secrets } : old;
    return clientRegressions(comparable, after, now).map((found) => regression(clientId, found));
  });
  return {
    processes,
    clients,
    costs: await costsOf(deps, clients),
    settings,
    elsewhere,
    secretsDiffer,
    refusedUntilRestart: served === undefined ? [] : refusedByRunning(served, { described, wanted }),
    regressions: [...ofClients, ...settingRegressions(settings).map((found) => regression(SERVER_FILE, found))],
  };
}

export const SERVER_FILE = 'gatehouse.yaml';

export const regression = (subject: string, found: Weakening): Regression => ({
  ...found,
  subject,
  id: `${subject}:${found.key}`,
});

interface Sides {
  readonly described: DescribedConfiguration;
  readonly wanted: Valid;
}

/** Where each of several processes listens is its own affair. */
function compareSettings(processes: readonly Served[], { described, wanted }: Sides) {
  const [served] = processes;
  if (served === undefined) return { settings: [], elsewhere: [] };
  const all = changesBetween(served.settings.values, described.settings.values, isDeclaredKey).filter(
    ({ key }) => processes.length === 1 || !OF_ONE_PROCESS.includes(key),
  );
  const unknowable = decidedElsewhere(served.settings, readEnvironment(wanted.place).stated);
  return {
    settings: all.filter(({ key }) => !unknowable.has(key)),
    elsewhere: all.flatMap(({ key }) => (unknowable.has(key) ? [key] : [])),
  };
}

/** A running server checks client files against the gatehouse.yaml that it was started with. */
function refusedByRunning(served: Served, { wanted }: Sides): readonly Problem[] {
  const { values, apis } = served.settings;
  const resources = new Map(
    Object.entries(apis).map(([audience, scopes]): [string, Resource] => [
      audience,
      {
        audience,
        name: String(values[`resources[${JSON.stringify(audience)}].name`] ?? audience),
        scopes: new Map(scopes.map((scope) => [scope, ''])),
        accessTokenSeconds: 0,
        signingAlgorithm: DEFAULT_ALGORITHM,
      },
    ]),
  );
  return loadClientsWith(wanted.config, wanted.place, {
    mode: values['mode'] as Mode,
    resources,
    defaultAudience: String(values['tokens.default_audience']),
    privateHosts: listOf(values['outgoing.private_hosts'] ?? null),
  }).problems;
}
