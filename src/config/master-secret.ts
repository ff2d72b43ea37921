// The master secret: given by the environment, or, in development, made once and kept in the data directory.
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { newId } from '../crypto/identifiers.ts';
import { newSecretToken } from '../crypto/secret-token.ts';
import type { EnvironmentSettings } from './environment.ts';
import { ENVIRONMENT, type Problem, shownFile } from './problem.ts';
import { readSecretFile } from './secrets/secret-file.ts';

/** Bytes. Everything is sealed and signed with keys derived from it: as long as the keys. */
export const MASTER_SECRET_BYTES = 32;

/** Where development keeps its generated secret; no other mode makes this file. */
export const keptSecretFile = (dataDir: string): string => join(dataDir, 'secret');

export interface GivenSecret {
  /** Undefined when none is given. */
  readonly secret: string | undefined;
  /** The variable it came from. */
  readonly variable: 'GATEHOUSE_SECRET' | 'GATEHOUSE_SECRET_FILE';
  readonly problems: readonly Problem[];
}

export function givenSecret({ secret, secretFile }: EnvironmentSettings): GivenSecret {
  if (secretFile === undefined) return { secret, variable: 'GATEHOUSE_SECRET', problems: [] };
  const variable = 'GATEHOUSE_SECRET_FILE';
  const refused = (message: string): GivenSecret => ({
    secret: undefined,
    variable,
    problems: [{ file: ENVIRONMENT, line: undefined, path: variable, message }],
  });
  if (secret !== undefined) return refused('is set together with GATEHOUSE_SECRET; set one of them');
  const file = readSecretFile(secretFile);
  return file.outcome === 'refused' ? refused(file.message) : { secret: file.text, variable, problems: [] };
}

export type KeptSecret = { outcome: 'kept'; secret: string } | { outcome: 'refused'; problem: Problem };

/**
 * Makes the secret if there is none: 256 random bits in a file only we can read (0600, its directory 0700).
 * Processes starting at once end with the same one: the file appears complete or not at all, and the first wins.
 */
export function keptSecret({ cwd, dataDir }: { cwd: string; dataDir: string }): KeptSecret {
  const file = keptSecretFile(dataDir);
  const refused = (message: string): KeptSecret => ({
    outcome: 'refused',
    problem: { file: shownFile(cwd, file), line: undefined, path: '', message },
  });
  try {
    if (!existsSync(file)) makeSecret(file);
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
    const secret = readFileSync(file, 'utf8').trimEnd();
    return Buffer.byteLength(secret) < MASTER_SECRET_BYTES
      ? refused(`is shorter than ${MASTER_SECRET_BYTES} bytes; delete it to have a new one made`)
      : { outcome: 'kept', secret };
  } catch (error) {
    return refused(`cannot be made or read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function makeSecret(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${newId()}`;
  try {
    writeFileSync(draft, `${newSecretToken()}\n`, { mode: 0o600, flag: 'wx' });
    linkSync(draft, file);
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!isTaken) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
