// gatehouse.yaml and the environment become one frozen Config, or a list of everything that is wrong.
import { assembleConfig, attributesOf, pathsOf, privateHostsOf, resourcesOf } from './assemble.ts';
import type { Attribute, Config, Mode, Resource } from './config.ts';
import { readConfigFile } from './config-file.ts';
import { type EnvironmentSettings, readEnvironment } from './environment.ts';
import type { Environment } from './interpolation.ts';
import { type KeptSecret, keptSecret } from './master-secret.ts';
import { dotted, ENVIRONMENT, type Path, type Place, type Problem } from './problem.ts';
import { productionProblems } from './production.ts';
import { brokenRules } from './rules.ts';
import { type ConfigFile, configFile } from './schema.ts';
import { scopesServed } from './scopes.ts';
import { type Settings, settle, settled } from './settings.ts';
import { checkShape, type Shape } from './shape.ts';

export interface LoadedConfig {
  /** Undefined when there are problems. */
  readonly config: Config | undefined;
  readonly problems: readonly Problem[];
  /** What is certain even then: enough to check the client files in the same run. */
  readonly known: KnownConfig;
  /** The values of gatehouse.yaml as they stand there, unchecked; undefined when it cannot be parsed. */
  readonly stated: unknown;
}

export interface KnownConfig {
  readonly mode: Mode | undefined;
  readonly configDir: string;
  readonly clientsDir: string;
  /** Undefined when they have problems of their own. */
  readonly resources: ReadonlyMap<string, Resource> | undefined;
  readonly defaultAudience: string | undefined;
  /** In one token. */
  readonly mostRoles: number;
  /** What clients may ask for besides the scopes of APIs; undefined when attributes have problems of their own. */
  readonly scopes: readonly string[] | undefined;
  /** By name; undefined when they have problems of their own. */
  readonly attributes: ReadonlyMap<string, Attribute> | undefined;
  /** As `outgoing.privateHosts`. */
  readonly privateHosts: readonly string[];
}

export interface Surroundings {
  readonly env: Environment;
  readonly cwd: string;
}

/**
 * In development this also makes and keeps the master secret, once everything else is right; `makeSecret` gives one
 * instead, to look at the configuration only.
 */
export function loadConfig({
  env,
  cwd,
  makeSecret = keptSecret,
}: Surroundings & { makeSecret?: (place: { cwd: string; dataDir: string }) => KeptSecret }): LoadedConfig {
  const { environment, settings, shape, stated, known, ...read } = readStated({ env, cwd });
  const problems = [
    ...environment.problems,
    ...read.problems,
    ...settings.problems,
    ...missingMode(settings, read.file),
    ...refusedInProduction(settings, shape, (...path) => read.placeOf(path)),
  ];
  const refused = (more: readonly Problem[]) => ({
    config: undefined,
    problems: [...problems, ...more],
    known,
    stated,
  });
  const mode = settled(settings.mode);
  const issuer = settled(settings.issuer);
  if (problems.length > 0 || !shape.complete || !mode || !issuer) return refused([]);

  const given = settled(settings.secret);
  const master: KeptSecret =
    given === undefined ? makeSecret({ cwd, dataDir: environment.dataDir }) : { outcome: 'kept', secret: given };
  if (master.outcome === 'refused') return refused([master.problem]);
  const decided = {
    mode,
    issuer,
    masterSecret: master.secret,
    previousSecrets: settings.previous.secrets.filter((secret) => secret !== master.secret),
    databaseUrl: settled(settings.databaseUrl),
    smtpUrl: settled(settings.smtpUrl),
  };
  return { config: assembleConfig(environment, shape.complete, decided), problems, known, stated };
}

/** For commands that look at files only: with the problems of gatehouse.yaml, but not with what a server would need. */
export function readKnownConfig(surroundings: Surroundings): Pick<LoadedConfig, 'known' | 'problems'> {
  const { known, problems } = readStated(surroundings);
  return { known, problems };
}

function readStated({ env, cwd }: Surroundings) {
  const environment = readEnvironment({ env, cwd });
  const { file, document, problems: unreadable } = readConfigFile({ env, cwd }, environment.configDir);
  const shape = document === undefined ? UNKNOWN : checkShape(configFile, document);
  const settings = settle(environment, shape);
  const placeOf = (path: Path): Place => ({ file, line: document?.lineOf(path), path: dotted(path) });
  const rules = brokenRules(shape.value, { issuer: settled(settings.issuer), configDir: environment.configDir });
  const problems = [
    ...unreadable,
    ...shape.problems,
    ...rules.map(({ path, message }) => ({ ...placeOf(path), message })),
  ];
  const known = knownOf(environment, settings, shape);
  return { environment, file, shape, settings, placeOf, problems, known, stated: document?.value };
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
  placeOf: (...path: string[]) => Place,
): readonly Problem[] {
  if (settled(settings.mode) !== 'production') return [];
  const embeddedAllowed = broken.has('database') || (value.database?.embedded_in_production ?? false);
  const signUpPolicy = value.registration?.policy ?? 'invite';
  return productionProblems(settings, { embeddedAllowed, signUpPolicy, placeOf });
}

function knownOf(
  environment: EnvironmentSettings,
  settings: Settings,
  { value, broken }: Shape<ConfigFile>,
): KnownConfig {
  const { configDir, clientsDir } = pathsOf(environment);
  const tokens = value.tokens ?? configFile.shape.tokens.parse({});
  const attributes = broken.has('attributes') ? undefined : attributesOf(value.attributes ?? {});
  return {
    mode: settled(settings.mode),
    privateHosts: privateHostsOf(value.outgoing ?? { private_hosts: [] }, settled(settings.mode)),
    configDir,
    clientsDir,
    resources: broken.has('resources') ? undefined : resourcesOf(value.resources ?? {}, tokens),
    scopes: attributes === undefined ? undefined : scopesServed(attributes),
    attributes,
    mostRoles: tokens.most_roles,
    defaultAudience: broken.has('tokens') ? undefined : (tokens.default_audience ?? settled(settings.issuer)),
  };
}
