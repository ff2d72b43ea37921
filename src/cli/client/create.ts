// gatehouse client new: a file that works, and its secret, shown once.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Preset } from '../../clients/client.ts';
import { generateClientSecret, hashClientSecret } from '../../clients/client-secret.ts';
import { checkClient } from '../../clients/load-client.ts';
import { createFile } from '../../clients/writing/client-files.ts';
import { keepsSecret, newClientYaml } from '../../clients/writing/new-client.ts';
import { SCHEMA_FILES, schemaNamed } from '../../clients/writing/schemas.ts';
import { schemaText } from '../../config/editing/json-schema.ts';
import { type Problem, shownFile } from '../../config/problem.ts';
import { parseYaml } from '../../config/yaml-document.ts';
import { CommandFailed } from '../failure.ts';
import { quoted } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { type ConfigurationFiles, readConfigurationFiles } from './read-files.ts';

export interface WantedClient {
  readonly clientId: string;
  readonly preset: Preset;
  readonly name?: string | undefined;
  readonly redirectUris: readonly string[];
}

/** Checked like every other file before it is written: a running server takes it at once. */
export async function createClient(invocation: Invocation, wanted: WantedClient): Promise<Answer> {
  const files = readConfigurationFiles(invocation);
  const { clientId, preset, name, redirectUris } = wanted;
  const secret = keepsSecret(preset) ? generateClientSecret() : undefined;
  const kept = secret === undefined ? undefined : { hash: hashClientSecret(secret), created: today(files) };
  const yaml = newClientYaml({ clientId, preset, name, redirectUris, secret: kept });
  const path = join(files.known.clientsDir, `${clientId}.yaml`);
  refuseProblems(files, { path, yaml, clientId });
  const file = shownFile(files.circumstances.cwd, path);
  if (createFile(path, yaml) === 'exists') {
    throw new CommandFailed('taken', `There is a file for a client ${quoted(clientId)} already: ${file}.`);
  }
  const schema = createSchema(files);
  const lines = [
    `Wrote ${file}`,
    ...(schema === undefined ? [] : [`Wrote ${schema}, for editors`]),
    ...(secret === undefined ? [] : [`Secret: ${secret}`, 'It is shown only this once; the file has its hash.']),
  ];
  return { result: { client_id: clientId, file, client_secret: secret }, text: lines.join('\n') };
}

/** In UTC, as client files state days. */
export const today = ({ circumstances }: ConfigurationFiles): string => circumstances.now.toISOString().slice(0, 10);

function refuseProblems(
  { circumstances, known }: ConfigurationFiles,
  { path, yaml, clientId }: { path: string; yaml: string; clientId: string },
): void {
  const read = parseYaml(circumstances.env, shownFile(circumstances.cwd, path), yaml);
  const { problems } = checkClient(circumstances, known, { path, read });
  if (problems.length === 0) return;
  throw new CommandFailed('invalid', `No file was written for ${quoted(clientId)}:\n${whatIsWrong(problems)}`);
}

/** Without places: the operator has not seen the lines. */
export const whatIsWrong = (problems: readonly Problem[]): string =>
  problems.map(({ path, message }) => `  ${path === '' ? '' : `${path}: `}${message}`).join('\n');

/** The file's first line leads editors there. Returns what was written, if anything was. */
function createSchema({ known, circumstances }: ConfigurationFiles): string | undefined {
  const path = join(known.configDir, SCHEMA_FILES.client);
  if (existsSync(path)) return undefined;
  return createFile(path, schemaText(schemaNamed('client'))) === 'created'
    ? shownFile(circumstances.cwd, path)
    : undefined;
}
