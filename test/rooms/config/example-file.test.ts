// gatehouse.example.yaml is the reference: complete, and it tells the truth about the defaults.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { configFile } from '../../../src/config/schema.ts';
import { allPaths } from '../../../src/config/shape-keys.ts';
import { configFiles, PRODUCTION } from '../../support/config-files.ts';

const example = readFileSync(join(import.meta.dirname, '../../../config/gatehouse.example.yaml'), 'utf8');

/** Comment signs off the keys that are commented out. */
const uncommented = example.replaceAll(/^(\s*)# ?(\s*["\w:/.-]+: )/gm, '$1$2');

function load(yaml: string) {
  const { cwd } = configFiles({ 'config/gatehouse.yaml': yaml });
  const { config, problems } = loadConfig({ env: { ...PRODUCTION, GATEHOUSE_ISSUER: '', GATEHOUSE_MODE: '' }, cwd });
  return { problems, config: config && { ...config, paths: undefined } };
}

test('it states the defaults', () => {
  const { config, problems } = load(example);
  expect(problems).toEqual([]);
  expect(config).toEqual(load('mode: production\nissuer: https://auth.example.com\n').config);
});

test('every key there is stands in it', () => {
  const missing = allPaths(configFile).filter((path) => {
    const key = path.split('.').at(-1);
    return !new RegExp(`^\\s*${key}:`, 'm').test(uncommented);
  });
  expect(missing).toEqual([]);
});

test('its example of a resource is one', () => {
  const block = example
    .slice(example.indexOf('resources: {}'), example.indexOf('\n\n', example.indexOf('resources: {}')))
    .replace('resources: {}', 'resources:')
    .replaceAll(/^#/gm, '');
  const { config, problems } = load(`mode: production\nissuer: https://auth.example.com\n${block}`);
  expect(problems).toEqual([]);
  expect([...(config?.resources.get('https://api.example.com')?.scopes.keys() ?? [])]).toEqual(['orders:read']);
});

test('its example of an attribute is one', () => {
  const block = example
    .slice(example.indexOf('attributes: {}'))
    .replace('attributes: {}', 'attributes:')
    .replaceAll(/^#/gm, '');
  const { config, problems } = load(`mode: production\nissuer: https://auth.example.com\n${block}`);
  expect(problems).toEqual([]);
  expect(config?.attributes.get('department')).toMatchObject({ edit: 'operator', scope: 'company' });
});
