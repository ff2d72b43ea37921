// In development the master secret makes itself and stays.
import { execFile } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { keptSecret } from '../../../src/config/master-secret.ts';
import { configFiles, DEVELOPMENT, linesOf, PRODUCTION } from '../../support/config-files.ts';

const permissions = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('a first start makes 256 bits that only we can read', () => {
  const { cwd } = configFiles({});
  const { config } = loadConfig({ env: DEVELOPMENT, cwd });
  expect(Buffer.from(config?.masterSecret ?? '', 'base64url')).toHaveLength(32);
  expect(readFileSync(join(cwd, 'data/secret'), 'utf8')).toBe(`${config?.masterSecret}\n`);
  expect([permissions(join(cwd, 'data')), permissions(join(cwd, 'data/secret'))]).toEqual(['700', '600']);
  expect(readdirSync(join(cwd, 'data'))).toEqual(['secret']);
});

test('the next start finds it again', () => {
  const { cwd } = configFiles({});
  const first = loadConfig({ env: DEVELOPMENT, cwd }).config;
  expect(loadConfig({ env: DEVELOPMENT, cwd }).config?.masterSecret).toBe(first?.masterSecret);
});

test('others lose the right to read it', () => {
  const { cwd } = configFiles({ 'data/secret': 'x7Gd0qLmP2x7Gd0qLmP2x7Gd0qLmP2x7Gd0qLmP2' });
  chmodSync(join(cwd, 'data/secret'), 0o644);
  loadConfig({ env: DEVELOPMENT, cwd });
  expect(permissions(join(cwd, 'data/secret'))).toBe('600');
});

test('processes that start at once end with the same one', async () => {
  const { cwd } = configFiles({});
  const module = join(import.meta.dirname, '../../../src/config/master-secret.ts');
  const script = `import { keptSecret } from ${JSON.stringify(module)}; console.log(keptSecret({ cwd: '.', dataDir: 'data' }).secret);`;
  const start = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd });
  const secrets = (await Promise.all(Array.from({ length: 6 }, start))).map(({ stdout }) => stdout);
  expect(secrets[0]).toMatch(/^[\w-]{43}\n$/);
  expect(new Set(secrets).size).toBe(1);
});

test('one that is too short is not used', () => {
  const { cwd } = configFiles({ 'data/secret': '' });
  expect(linesOf(loadConfig({ env: DEVELOPMENT, cwd }).problems)).toEqual([
    'data/secret:- : is shorter than 32 bytes; delete it to have a new one made',
  ]);
});

test('a directory that cannot be written is a problem like others', () => {
  const { cwd } = configFiles({});
  writeFileSync(join(cwd, 'data'), 'a file in the way');
  expect(keptSecret({ cwd, dataDir: join(cwd, 'data') })).toMatchObject({ outcome: 'refused' });
});

test.each([
  ['in production', PRODUCTION],
  ['when one is given', { ...DEVELOPMENT, GATEHOUSE_SECRET: 'given' }],
  ['when something else is wrong', { ...DEVELOPMENT, PORT: 'x' }],
])('none is made %s', (_when, env) => {
  const { cwd } = configFiles({});
  loadConfig({ env, cwd });
  expect(readdirSync(cwd)).toEqual(['config']);
});
