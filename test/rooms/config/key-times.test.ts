// How long keys sign, wait and stay: what is refused says where and what to do.
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { configFiles, PRODUCTION } from '../../support/config-files.ts';

const load = (yaml: string) => loadConfig({ env: PRODUCTION, ...configFiles({ 'config/gatehouse.yaml': yaml }) });

const problemsWith = (yaml: string) =>
  load(yaml).problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);

test('unless stated a key signs for 90 days, is published a day before, and for as long after as it is still needed', () => {
  expect(load('').config?.keys).toEqual({
    algorithms: ['RS256', 'PS256', 'ES256'],
    rotateEverySeconds: 90 * 86_400,
    publishAheadSeconds: 86_400,
    keepRetiredSeconds: 721 * 3600,
  });
  const short = 'sessions: { keep_me_signed_in: false, absolute_hours: 2 }\ntokens: { access_token_seconds: 30 }';
  expect(load(short).config?.keys.keepRetiredSeconds).toBe(3 * 3600);
  expect(load(`${short}\nresources: {}`).problems).toEqual([]);
  const long = `sessions: { keep_me_signed_in: false }\ntokens: { id_token_seconds: 86400 }`;
  expect(load(long).config?.keys.keepRetiredSeconds).toBe(25 * 3600);
});

test('what cannot work is refused where it stands', () => {
  expect(problemsWith('keys:\n  rotate_every_days: 1\n  publish_ahead_hours: 24')).toEqual([
    '3 keys.publish_ahead_hours: must be below keys.rotate_every_days, which is 24 hours',
  ]);
  expect(problemsWith('tokens: { id_token_seconds: 86400 }\nkeys:\n  keep_retired_hours: 24')).toEqual([
    '3 keys.keep_retired_hours: must be at least 25: tokens of the key are good for so many hours. Raise it, or lower the lifetimes of tokens',
  ]);
  expect(problemsWith('keys: { publish_ahead_hours: 0 }')[0]).toMatch(/^1 keys\.publish_ahead_hours: /);
  expect(problemsWith('keys: { rotate_ever_days: 9 }')[0]).toContain('rotate_every_days');
});
