// Master secrets that are accepted besides the one in force.
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { configFiles, PRODUCTION } from '../../support/config-files.ts';

const OLD = 'k7Vq1-an-older-master-secret-of-some-length';
const OLDER = 'x93Lw-the-one-before-it-also-long-enough';

const load = (env: Record<string, string>, files: Record<string, string> = {}) =>
  loadConfig({ env: { ...PRODUCTION, ...env }, ...configFiles({ 'config/gatehouse.yaml': '', ...files }) });

test('they are separated by commas or blanks, each once, and never the one in force', () => {
  const now = String(PRODUCTION['GATEHOUSE_SECRET']);
  const { config } = load({ GATEHOUSE_SECRET_PREVIOUS: `${OLD},  ${OLDER}\n${OLD} ${now}` });
  expect(config?.previousSecrets).toEqual([OLD, OLDER]);
  expect(load({}).config?.previousSecrets).toEqual([]);
});

test('a file has one a line', () => {
  const { config } = load({ GATEHOUSE_SECRET_PREVIOUS_FILE: 'old' }, { old: `${OLD}, with blanks\n${OLDER}\n\n` });
  expect(config?.previousSecrets).toEqual([`${OLD}, with blanks`, OLDER]);
});

test('what cannot be used is refused by the name of its variable, and not repeated', () => {
  const problemsOf = (env: Record<string, string>) =>
    load(env).problems.map(({ path, message }) => `${path} ${message}`);
  expect(problemsOf({ GATEHOUSE_SECRET_PREVIOUS: `${OLD} short` })).toEqual([
    'GATEHOUSE_SECRET_PREVIOUS one of them has 5 bytes; production needs at least 32',
  ]);
  expect(problemsOf({ GATEHOUSE_SECRET_PREVIOUS: OLD, GATEHOUSE_SECRET_PREVIOUS_FILE: 'x' })).toEqual([
    'GATEHOUSE_SECRET_PREVIOUS_FILE is set together with GATEHOUSE_SECRET_PREVIOUS; set one of them',
  ]);
  expect(problemsOf({ GATEHOUSE_SECRET_PREVIOUS_FILE: 'nowhere' })[0]).toMatch(
    /^GATEHOUSE_SECRET_PREVIOUS_FILE .*nowhere/,
  );
});
