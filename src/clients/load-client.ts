// Reads and checks one client file.
import { basename } from 'node:path';
import type { Environment } from '../config/interpolation.ts';
import type { KnownConfig } from '../config/load.ts';
import { dotted, type Path, type Place, type Problem, shownFile } from '../config/problem.ts';
import { PRODUCT_RESOURCE } from '../config/roles/product-permissions.ts';
import { checkShape, type Shape } from '../config/shape.ts';
import { type ReadYaml, readYamlFile, type YamlDocument } from '../config/yaml-document.ts';
import { buildClient } from './build-client.ts';
import type { Client } from './client.ts';
import type { ClientDraft, Finding } from './client-draft.ts';
import { type ClientFile, clientFile } from './client-file.ts';
import { findLogo } from './client-logo.ts';
import { soundSecrets } from './client-secrets-field.ts';
import { isBuiltIn } from './live/built-in.ts';
import { resolveSecrets, secretFilesOf } from './resolve-secrets.ts';
import { addressRules } from './rules-of-addresses.ts';
import { credentialRules } from './rules-of-credentials.ts';
import { presetRules } from './rules-of-presets.ts';
import { brokenReferences } from './rules-of-resources.ts';

export interface Circumstances {
  readonly env: Environment;
  readonly cwd: string;
  /** Decides which secrets have expired. */
  readonly now: Date;
}

export interface LoadedClient {
  /** As problems show it. */
  readonly file: string;
  /** The line of a key; undefined when the file cannot be parsed. */
  readonly placeOf: ((path: Path) => Place) | undefined;
  /** Undefined when there are problems. */
  readonly client: Client | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Absolute paths of the files with secrets that it names, there or not. */
  readonly secretFiles: readonly string[];
  /** The client_id as stated, and where; also when other things are wrong. */
  readonly stated: { readonly clientId: string; readonly place: Place } | undefined;
}

export const loadClient = (circumstances: Circumstances, known: KnownConfig, path: string): LoadedClient =>
  checkClient(circumstances, known, { path, read: readYamlFile(circumstances, path) });

/** `path` is where the file is, or where it is going to be. */
export function checkClient(
  circumstances: Circumstances,
  known: KnownConfig,
  { path, read: { document, problems: unreadable } }: { path: string; read: ReadYaml },
): LoadedClient {
  const file = shownFile(circumstances.cwd, path);
  if (document === undefined) return { ...NOTHING, file, problems: unreadable };
  const shape = checkShape(clientFile, document);
  const placeOf = (at: Path): Place => ({ file, line: document.lineOf(at), path: dotted(at) });
  const placed = ({ path: at, message }: Finding): Problem => ({ ...placeOf(at), message });

  const { mode, configDir } = known;
  const list = (document.value as { client_secrets?: unknown } | null)?.client_secrets;
  const statedSecrets = shape.value.client_secrets ?? soundSecrets(list);
  const { secrets, ...found } = resolveSecrets({ ...circumstances, mode, clientFile: path }, statedSecrets);
  const logo = shape.value.logo === undefined ? undefined : findLogo({ clientFile: path, configDir }, shape.value.logo);
  const findings = [
    ...ruleFindings(shape, known),
    ...misnamed(shape.value, path),
    ...reserved(shape.value),
    ...found.findings,
    ...(logo?.outcome === 'refused' ? [{ path: ['logo'], message: logo.problem }] : []),
  ];
  const problems = [...unreadable, ...shape.problems, ...findings.map(placed)];
  const logoFile = logo?.outcome === 'found' ? logo.file : undefined;
  const source = { file, line: document.lineOf(['client_id']), lines: linesOfKeys(document) };
  const isSound = problems.length === 0 && shape.complete !== undefined;
  const clientId = shape.value.client_id;
  return {
    file,
    placeOf,
    client: isSound ? buildClient(shape.complete, { secrets, logoFile, source }) : undefined,
    problems,
    warnings: found.warnings.map(placed),
    secretFiles: secretFilesOf(path, statedSecrets),
    stated: clientId === undefined ? undefined : { clientId, place: placeOf(['client_id']) },
  };
}

const linesOfKeys = ({ value, lineOf }: YamlDocument): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.keys(value ?? {}).map((key) => [key, lineOf([key])]));

const NOTHING = { placeOf: undefined, client: undefined, warnings: [], secretFiles: [], stated: undefined };

function ruleFindings({ value, broken }: Shape<ClientFile>, known: KnownConfig): readonly Finding[] {
  const draft: ClientDraft = {
    file: value,
    isSound: (...keys) => keys.every((key) => !broken.has(key)),
    mode: known.mode,
  };
  const rules = [...presetRules, ...credentialRules, ...addressRules];
  return [...rules.flatMap((rule) => [...rule(draft)]), ...brokenReferences(draft, known)];
}

function misnamed({ client_id: clientId }: Partial<ClientFile>, path: string): readonly Finding[] {
  const name = basename(path, '.yaml');
  if (clientId === undefined || clientId === name) return [];
  const message = `the file name must equal the client_id: expected ${JSON.stringify(name)}, or name the file ${clientId}.yaml`;
  return [{ path: ['client_id'], message }];
}

function reserved({ client_id: clientId }: Partial<ClientFile>): readonly Finding[] {
  const path = ['client_id'];
  if (clientId === PRODUCT_RESOURCE) {
    return [{ path, message: 'is what permissions of this very server stand under; choose another one' }];
  }
  return clientId !== undefined && isBuiltIn(clientId)
    ? [{ path, message: 'is the name of the built-in account centre; choose another one' }]
    : [];
}
