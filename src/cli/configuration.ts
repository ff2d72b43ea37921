// The configuration as the commands beside the server need it.
import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { readEnvironment } from '../config/environment.ts';
import { type Environment, variable } from '../config/interpolation.ts';
import { loadConfig } from '../config/load.ts';
import { keptSecretFile } from '../config/master-secret.ts';
import { ConfigurationInvalid, ENVIRONMENT, type Problem } from '../config/problem.ts';
import { type Invocation, remark } from './terminal.ts';

/**
 * Without the client files: shutting somebody out must not wait for a typing mistake in one of them.
 *
 * `npm start` sets the mode for the server only, so a command in another window finds none. Where it is stated nowhere,
 * nothing points to another database or secret, and the data directory holds the secret that only a development server
 * makes, development is meant. To these commands the mode is no more than which checks the configuration has to pass.
 * @throws ConfigurationInvalid
 */
export function commandConfig(invocation: Invocation): Config {
  const { env } = invocation.terminal;
  const cwd = invocation.terminal.cwd();
  const asStated = loadConfig({ env, cwd });
  if (asStated.config !== undefined) return asStated.config;
  if (!isModeMissing(asStated.problems, env) || !isDevelopmentPlace(env, cwd)) {
    throw new ConfigurationInvalid(asStated.problems);
  }
  const assumed = loadConfig({ env: { ...env, GATEHOUSE_MODE: 'development' }, cwd });
  if (assumed.config === undefined) throw new ConfigurationInvalid(assumed.problems);
  if (assumed.config.database.url !== undefined) throw new ConfigurationInvalid(asStated.problems);
  const { dataDir } = assumed.config.paths;
  remark(invocation, `No mode is set: using the development database in ${dataDir}.`);
  return assumed.config;
}

const isModeMissing = (problems: readonly Problem[], env: Environment): boolean =>
  isUnset(env, 'GATEHOUSE_MODE') &&
  problems.some(({ file, path }) => file === ENVIRONMENT && path === 'GATEHOUSE_MODE');

const isDevelopmentPlace = (env: Environment, cwd: string): boolean =>
  ['DATABASE_URL', 'GATEHOUSE_SECRET', 'GATEHOUSE_SECRET_FILE'].every((name) => isUnset(env, name)) &&
  existsSync(keptSecretFile(readEnvironment({ env, cwd }).dataDir));

const isUnset = (env: Environment, name: string): boolean => (variable(env, name) ?? '') === '';
