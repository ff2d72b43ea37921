// What was loaded cannot be changed.
import { isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { expect, test } from 'vitest';
import { loadConfiguration } from '../../../src/clients/load-configuration.ts';
import { frozenCopy } from '../../../src/config/frozen.ts';
import { configFiles, DEVELOPMENT } from '../../support/config-files.ts';

const FILES = {
  'config/gatehouse.yaml': 'resources: {"https://a.test": {name: A, scopes: {x: X}}}\nserver: {internal_hosts: [a]}\n',
  'config/clients/app.yaml':
    'client_id: app\npreset: spa\nredirect_uris: [https://app.test/cb]\nresources: {"https://a.test": [x]}\n',
};

function* objectsIn(value: unknown, path: string): Generator<[path: string, value: object]> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Date) return;
  yield [path, value];
  const parts = value instanceof Map ? [...value] : Object.entries(value);
  for (const [key, part] of parts) yield* objectsIn(part, `${path}.${key}`);
}

test('every object, list and map of the configuration is frozen', () => {
  const configuration = loadConfiguration({ env: DEVELOPMENT, ...configFiles(FILES) });
  const objects = [...objectsIn(configuration, 'configuration')];
  expect(objects.length).toBeGreaterThan(20);
  expect(objects.filter(([, value]) => !Object.isFrozen(value)).map(([path]) => path)).toEqual([]);
});

test('maps refuse every change', () => {
  const { config, clients } = loadConfiguration({ env: DEVELOPMENT, ...configFiles(FILES) });
  for (const map of [config.resources, config.resources.get('https://a.test')?.scopes, clients]) {
    const open = map as Map<unknown, unknown>;
    expect(() => open.set('a', 'b')).toThrow(TypeError);
    expect(() => open.delete('app')).toThrow(TypeError);
    expect(() => open.clear()).toThrow(TypeError);
    expect(open.size).toBe(1);
  }
});

test('what a worker is handed over by its primary is the same, and as frozen', () => {
  const secrets = 'client_secrets: [{ value: an-example-secret-of-32-or-more-characters, expires: 2030-01-01 }]';
  const service = `client_id: service\npreset: service\n${secrets}\n`;
  const first = loadConfiguration({
    env: DEVELOPMENT,
    ...configFiles({ ...FILES, 'config/clients/service.yaml': service }),
  });
  expect(first.clients.get('service')?.secrets).toHaveLength(1);
  const copy = frozenCopy(deserialize(serialize(first)));
  expect(isDeepStrictEqual(copy, first)).toBe(true);
  const open = [...objectsIn(copy, 'copy')].filter(([, value]) => !Object.isFrozen(value));
  expect(open.map(([path]) => path)).toEqual([]);
});
