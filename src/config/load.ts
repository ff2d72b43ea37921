// gatehouse.yaml and the environment become one frozen Config, or a list of everything that is wrong.
import { assembleConfig, pathsOf, resourcesOf } from './assemble.ts';
import type { Config, Mode, Resource } from './config.ts';
import { readConfigFile } from './config-file.ts';
import { type EnvironmentSettings, readEnvironment } from './environment.ts';
import type { Environment } from './interpolation.ts';
import { type KeptSecret, keptSecret } from './master-secret.ts';
import { dotted, ENVIRONMENT, type Path, type Place, type Problem } from './problem.ts';
import { productionProblems } from './production.ts';
import { brokenRules } from './rules.ts';
import { type ConfigFile, configFile } from './schema.ts';
import { type Settings, settle, settled } from './settings.ts';
import { checkShape, type Shape } from './shape.ts';

export interface LoadedConfig {
  /** Undefined when there are problems. */
  readonly config: Config | undefined;
  readonly problems: readonly Problem[];
  /** What is certain even then: enough to check the client files in the same run. */
  readonly known: KnownConfig;
}

export interface KnownConfig {
  readonly mode: Mode | undefined;
  readonly configDir: string;
  readonly clientsDir: string;
  /** Undefined when they have problems of their own. */
  readonly resources: ReadonlyMap<string, Resource> | undefined;
  readonly defaultAudience: string | undefined;
}

/** In development this also makes and keeps the master secret, once everything else is right. */
export function loadConfig({ env, cwd }: { env: Environment; cwd: string }): LoadedConfig {
  const environment = readEnvironment({ env, cwd });
  const { file, document, problems: unreadable } = readConfigFile({ env, cwd }, environment.configDir);
  const shape = document === undefined ? UNKNOWN : checkShape(configFile, document);
  const settings = settle(environment, shape);
  const placeOf = (path: Path): Place => ({ file, line: document?.lineOf(path), path: dotted(path) });
  const problems = [
    ...environment.problems,
    ...unreadable,
    ...shape.problems,
    ...settings.problems,
    ...missingMode(settings, file),
    ...brokenRules(shape.value, settled(settings.issuer)).map(({ path, message }) => ({ ...placeOf(path), message })),
    ...refusedInProduction(settings, shape, (key) => placeOf([key])),
  ];
  const known = knownOf(environment, settings, shape);
  const refused = (more: readonly Problem[]) => ({ config: undefined, problems: [...problems, ...more], known });
  const mode = settled(settings.mode);
  const issuer = settled(settings.issuer);
  if (problems.length > 0 || !shape.complete || !mode || !issuer) return refused([]);

  const given = settled(settings.secret);
  const master: KeptSecret =
    given === undefined ? keptSecret({ cwd, dataDir: environment.dataDir }) : { outcome: 'kept', secret: given };
  if (master.outcome === 'refused') return refused([master.problem]);
  const decided = { mode, issuer, masterSecret: master.secret, databaseUrl: settled(settings.databaseUrl) };
  return { config: assembleConfig(environment, shape.complete, decided), problems, known };
}

/** A file that cannot be read may state anything, so nothing counts as missing; what the environment lacks is still told. */
const UNKNOWN: Shape<ConfigFile> = {
  complete: undefined,
  value: {},
  broken: new Set(Object.keys(configFile.shape)),
  problems: [],
};

function missingMode({ mode }: Settings, file: string): readonly Problem[] {
  if (mode.state !== 'missing') return [];
  const message = `is not set, and there is no default; set it to "development" or "production" (or state mode: in ${file})`;
  return [{ file: ENVIRONMENT, line: undefined, path: 'GATEHOUSE_MODE', message }];
}

function refusedInProduction(
  settings: Settings,
  { value, broken }: Shape<ConfigFile>,
  placeOf: (key: string) => Place,
): readonly Problem[] {
  if (settled(settings.mode) !== 'production') return [];
  const embeddedAllowed = broken.has('database') || (value.database?.embedded_in_production ?? false);
  return productionProblems(settings, { embeddedAllowed, placeOf });
}

function knownOf(
  environment: EnvironmentSettings,
  settings: Settings,
  { value, broken }: Shape<ConfigFile>,
): KnownConfig {
  const { configDir, clientsDir } = pathsOf(environment);
  const tokens = value.tokens ?? configFile.shape.tokens.parse({});
  return {
    mode: settled(settings.mode),
    configDir,
    clientsDir,
    resources: broken.has('resources') ? undefined : resourcesOf(value.resources ?? {}, tokens),
    defaultAudience: broken.has('tokens') ? undefined : (tokens.default_audience ?? settled(settings.issuer)),
  };
}
