// gatehouse config schema: what an editor needs, from the program itself.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { configFiles } from '../support/config-files.ts';
import { answerOf, failureOf, gatehouse } from './command-line.ts';

const place = (files: Record<string, string> = {}) => ({ ...configFiles(files), env: {} });
const shipped = (name: string) => readFileSync(path.join(import.meta.dirname, '../../config', name), 'utf8');

test('one schema is printed as it stands in the repository, without any configuration', async () => {
  const broken = place({ 'config/gatehouse.yaml': ': broken' });
  expect(await gatehouse(broken, ['config', 'schema', 'client'])).toEqual({
    exitCode: 0,
    stdout: shipped('client.schema.json'),
    stderr: '',
  });
  expect(await answerOf(broken, ['config', 'schema', 'server'])).toEqual(JSON.parse(shipped('gatehouse.schema.json')));
});

test('all are written beside gatehouse.yaml, over older ones', async () => {
  const here = place({ 'config/client.schema.json': '{"old": true}' });
  const files = ['gatehouse.schema.json', 'client.schema.json', 'roles.schema.json'].map((name) =>
    path.join(here.cwd, 'config', name),
  );
  expect(await answerOf(here, ['config', 'schema', '--out', 'config'])).toEqual({ files });
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual([
    shipped('gatehouse.schema.json'),
    shipped('client.schema.json'),
    shipped('roles.schema.json'),
  ]);
});

test('one is written alone, into a directory that is made for it', async () => {
  const here = place();
  const { stdout } = await gatehouse(here, ['config', 'schema', 'client', '--out', 'a/b']);
  expect(stdout).toBe(`Wrote ${path.join(here.cwd, 'a/b/client.schema.json')}\n`);
  expect(readFileSync(path.join(here.cwd, 'a/b/client.schema.json'), 'utf8')).toBe(shipped('client.schema.json'));
});

test('to print, one has to be named, and it has to be one of them', async () => {
  expect(await failureOf(place(), ['config', 'schema'])).toMatchObject({ exitCode: 2, code: 'usage' });
  expect((await failureOf(place(), ['config', 'schema', 'clients'])).message).toMatch(/server, client, roles/);
});
