// The settings in force, as a plan compares them: every key of gatehouse.yaml, no secret, and what makes them weaker.
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../src/clients/load-configuration.ts';
import { changesBetween } from '../../../src/config/effective/described.ts';
import { settingRegressions } from '../../../src/config/effective/setting-regressions.ts';
import { decidedElsewhere, describeSettings, isDeclaredKey } from '../../../src/config/effective/settings.ts';
import { configFile } from '../../../src/config/schema.ts';
import { allPaths } from '../../../src/config/shape-keys.ts';
import { configFiles, DEVELOPMENT, PRODUCTION } from '../../support/config-files.ts';

const settings = (yaml = '', env = DEVELOPMENT) =>
  describeSettings(loadConfiguration({ env, ...configFiles({ 'config/gatehouse.yaml': yaml }) }).config);

const API = 'resources: { "https://api.test": { name: Test API, scopes: { read: Read } } }\n';

const between = (before: string, after: string) => changesBetween(settings(before), settings(after), isDeclaredKey);

describe('settings', () => {
  test('are described at every key of gatehouse.yaml, in its units', () => {
    const described = Object.keys(settings(API));
    const isSection = (key: string, all: readonly string[]) => all.some((other) => other.startsWith(`${key}.`));
    // Only a question at the start of a production server.
    const others = /^(?:(?:resources|attributes)\b.*|database\.embedded_in_production)$/;
    const all = allPaths(configFile);
    const keys = all.filter((key) => !isSection(key, all) && !others.test(key));
    expect(keys.filter((key) => !described.includes(key))).toEqual([]);
    expect(described).toContain('resources["https://api.test"].access_token_seconds');
    expect(settings('sessions: { idle_minutes: 30 }')['sessions.idle_minutes']).toBe(30);
  });

  test('show where the database is, and no password or master secret', () => {
    const url = 'postgres://gate:hunter2-hunter2@db.test:5433/gate?password=hunter3';
    const text = JSON.stringify(settings('', { ...PRODUCTION, DATABASE_URL: url }));
    expect(text).toContain('postgres://db.test:5433/gate');
    expect(text).not.toMatch(/hunter|Qm9zc2FO/);
  });

  test('differ by value, not by how they are written', () => {
    expect(between('', 'mfa: optional\nsessions: { absolute_hours: 12 }')).toEqual([]);
    expect(between('', `${API}mfa: required`)).toEqual([
      { key: 'mfa', before: 'optional', after: 'required' },
      { key: 'resources["https://api.test"].name', before: null, after: 'Test API' },
      { key: 'resources["https://api.test"].scopes', before: null, after: ['read: Read'] },
      { key: 'resources["https://api.test"].access_token_seconds', before: null, after: 300 },
      { key: 'resources["https://api.test"].signing_alg', before: null, after: 'RS256' },
    ]);
    expect(between(API, '').map(({ after }) => after)).toEqual([null, null, null, null]);
  });
});

describe('weaker settings are', () => {
  test.each([
    ['mfa: required', 'mfa: optional', ['mfa']],
    ['', 'sessions: { idle_minutes: 61 }', ['sessions.idle_minutes']],
    ['', 'sessions: { absolute_hours: 13 }', ['sessions.absolute_hours']],
    ['', 'tokens: { id_token_seconds: 601 }', ['tokens.id_token_seconds']],
    ['', 'tokens: { refresh_token_idle_days: 15 }', ['tokens.refresh_token_idle_days']],
    [
      API,
      API.replace('scopes:', 'access_token_seconds: 301, scopes:'),
      ['resources["https://api.test"].access_token_seconds'],
    ],
    ['', API, []],
    ['', 'passwords: { min_length: 14 }', ['passwords.min_length']],
    ['', 'limits: { sign_in_failures: 11 }', ['limits.sign_in_failures']],
    ['', 'limits: { second_factor_window_minutes: 14 }', ['limits.second_factor_window_minutes']],
    ['', 'server: { trusted_proxies: [10.0.0.0/8] }', ['server.trusted_proxies']],
    ['', 'server: { internal_hosts: [gatehouse] }', ['server.internal_hosts']],
    ['', 'outgoing: { private_hosts: [10.0.0.0/8] }', ['outgoing.private_hosts']],
    ['registration: { policy: invite }', 'registration: { policy: open }', ['registration.policy']],
    ['registration: { allowed_domains: [a.test] }', '', ['registration.allowed_domains']],
    ['registration: { refused_domains: [a.test] }', '', ['registration.refused_domains']],
    ['', 'mail: { plaintext_in_production: true }', ['mail.plaintext_in_production']],
    ['', 'name: Other\nlogging: { level: debug }\nlimits: { hash_queue: 60 }', []],
  ])('%j → %j', (before, after, expected) => {
    expect(settingRegressions(between(before, after)).map(({ key }) => key)).toEqual(expected);
    expect(settingRegressions(between(after, before))).toEqual([]);
  });

  test('those of development', () => {
    const changes = changesBetween(settings('', PRODUCTION), settings());
    expect(settingRegressions(changes).map(({ key }) => key)).toEqual(['mode', 'outgoing.private_hosts']);
  });
});

describe('what only the environment of the server tells', () => {
  const served = (env: Record<string, string>) => ({
    values: settings('', { ...DEVELOPMENT, ...env }),
    variables: ['GATEHOUSE_MODE', ...Object.keys(env)],
  });

  test('is left out with all that follows from it, unless this environment says it too', () => {
    const withPort = served({ PORT: '8081' });
    const left = (stated: string[]) => [...decidedElsewhere(withPort, new Set(['GATEHOUSE_MODE', ...stated]))];
    expect(left([])).toEqual(['server.port', 'issuer', 'tokens.default_audience']);
    expect(left(['PORT'])).toEqual([]);
    expect([...decidedElsewhere(withPort, new Set())]).toContain('logging.format');
  });

  test('does not hide an issuer that the file states', () => {
    const env = { PORT: '8081', GATEHOUSE_ISSUER: 'https://auth.test' };
    const { values } = served(env);
    const stated = { values, variables: ['PORT'] };
    expect([...decidedElsewhere(stated, new Set())]).toEqual(['server.port']);
  });
});
