// How secrets are stated, kept and compared.
import { describe, expect, test } from 'vitest';
import type { ClientSecret } from '../../../src/clients/client.ts';
import {
  clientSecretMatches,
  generateClientSecret,
  hashClientSecret,
  looksLikeOurSecret,
  parseClientSecretHash,
  sha256,
} from '../../../src/clients/client-secret.ts';
import { loadConfiguration } from '../../../src/clients/load-configuration.ts';
import { configFiles, DEVELOPMENT, linesOf, problemsOf } from '../../support/config-files.ts';
import { clientWith, clientYaml, problemsWith } from './client-files.ts';

const SECRET = 'kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e';
const NOW = new Date('2027-03-01T12:00:00Z');

const withSecrets = (...secrets: [secret: string, expires?: string][]) => ({
  secrets: secrets.map(
    ([secret, expires]): ClientSecret => ({
      sha256: sha256(secret),
      expires: expires === undefined ? undefined : new Date(expires),
      created: undefined,
    }),
  ),
});

describe('a generated secret', () => {
  test('carries 256 random bits behind a prefix that scanners know, and a checksum', () => {
    const secret = generateClientSecret();
    expect(secret).toMatch(/^ghs_[\w-]{43}_[\w-]{6}$/);
    expect(generateClientSecret()).not.toBe(secret);
  });

  test('is told from whatever was mistyped or cut off', () => {
    const secret = generateClientSecret();
    expect(looksLikeOurSecret(secret)).toBe(true);
    const other = (character: string | undefined) => (character === 'A' ? 'B' : 'A');
    for (let at = 0; at < secret.length; at += 1) {
      expect(looksLikeOurSecret(secret.slice(0, at) + other(secret[at]) + secret.slice(at + 1))).toBe(false);
      expect(looksLikeOurSecret(secret.slice(0, at))).toBe(false);
    }
    for (const text of ['', ` ${secret}`, `${secret}\n`, `${secret}x`, secret.toUpperCase()]) {
      expect(looksLikeOurSecret(text)).toBe(false);
    }
    expect(looksLikeOurSecret('ghs_dGhlIGJ5dGVzIG9mIGEga25vd24gc2VjcmV0LCAzMiE_censrb')).toBe(true);
  });

  test('is stored as a hash that leads back to nothing but itself', () => {
    const secret = generateClientSecret();
    const stored = hashClientSecret(secret);
    expect(stored).toMatch(/^\$gatehouse-sha256\$v1\$[\w-]{43}$/);
    expect(stored).not.toContain(secret);
    expect(parseClientSecretHash(stored)).toEqual(sha256(secret));
  });

  test('of a known text has the known SHA-256', () => {
    expect(hashClientSecret('abc')).toBe('$gatehouse-sha256$v1$ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
  });
});

test.each([
  '',
  'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0',
  '$gatehouse-sha256$v2$ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0',
  '$gatehouse-sha256$v1$ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa1',
  '$gatehouse-sha256$v1$ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0',
  '$gatehouse-sha256$v1$ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=',
  '$gatehouse-sha256$v1$ungWv48',
])('%j is not the hash of a secret', (text) => {
  expect(parseClientSecretHash(text)).toBeUndefined();
});

describe('a presented secret', () => {
  test('matches any of several', () => {
    const client = withSecrets(['old'], ['new', '2027-06-01']);
    expect(['old', 'new', 'other', ''].map((secret) => clientSecretMatches(client, secret, NOW))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('matches an expired one no more, from that moment on', () => {
    const client = withSecrets(['a', '2027-03-01T12:00:00Z'], ['b', '2027-03-01T12:00:01Z']);
    expect(clientSecretMatches(client, 'a', NOW)).toBe(false);
    expect(clientSecretMatches(client, 'b', NOW)).toBe(true);
  });

  test('matches nothing where there is no secret', () => {
    expect(clientSecretMatches({ secrets: [] }, '', NOW)).toBe(false);
  });

  test('is not its own hash', () => {
    expect(clientSecretMatches(withSecrets(['a']), hashClientSecret('a'), NOW)).toBe(false);
  });
});

describe('a client file', () => {
  test('states secrets as hash, variable, file or, in development, in clear', () => {
    const { cwd } = configFiles({
      'config/clients/app.secret': `${SECRET}-file\n`,
      'config/clients/app.yaml': clientYaml(
        'web',
        `client_secrets: [{hash: "${hashClientSecret('h')}"}, {env: APP_SECRET}, {file: app.secret}, {value: ${SECRET}-value}]`,
      ),
    });
    const client = loadConfiguration({ env: { ...DEVELOPMENT, APP_SECRET: `${SECRET}-env` }, cwd }).clients.get('app');
    const accepted = ['h', `${SECRET}-env`, `${SECRET}-file`, `${SECRET}-value`];
    expect(accepted.map((secret) => client !== undefined && clientSecretMatches(client, secret, NOW))).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  test('keeps no secret in clear in memory', () => {
    expect(JSON.stringify(clientWith('web', `client_secrets: [{env: S}]`, { S: SECRET }))).not.toContain(SECRET);
  });

  test.each([
    ['[{env: APP_SECRET}]', 'client_secrets[0].env: the environment variable APP_SECRET is not set'],
    ['[{file: nowhere}]', 'client_secrets[0].file: '],
    ['[{value: short}]', 'client_secrets[0].value: the secret has 5 characters, expected at least 32'],
    ['[{env: SHORT}]', 'client_secrets[0].env: the secret has 5 characters'],
    ['[{value: "kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1é"}]', 'contains characters other than printable ASCII'],
    ['[{hash: abc}]', 'client_secrets[0].hash: expected $gatehouse-sha256$v1$ and 43 characters'],
    ['[{}]', 'client_secrets[0]: expected one of hash, env, file, value; found none of them'],
    ['[{env: SHORT, value: x}]', 'client_secrets[0]: expected one of hash, env, file, value; found env and value'],
    ['[{env: "A B"}]', 'client_secrets[0].env: expected the name of an environment variable'],
    ['[{secret: x}]', 'client_secrets[0].secret: unknown key'],
    [`${SECRET}`, 'client_secrets: expected a list, found text'],
    [`[${SECRET}]`, 'client_secrets[0]: expected a mapping'],
    [`[{value: ${SECRET}, expires: 2027-02-30}]`, 'client_secrets[0].expires: expected a date such as 2027-03-01'],
    [`[{value: ${SECRET}, expires: tomorrow}]`, 'client_secrets[0].expires: expected a date'],
  ])('with client_secrets: %s is refused', (secrets, expected) => {
    const problems = problemsWith('web', `client_secrets: ${secrets}`, { SHORT: 'short' });
    expect(problems).toContainEqual(expect.stringContaining(expected));
  });

  test('with a generated secret that was not copied as a whole is taken, with a warning', () => {
    const secret = generateClientSecret();
    const lines = (text: string) => {
      const yaml = clientYaml('web', `client_secrets: [{env: S}]`);
      const files = configFiles({ 'config/clients/app.yaml': yaml });
      return linesOf(loadConfiguration({ env: { ...DEVELOPMENT, S: text }, ...files }).warnings);
    };
    expect(lines(secret)).toEqual([]);
    // As they were made before there was a checksum.
    expect(lines(secret.slice(0, 47))).toEqual([]);
    expect(lines(secret.slice(0, 50))).toEqual([
      expect.stringMatching(/app\.yaml:4 client_secrets\[0\]\.env: the secret begins like a generated one, but/),
    ]);
  });

  test('shows the line of each secret that is wrong', () => {
    const yaml = clientYaml('web', 'client_secrets:\n  - env: A\n  - value: short\n    expires: soon\n');
    expect(linesOf(problemsOf({ 'config/clients/app.yaml': yaml }))).toEqual([
      expect.stringContaining('config/clients/app.yaml:5 client_secrets[0].env: the environment variable A is not set'),
      expect.stringContaining('config/clients/app.yaml:7 client_secrets[1].expires: expected a date'),
    ]);
  });
});

describe('the day a secret expires', () => {
  const load = (expires: string, now: string) => {
    const files = configFiles({
      'config/clients/app.yaml': clientYaml('web', `client_secrets: [{env: S}, {env: S, expires: ${expires}}]`),
    });
    const clock = { now: () => new Date(now), shiftSeconds: 0 };
    return loadConfiguration({ env: { ...DEVELOPMENT, S: SECRET }, ...files, clock });
  };

  test('begins at midnight UTC', () => {
    const { clients } = load('2027-03-01', '2027-02-28T23:59:59Z');
    expect(clients.get('app')?.secrets[1]?.expires).toEqual(new Date('2027-03-01T00:00:00Z'));
  });

  test('may be a moment with an offset', () => {
    const { clients } = load('2027-03-01T12:00:00+02:00', '2027-01-01T00:00:00Z');
    expect(clients.get('app')?.secrets[1]?.expires).toEqual(new Date('2027-03-01T10:00:00Z'));
  });

  test('is a warning when it has come, not a reason to stop', () => {
    expect(linesOf(load('2027-03-01', '2027-03-01T00:00:00Z').warnings)).toEqual([
      'config/clients/app.yaml:4 client_secrets[1].expires: has passed: this secret is not accepted',
    ]);
    expect(load('2027-03-01', '2027-02-28T23:59:59Z').warnings).toEqual([]);
  });
});

test('a wrong entry in the list does not hide what is wrong with the others', () => {
  const secrets = 'client_secrets: [{ env: UNSET_HERE }, { file: /nowhere/at/all }, { hash: abc }]';
  const files = {
    'config/clients/app.yaml': `client_id: app\npreset: web\nredirect_uris: [https://a.test/cb]\n${secrets}\n`,
  };
  const paths = problemsOf(files)
    .map(({ path }) => path)
    .sort();
  expect(paths).toEqual(['client_secrets[0].env', 'client_secrets[1].file', 'client_secrets[2].hash']);
});
