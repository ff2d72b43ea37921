// Editors know the files as the server does: the schemas beside them are those of the validation.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { SCHEMA_FILES, SCHEMA_NAMES, type SchemaName, schemaNamed } from '../../../src/clients/writing/schemas.ts';
import { schemaText } from '../../../src/config/editing/json-schema.ts';
import { problemsOf } from '../../support/config-files.ts';
import { keysOf, misfits } from '../../support/json-schema.ts';

const directory = path.join(import.meta.dirname, '../../../config');

test.each(SCHEMA_NAMES)('the committed schema of %s files is the one that is generated', async (name) => {
  // Changed on purpose? `vitest run test/rooms/config/json-schema.test.ts -u`, or `gatehouse config schema --out config`.
  await expect(schemaText(schemaNamed(name))).toMatchFileSnapshot(path.join(directory, SCHEMA_FILES[name]));
});

test.each(SCHEMA_NAMES)('every key of %s files is explained to whoever edits one', (name) => {
  const keys = keysOf(schemaNamed(name)).filter(({ path: key }) => !key.endsWith('.kty'));
  expect(keys.length).toBeGreaterThan(name === 'roles' ? 5 : 25);
  expect(keys.filter(({ schema }) => typeof schema['description'] !== 'string').map(({ path: key }) => key)).toEqual(
    [],
  );
});

const shipped = [
  ...['gatehouse.yaml', 'gatehouse.example.yaml'].map((file) => ({ file, name: 'server' as SchemaName })),
  ...['roles.yaml', 'roles.example.yaml'].map((file) => ({ file, name: 'roles' as SchemaName })),
  ...['clients', 'clients.example'].flatMap((folder) =>
    readdirSync(path.join(directory, folder))
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => ({ file: path.join(folder, file), name: 'client' as SchemaName })),
  ),
];

describe.each(shipped)('$file', ({ file, name }) => {
  const text = readFileSync(path.join(directory, file), 'utf8');

  test('fits its schema', () => {
    expect(misfits(schemaNamed(name), parse(text))).toEqual([]);
  });

  test('leads editors to it in its first line', () => {
    const [, target = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    const schema = path.resolve(path.dirname(path.join(directory, file)), target);
    expect(path.relative(directory, schema)).toBe(SCHEMA_FILES[name]);
    expect(existsSync(schema)).toBe(true);
  });
});

const serverYaml = (yaml: string) => misfits(schemaNamed('server'), parse(yaml));
const clientYaml = (yaml: string) => misfits(schemaNamed('client'), parse(`client_id: app\n${yaml}`));

describe('what the validation refuses, the schema refuses too', () => {
  test.each([
    ['sevrer: {port: 1}', '.sevrer: unknown key'],
    ['server: {prot: 1}', '.server.prot: unknown key'],
    ['server: {port: 0}', '.server.port: fits none'],
    ['server: {port: many}', '.server.port: fits none'],
    ['server: {trusted_proxies: [10.0.0.0/8, 10.0.0.0/8]}', '.server.trusted_proxies: unique'],
    ['mfa: never', '.mfa: fits none'],
    ['database: {embedded_in_production: perhaps}', '.database.embedded_in_production: fits none'],
    ['resources: {"https://a.test": {}}', '.resources.https://a.test: misses one of ["name"]'],
  ])('%s', (yaml, expected) => {
    expect(serverYaml(yaml)).toEqual([expect.stringContaining(expected)]);
    expect(problemsOf({ 'config/gatehouse.yaml': yaml })).not.toEqual([]);
  });

  test.each([
    ['preset: wbe', '.preset: fits none'],
    ['redirect_uris: [https://app.test/cb]', ': misses one of ["client_id","preset"]'],
    ['preset: web\nredirect_uri: https://app.test/cb', '.redirect_uri: unknown key'],
    ['preset: web\nrequire_pkce: 1', '.require_pkce: fits none'],
    ['preset: web\nclient_secrets: [{}]', '.client_secrets[0]: fits not exactly one'],
    ['preset: web\nclient_secrets: [{env: A, file: b}]', '.client_secrets[0]: fits not exactly one'],
    ['preset: web\nclient_secrets: [{secret: a, env: A}]', '.client_secrets[0].secret: unknown key'],
  ])('%s', (yaml, expected) => {
    expect(clientYaml(yaml)).toEqual([expect.stringContaining(expected)]);
    expect(problemsOf({ 'config/clients/app.yaml': `client_id: app\n${yaml}` })).not.toEqual([]);
  });
});

describe('a variable', () => {
  const SERVER = `name: \${N:-Gate}\nmfa: \${MFA:-optional}\nserver: {port: "\${PORT:-3000}"}\ndatabase: {embedded_in_production: "\${E:?yes or no}"}`;

  test('may stand for a number, a boolean, a word out of a list and for other text', () => {
    expect(serverYaml(SERVER)).toEqual([]);
    expect(
      clientYaml(`preset: \${P}\nredirect_uris: ["\${SHOP:-http://localhost:1}/cb"]\nrequire_pkce: \${K}`),
    ).toEqual([]);
  });

  test.each(['$PORT', `\${}`, `\${1A}`, `\${A:=b}`, '{A}'])('is not %s', (text) => {
    expect(serverYaml(`server: {port: "${text}"}`)).toEqual(['.server.port: fits none of several']);
  });
});
