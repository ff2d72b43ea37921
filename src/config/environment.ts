// What the environment says; it wins over the file. An empty variable counts as not set.
import { resolve } from 'node:path';
import type { LoggingConfig, Mode } from './config.ts';
import { didYouMean } from './did-you-mean.ts';
import { type Environment, variable } from './interpolation.ts';
import { ENVIRONMENT, type Problem } from './problem.ts';
import { MODES } from './schema.ts';
import { LOG_LEVELS } from './sections/logging.ts';
import { listenAddressProblem } from './sections/server.ts';
import { issuerProblem, postgresUrlProblem, smtpUrlProblem } from './urls.ts';

export interface EnvironmentSettings {
  readonly mode: Mode | undefined;
  readonly issuer: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly databaseUrl: string | undefined;
  readonly smtpUrl: string | undefined;
  /** Absolute. */
  readonly smtpUrlFile: string | undefined;
  readonly logLevel: LoggingConfig['level'] | undefined;
  readonly secret: string | undefined;
  /** Absolute. */
  readonly secretFile: string | undefined;
  readonly previousSecrets: string | undefined;
  /** Absolute. */
  readonly previousSecretsFile: string | undefined;
  /** Absolute. */
  readonly configDir: string;
  /** Absolute. */
  readonly dataDir: string;
  /** Variables that are set, usable or not: the file does not speak for these. */
  readonly stated: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

export function readEnvironment({ env, cwd }: { env: Environment; cwd: string }): EnvironmentSettings {
  const problems: Problem[] = [];
  const stated = new Set<string>();
  const read = <T>(name: string, parse: (text: string) => T | Fault): T | undefined => {
    const text = variable(env, name);
    if (text === undefined || text === '') return undefined;
    stated.add(name);
    const value = parse(text);
    if (!(value instanceof Fault)) return value;
    problems.push({ file: ENVIRONMENT, line: undefined, path: name, message: value.message });
    return undefined;
  };
  const path = (text: string) => resolve(cwd, text);
  return {
    mode: read('GATEHOUSE_MODE', (text) => oneOf(MODES, text)),
    issuer: read('GATEHOUSE_ISSUER', textWithout(issuerProblem)),
    host: read('HOST', textWithout(listenAddressProblem)),
    port: read('PORT', parsePort),
    databaseUrl: read('DATABASE_URL', textWithout(postgresUrlProblem)),
    smtpUrl: read('GATEHOUSE_SMTP_URL', textWithout(smtpUrlProblem)),
    smtpUrlFile: read('GATEHOUSE_SMTP_URL_FILE', path),
    logLevel: read('GATEHOUSE_LOG_LEVEL', (text) => oneOf(LOG_LEVELS, text)),
    secret: read('GATEHOUSE_SECRET', (text) => text),
    secretFile: read('GATEHOUSE_SECRET_FILE', path),
    previousSecrets: read('GATEHOUSE_SECRET_PREVIOUS', (text) => text),
    previousSecretsFile: read('GATEHOUSE_SECRET_PREVIOUS_FILE', path),
    configDir: read('GATEHOUSE_CONFIG_DIR', path) ?? path('config'),
    dataDir: read('GATEHOUSE_DATA_DIR', path) ?? path('data'),
    stated,
    problems,
  };
}

class Fault {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

const textWithout = (problemOf: (text: string) => string | undefined) => (text: string) => {
  const problem = problemOf(text);
  return problem === undefined ? text : new Fault(problem);
};

function oneOf<T extends string>(values: readonly T[], text: string): T | Fault {
  const value = values.find((candidate) => candidate === text);
  const expected = values.map((candidate) => JSON.stringify(candidate)).join(' or ');
  return value ?? new Fault(`expected ${expected}, found ${JSON.stringify(text)}${didYouMean(text, values)}`);
}

function parsePort(text: string): number | Fault {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535
    ? port
    : new Fault(`expected a port from 1 to 65535, found ${JSON.stringify(text)}`);
}
