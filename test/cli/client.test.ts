// gatehouse client list, show and validate: operators look at client files, and have them checked.
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hashClientSecret } from '../../src/clients/client-secret.ts';
import { configFiles } from '../support/config-files.ts';
import { answerOf, failureOf, gatehouse, type Place } from './command-line.ts';

const SECRET = 'kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e';
const APP = `# our first app
client_id: app
client_name: The App
preset: web
redirect_uris: [https://app.test/cb]
client_secrets:
  - env: APP_SECRET   # from the vault
  - value: ${SECRET}
    expires: 2020-01-01
roles: { include: ["app-*"] }
access: { acr: mfa }
`;

/** No mode, no secret, no database: commands on files need none. */
const place = (files: Record<string, string> = {}, env: Record<string, string> = {}): Place => ({
  ...configFiles(files),
  env,
});

const withApp = () => place({ 'config/clients/app.yaml': APP }, { APP_SECRET: SECRET });

describe('client list', () => {
  test('shows every file, those with problems too', async () => {
    const here = place({
      'config/clients/app.yaml': APP,
      'config/clients/bad.yaml': 'client_id: bad\npreset: wbe\n',
      'config/clients/worse.yaml': ': [',
    });
    const { exitCode, stdout } = await gatehouse({ ...here, env: { APP_SECRET: SECRET } }, ['client', 'list']);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      'CLIENT  NAME  PRESET  AUTHENTICATION  FILE',
      'app  The App  web  client_secret_basic  config/clients/app.yaml',
      'bad  -  -  -  config/clients/bad.yaml (has problems)',
      '-  -  -  -  config/clients/worse.yaml (has problems)',
      '2 files have problems: gatehouse client validate',
      '',
    ]);
  });

  test('is empty without files, and makes nothing', async () => {
    const here = place();
    expect(await answerOf(here, ['client', 'list'])).toEqual({ clients: [] });
    expect(readdirSync(here.cwd)).toEqual(['config']);
  });

  test('outside a configuration directory says so', async () => {
    const failure = await failureOf({ cwd: '/nowhere', env: {} }, ['client', 'list']);
    expect(failure).toMatchObject({ exitCode: 1, code: 'configuration_invalid' });
    expect(failure.message).toContain('start in the right directory or set GATEHOUSE_CONFIG_DIR');
  });
});

describe('client show', () => {
  test('fills in what the preset decides, and shows no secret and no hash', async () => {
    const { stdout } = await gatehouse(withApp(), ['client', 'show', 'app']);
    expect(stdout).toMatch(/^authentication +client_secret_basic$/m);
    expect(stdout).toMatch(/^secrets +one without an end, one expired 2020-01-01 00:00Z$/m);
    expect(stdout).toMatch(/^scopes +openid profile email roles$/m);
    expect(stdout).toMatch(/^second factor +at every sign-in$/m);
    expect(stdout).toMatch(/^file +config\/clients\/app\.yaml:2$/m);
    const answer = await answerOf(withApp(), ['client', 'show', 'app']);
    expect(answer).toMatchObject({
      client_id: 'app',
      grant_types: ['authorization_code', 'refresh_token'],
      client_secrets: [
        { expires: null, expired: false },
        { expires: '2020-01-01T00:00:00.000Z', expired: true },
      ],
      access: { require_any_role: [], require_any_group: [], attributes: {}, acr: 'mfa' },
      roles: { include: ['app-*'], assign: [], claim: 'roles', as: 'array', strip_prefix: null },
    });
    for (const text of [stdout, JSON.stringify(answer)]) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(hashClientSecret(SECRET).slice(-43));
    }
  });

  test('of one that has problems tells these, and of one that is not there says so', async () => {
    const broken = place({ 'config/clients/app.yaml': APP });
    const failure = await failureOf(broken, ['client', 'show', 'app']);
    expect(failure).toMatchObject({ exitCode: 1, code: 'configuration_invalid' });
    expect(failure.message).toContain('config/clients/app.yaml:7  client_secrets[0].env: the environment variable');
    expect(await failureOf(broken, ['client', 'show', 'ap'])).toMatchObject({ exitCode: 1, code: 'not_found' });
  });
});

describe('client validate', () => {
  test('has nothing to say against good files, needs no mode, and makes nothing', async () => {
    const here = withApp();
    const { exitCode, stdout } = await gatehouse(here, ['client', 'validate']);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout:
        '1 client, no problems.\nTo look at:\n  config/clients/app.yaml:9  client_secrets[1].expires: has passed: this secret is not accepted\n',
    });
    expect(readdirSync(here.cwd)).toEqual(['config']);
  });

  const BROKEN = {
    'config/gatehouse.yaml': 'nmae: Gate\n',
    'config/clients/app.yaml': 'client_id: app\npreset: wbe\n',
    'config/clients/b.yaml': 'client_id: c\npreset: spa\nredirect_uris: [http://app.test/cb]\n',
  };

  test('lists every problem of every file and exits with 1', async () => {
    const { exitCode, stdout, stderr } = await gatehouse(place(BROKEN), ['client', 'validate']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      '4 problems:',
      expect.stringContaining('  config/clients/app.yaml:2  preset: expected'),
      expect.stringContaining('  config/clients/b.yaml:1  client_id: the file name must equal'),
      expect.stringContaining('  config/clients/b.yaml:3  redirect_uris[0]: must be https'),
      '  config/gatehouse.yaml:1  nmae: unknown key; did you mean "name"?',
      '',
    ]);
  });

  test('answers programs with the same list', async () => {
    const { exitCode, stdout } = await gatehouse(place(BROKEN), ['client', 'validate', '--json']);
    const answer = JSON.parse(stdout);
    expect({ exitCode, valid: answer.valid, clients: answer.clients }).toEqual({
      exitCode: 1,
      valid: false,
      clients: [],
    });
    expect(answer.problems).toContainEqual(
      expect.objectContaining({ file: 'config/clients/app.yaml', line: 2, path: 'preset' }),
    );
  });

  test('in production mode refuses what production refuses, without needing what a server needs', async () => {
    const here = place({ 'config/clients/app.yaml': APP }, { APP_SECRET: SECRET, GATEHOUSE_MODE: 'production' });
    const { exitCode, stdout } = await gatehouse(here, ['client', 'validate']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('client_secrets[1].value: stands in clear in this file');
    expect(stdout).toMatch(/^1 problem:/);
  });

  test('with --online also opens the pages that files point to', async () => {
    const server = createServer(({ url }, response) => void response.writeHead(url === '/terms' ? 404 : 200).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const here = place(
      { 'config/clients/app.yaml': `${APP}client_uri: ${url}/\ntos_uri: ${url}/terms\n` },
      { APP_SECRET: SECRET },
    );
    expect((await gatehouse(here, ['client', 'validate'])).exitCode).toBe(0);
    const { exitCode, stdout } = await gatehouse(here, ['client', 'validate', '--online']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('1 problem:\n  config/clients/app.yaml:13  tos_uri: answers 404\n');
  });
});
