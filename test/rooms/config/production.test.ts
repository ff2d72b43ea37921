// Production refuses to start with anything that is only right on a developer's machine, and says all of it at once.
import { describe, expect, test } from 'vitest';
import { hashClientSecret } from '../../../src/clients/client-secret.ts';
import { loadConfiguration } from '../../../src/clients/load-configuration.ts';
import { configFiles, DEVELOPMENT, linesOf, PRODUCTION, problemsOf } from '../../support/config-files.ts';

const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(PRODUCTION).filter(([name]) => !names.includes(name)));

const WEB = 'client_id: app\npreset: web\n';

test('nothing is wrong with a proper production', () => {
  expect(problemsOf({}, PRODUCTION)).toEqual([]);
});

test('the description of the API is shown in development, and in production where it is switched on', () => {
  const shown = (yaml: string, env: typeof DEVELOPMENT) =>
    loadConfiguration({ env, ...configFiles({ 'config/gatehouse.yaml': yaml }) }).config.api.docs;
  expect([shown('', DEVELOPMENT), shown('', PRODUCTION)]).toEqual([true, false]);
  expect(shown('api: { docs: true }', PRODUCTION)).toBe(true);
});

test('every reason is listed', () => {
  const problems = problemsOf(
    {
      'config/gatehouse.yaml': 'issuer: http://auth.shop.test\n',
      'config/clients/app.yaml': `${WEB}redirect_uris: [http://app.test/cb]\nclient_secrets:\n  - value: Tm9ib2R5S25vd3NUaGlzU2VjcmV0\n  - env: APP_SECRET\n`,
    },
    {
      GATEHOUSE_MODE: 'production',
      GATEHOUSE_SECRET: 'too-short',
      APP_SECRET: 'change-me-change-me-change-me-change-me',
    },
  );
  expect(linesOf(problems)).toEqual([
    'environment:- GATEHOUSE_SECRET: has 9 bytes; production needs at least 32',
    'config/clients/app.yaml:3 redirect_uris[0]: must be https (http is allowed on localhost, 127.0.0.1 and [::1] only)',
    'config/clients/app.yaml:5 client_secrets[0].value: stands in clear in this file; production takes env, file or hash',
    'config/clients/app.yaml:6 client_secrets[1].env: the secret looks like an example secret or a placeholder',
    'config/gatehouse.yaml:1 issuer: must be https (http is allowed on localhost, 127.0.0.1 and [::1] only)',
    expect.stringContaining('config/gatehouse.yaml:1 database: production needs PostgreSQL'),
  ]);
});

describe('the master secret', () => {
  test.each([
    ['is missing', undefined, 'production needs a master secret of at least 32 bytes'],
    ['is short', 'x7Gd0qLmP2', 'has 10 bytes; production needs at least 32'],
    ['is a placeholder', 'please-CHANGE_ME-before-you-go-live-1234', 'looks like an example'],
    ['says example', 'an-example-secret-of-more-than-32-bytes', 'looks like an example'],
    ['is one key pressed for long', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'fewer than 10 different characters'],
    ['is that of the demo shop', 'gatehouse-demo-shop-secret-only-for-development', 'everybody can read'],
  ])('%s', (_what, secret, message) => {
    const env = { ...without('GATEHOUSE_SECRET'), ...(secret !== undefined && { GATEHOUSE_SECRET: secret }) };
    expect(linesOf(problemsOf({}, env))).toEqual([expect.stringContaining(message)]);
  });

  test('is told even when gatehouse.yaml cannot be parsed', () => {
    expect(linesOf(problemsOf({ 'config/gatehouse.yaml': 'a: [\n' }, without('GATEHOUSE_SECRET')))).toEqual([
      expect.stringContaining('GATEHOUSE_SECRET: production needs'),
      expect.stringContaining('config/gatehouse.yaml:'),
    ]);
  });
});

describe('who may sign up', () => {
  const file = (policy: string) => ({ 'config/gatehouse.yaml': `mfa: required\nregistration:\n  policy: ${policy}\n` });

  test('open needs a mail server, and is told where it stands', () => {
    expect(linesOf(problemsOf(file('open'), PRODUCTION))).toEqual([
      expect.stringContaining('config/gatehouse.yaml:3 registration.policy: "open" needs a mail server'),
    ]);
    const env = { ...PRODUCTION, GATEHOUSE_SMTP_URL: 'smtp://mail.shop.test' };
    expect(problemsOf(file('open'), env)).toEqual([]);
  });

  test.each(['invite', 'closed'])('%s needs none: the command line shows the link of an invitation', (policy) => {
    expect(problemsOf(file(policy), PRODUCTION)).toEqual([]);
  });
});

test('the issuer must be stated, not guessed', () => {
  expect(linesOf(problemsOf({}, without('GATEHOUSE_ISSUER')))).toEqual([
    expect.stringContaining('issuer: production needs the issuer stated'),
  ]);
});

test('a loopback issuer may be http', () => {
  expect(problemsOf({}, { ...PRODUCTION, GATEHOUSE_ISSUER: 'http://127.0.0.1:3000' })).toEqual([]);
});

describe('the embedded database', () => {
  const env = without('DATABASE_URL');

  test('needs an explicit yes', () => {
    expect(linesOf(problemsOf({ 'config/gatehouse.yaml': 'name: G\ndatabase: {pool_size: 3}\n' }, env))).toEqual([
      expect.stringContaining('config/gatehouse.yaml:2 database: production needs PostgreSQL'),
    ]);
  });

  test('is fine with one', () => {
    expect(problemsOf({ 'config/gatehouse.yaml': 'database: {embedded_in_production: true}\n' }, env)).toEqual([]);
  });
});

test('the mode may also stand in the file', () => {
  const env = without('GATEHOUSE_MODE', 'GATEHOUSE_SECRET');
  expect(linesOf(problemsOf({ 'config/gatehouse.yaml': 'mode: production\n' }, env))).toEqual([
    expect.stringContaining('GATEHOUSE_SECRET'),
  ]);
});

describe('a client in production', () => {
  const withSecret = (secret: string, env = {}) =>
    linesOf(
      problemsOf(
        {
          'config/clients/app.yaml': `${WEB}redirect_uris: [http://localhost/cb]\nclient_secrets: [${secret}]\n`,
          'config/clients/app.secret': 'gatehouse-demo-shop-secret-only-for-development\n',
        },
        { ...PRODUCTION, ...env },
      ),
    );

  test('may keep a loopback redirect', () => {
    expect(withSecret('{env: S}', { S: 'kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e' })).toEqual([]);
  });

  test('may not use a secret of ours from a file', () => {
    expect(withSecret('{file: app.secret}')).toEqual([expect.stringContaining('everybody can read')]);
  });

  test('may not use the hash of a secret of ours', () => {
    const hash = hashClientSecret('gatehouse-demo-shop-secret-only-for-development');
    expect(withSecret(`{hash: "${hash}"}`)).toEqual([expect.stringContaining('everybody can read')]);
  });

  test('links to https only', () => {
    const yaml = `${WEB}redirect_uris: [https://app.test/cb]\nclient_secrets: [{env: S}]\ntos_uri: http://localhost/tos\n`;
    const env = { S: 'kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e' };
    expect(linesOf(problemsOf({ 'config/clients/app.yaml': yaml }, { ...PRODUCTION, ...env }))).toEqual([
      'config/clients/app.yaml:5 tos_uri: must be https in production',
    ]);
    expect(problemsOf({ 'config/clients/app.yaml': yaml }, { ...env, GATEHOUSE_MODE: 'development' })).toEqual([]);
  });
});

test('requests of the server’s own may reach this machine in development only, and what the file names in both', () => {
  const privateHosts = (env: Record<string, string | undefined>) => {
    const files = configFiles({ 'config/gatehouse.yaml': 'outgoing: {private_hosts: [app.internal, 10.0.0.0/8]}\n' });
    return loadConfiguration({ env, ...files }).config.outgoing.privateHosts;
  };
  expect(privateHosts(PRODUCTION)).toEqual(['app.internal', '10.0.0.0/8']);
  expect(privateHosts(DEVELOPMENT)).toEqual(['app.internal', '10.0.0.0/8', '127.0.0.0/8', '::1']);
});

test('an app is told of sign-outs by https only; http on this machine is for development', () => {
  const client = `${WEB}redirect_uris: [https://app.test/cb]\nclient_secrets: [{env: S}]\n`;
  const problems = (uri: string, env: Record<string, string | undefined>) =>
    problemsOf(
      { 'config/clients/app.yaml': `${client}backchannel_logout_uri: ${uri}\n` },
      { ...env, S: 'kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e' },
    ).map(({ line, path, message }) => `${line} ${path}: ${message}`);
  expect(problems('https://app.test/logout?x=1', PRODUCTION)).toEqual([]);
  expect(problems('http://localhost:3001/logout', DEVELOPMENT)).toEqual([]);
  expect(problems('http://localhost:3001/logout', PRODUCTION)).toEqual([
    '5 backchannel_logout_uri: must be https in production',
  ]);
});
