// Smallest client files that load, and how to add lines to them.

import type { Client, Preset } from '../../../src/clients/client.ts';
import { loadConfiguration } from '../../../src/clients/load-configuration.ts';
import { configFiles, DEVELOPMENT, linesOf, problemsOf } from '../../support/config-files.ts';

export const API = 'resources: {"https://api.test": {name: Test API, scopes: {read: Read, write: Write}}}\n';

const SECRET = 'client_secrets: [{value: kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e}]\n';
const REDIRECT = 'redirect_uris: [https://app.test/cb]\n';

export const PUBLIC_KEY =
  '{kty: EC, crv: P-256, x: f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU, y: x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0}';

const SMALLEST: Readonly<Record<Preset, string>> = {
  web: REDIRECT + SECRET,
  spa: REDIRECT,
  native: REDIRECT,
  service: SECRET,
};

/** A file of this preset; a line of `lines` takes the place of the line with the same key, `key: -` takes the key out. */
export function clientYaml(preset: Preset, lines: string): string {
  const keyOf = (line: string) => line.split(':')[0];
  const changed = new Set(lines.split('\n').map(keyOf));
  const kept = `client_id: app\npreset: ${preset}\n${SMALLEST[preset]}`
    .split('\n')
    .filter((line) => line !== '' && !changed.has(keyOf(line)));
  const added = lines.split('\n').filter((line) => !line.endsWith(': -'));
  return [...kept, ...added, ''].join('\n');
}

/** Problems of `clientYaml(preset, lines)` as `path: message`. */
export const problemsWith = (preset: Preset, lines: string, env: Record<string, string> = {}): string[] =>
  linesOf(
    problemsOf(
      { 'config/gatehouse.yaml': API, 'config/clients/app.yaml': clientYaml(preset, lines) },
      { ...DEVELOPMENT, ...env },
    ),
  ).map((line) => line.replace(/^config\/clients\/app\.yaml:\d+ /, ''));

/** @throws ConfigurationInvalid when there is a problem */
export function clientWith(preset: Preset, lines: string, env: Record<string, string> = {}): Client {
  const files = configFiles({ 'config/gatehouse.yaml': API, 'config/clients/app.yaml': clientYaml(preset, lines) });
  const client = loadConfiguration({ env: { ...DEVELOPMENT, ...env }, ...files }).clients.get('app');
  if (client === undefined) throw new Error('the client was not loaded');
  return client;
}
