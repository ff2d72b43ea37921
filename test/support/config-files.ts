// Writes a temporary configuration directory from strings.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadConfiguration } from '../../src/clients/load-configuration.ts';
import type { Environment } from '../../src/config/interpolation.ts';
import { ConfigurationInvalid, type Problem } from '../../src/config/problem.ts';

/** Paths below the working directory → contents, for example `config/clients/app.yaml`. `config/` always exists. Gone after the test. */
export function configFiles(files: Readonly<Record<string, string | Buffer>>): { cwd: string } {
  const cwd = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  mkdirSync(join(cwd, 'config'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), content);
  }
  return { cwd };
}

export const DEVELOPMENT: Environment = { GATEHOUSE_MODE: 'development' };

/** A production environment nothing is wrong with. */
export const PRODUCTION: Environment = {
  GATEHOUSE_MODE: 'production',
  GATEHOUSE_ISSUER: 'https://auth.shop.test',
  GATEHOUSE_SECRET: 'Qm9zc2FOb3ZhLTk0MjctS2llc2Vsd2VnLTE3LVRhbmdv',
  DATABASE_URL: 'postgres://gatehouse@localhost/gatehouse',
};

/** Every problem of these files, in reading order; none when they load. */
export function problemsOf(
  files: Readonly<Record<string, string | Buffer>>,
  env: Environment = DEVELOPMENT,
): readonly Problem[] {
  try {
    loadConfiguration({ env, ...configFiles(files) });
    return [];
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return error.problems;
    throw error;
  }
}

/** The same as `file:line path: message` lines. */
export const linesOf = (problems: readonly Problem[]): string[] =>
  problems.map(({ file, line, path, message }) => `${file}:${line ?? '-'} ${path}: ${message}`);
