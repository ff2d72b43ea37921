// Master secrets that are accepted besides the one in force: those before it, or the one to come.
import type { EnvironmentSettings } from '../environment.ts';
import { ENVIRONMENT, type Problem } from '../problem.ts';
import { readSecretFile } from './secret-file.ts';

export interface PreviousSecrets {
  readonly secrets: readonly string[];
  /** The variable they came from. */
  readonly variable: 'GATEHOUSE_SECRET_PREVIOUS' | 'GATEHOUSE_SECRET_PREVIOUS_FILE';
  readonly problems: readonly Problem[];
}

/** In the variable they are separated by commas or blanks; a file has one a line, which may hold both. */
export function previousSecrets({
  previousSecrets: stated,
  previousSecretsFile,
}: EnvironmentSettings): PreviousSecrets {
  if (previousSecretsFile === undefined) {
    const secrets = (stated ?? '').split(/[\s,]+/).filter((secret) => secret !== '');
    return { secrets: unique(secrets), variable: 'GATEHOUSE_SECRET_PREVIOUS', problems: [] };
  }
  const variable = 'GATEHOUSE_SECRET_PREVIOUS_FILE';
  const refused = (message: string): PreviousSecrets => ({
    secrets: [],
    variable,
    problems: [{ file: ENVIRONMENT, line: undefined, path: variable, message }],
  });
  if (stated !== undefined) return refused('is set together with GATEHOUSE_SECRET_PREVIOUS; set one of them');
  const file = readSecretFile(previousSecretsFile);
  if (file.outcome === 'refused') return refused(file.message);
  const lines = file.text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return { secrets: unique(lines), variable, problems: [] };
}

const unique = (secrets: readonly string[]): readonly string[] => [...new Set(secrets)];
