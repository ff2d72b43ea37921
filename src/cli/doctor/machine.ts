// The machine: Node, who may read what is secret, and room on the disk.
import { statfsSync, statSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { variable } from '../../config/interpolation.ts';
import { keptSecretFile } from '../../config/master-secret.ts';
import { type Finding, note, ok, problem } from './finding.ts';
import type { Configured } from './surroundings.ts';

const OLDEST_NODE = 24;
const MEBIBYTE = 1024 * 1024;

export function nodeFindings(version: string): Finding[] {
  if (Number(version.split('.')[0]) >= OLDEST_NODE) return [ok('node', version)];
  return [
    problem(
      'node',
      `Node ${version} is too old`,
      `Run the server with Node ${OLDEST_NODE}; bin/gatehouse takes the one that the packages bring.`,
    ),
  ];
}

export function checkFiles({ config, env }: Pick<Configured, 'config' | 'env'>): Finding[] {
  const { dataDir } = config.paths;
  const given = variable(env, 'GATEHOUSE_SECRET_FILE') || undefined;
  const findings = [
    ...(config.database.url === undefined ? openToOthers(dataDir, 'The data directory', 'chmod 700') : []),
    ...openToOthers(keptSecretFile(dataDir), 'The file with the master secret', 'chmod 600'),
    ...(given === undefined ? [] : openToOthers(given, 'The file with the master secret', 'chmod 600')),
    ...roomFindings(config),
  ];
  return findings.length > 0 ? findings : [ok('files', `${dataDir} is this user's alone`)];
}

/** What does not exist is nobody's. */
function openToOthers(file: string, what: string, command: string): Finding[] {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode === undefined || (mode & 0o077) === 0) return [];
  const message = `${what}, ${file}, is open to other users of this machine (${(mode & 0o777).toString(8)})`;
  const fix = `${command} ${file}; in a container, mount it for the user of the server only.`;
  return [(mode & 0o007) === 0 ? note('files', message, fix) : problem('files', message, fix)];
}

const LITTLE_MIB = 1024;
const TOO_LITTLE_MIB = 200;

function roomFindings({ database, paths: { dataDir } }: Config): Finding[] {
  if (database.url !== undefined || statSync(dataDir, { throwIfNoEntry: false }) === undefined) return [];
  const { bavail, bsize } = statfsSync(dataDir);
  const free = Math.floor((bavail * bsize) / MEBIBYTE);
  if (free > LITTLE_MIB) return [];
  const message = `${free} MiB are free where the embedded database lives (${dataDir})`;
  const fix = 'Make room, or move the data directory to a larger disk.';
  return [free < TOO_LITTLE_MIB ? problem('disk', message, fix) : note('disk', message, fix)];
}
