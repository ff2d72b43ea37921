// gatehouse client new and client secret new: files are written so that they load, and secrets are shown once.
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { hashClientSecret, looksLikeOurSecret } from '../../src/clients/client-secret.ts';
import { loadConfiguration } from '../../src/clients/load-configuration.ts';
import { configFiles, DEVELOPMENT, PRODUCTION } from '../support/config-files.ts';
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
`;

/** No mode, no secret, no database: commands on files need none. */
const place = (files: Record<string, string> = {}, env: Record<string, string> = {}): Place => ({
  ...configFiles(files),
  env,
});

const read = ({ cwd }: Place, file: string) => readFileSync(path.join(cwd, file), 'utf8');
const clientsOf = ({ cwd, env }: Place) => loadConfiguration({ cwd, env: { ...DEVELOPMENT, ...env } }).clients;

const today = () => new Date().toISOString().slice(0, 10);

const withApp = () => place({ 'config/clients/app.yaml': APP }, { APP_SECRET: SECRET });

describe('client new', () => {
  test.each([
    ['web', ['--redirect-uri', 'https://app.test/cb', '--redirect-uri', 'https://app.test/other', '--name', 'An: App']],
    ['spa', ['--redirect-uri', 'https://app.test/cb']],
    ['native', ['--redirect-uri', 'com.example.app:/callback']],
    ['service', []],
  ])('writes a %s client that loads, in production too, with a secret where one can be kept', async (preset, words) => {
    const here = place();
    const { client_secret: secret, file } = await answerOf(here, [
      'client',
      'new',
      'app',
      '--preset',
      preset,
      ...words,
    ]);
    expect(file).toBe('config/clients/app.yaml');
    const text = read(here, 'config/clients/app.yaml');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/client\.schema\.json\n# /);
    expect(existsSync(path.join(here.cwd, 'config/client.schema.json'))).toBe(true);
    const client = clientsOf({ ...here, env: PRODUCTION }).get('app');
    expect(client).toMatchObject({ preset, clientName: preset === 'web' ? 'An: App' : 'app' });
    expect(client?.redirectUris).toEqual(words.filter((word) => /^(?:https|com)/.test(word)));
    expect(typeof secret === 'string' && looksLikeOurSecret(secret)).toBe(['web', 'service'].includes(preset));
    if (typeof secret !== 'string') return;
    expect(text).not.toContain(secret);
    expect(text).toContain(`- hash: ${hashClientSecret(secret)}\n    created: ${today()}\n`);
  });

  test.each(['web', 'service'])('and what it offers as comments for %s is right too', async (preset) => {
    const here = place();
    const redirect = preset === 'web' ? ['--redirect-uri', 'https://app.test/cb'] : [];
    await answerOf(here, ['client', 'new', 'app', '--preset', preset, ...redirect]);
    const file = path.join(here.cwd, 'config/clients/app.yaml');
    const meaning = () => ({ ...clientsOf(here).get('app'), source: undefined });
    const before = meaning();
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/^# (\w+: .*#)/gm, '$1'));
    expect(readFileSync(file, 'utf8')).toMatch(/^roles: /m);
    expect(meaning()).toEqual({
      ...before,
      roles: preset === 'web' ? { ...before.roles, include: ['*'] } : before.roles,
    });
  });

  test('tells people the secret once', async () => {
    const { stdout } = await gatehouse(place(), ['client', 'new', 'bot', '--preset', 'service']);
    expect(stdout).toMatch(
      /^Wrote config\/clients\/bot\.yaml\nWrote config\/client\.schema\.json, for editors\nSecret: ghs_\S+\nIt is shown only this once; the file has its hash\.\n$/,
    );
  });

  test('never overwrites', async () => {
    const here = withApp();
    const words = ['client', 'new', 'app', '--preset', 'web', '--redirect-uri', 'https://app.test/cb'];
    expect(await failureOf(here, words)).toMatchObject({ exitCode: 1, code: 'taken' });
    expect(read(here, 'config/clients/app.yaml')).toBe(APP);
    expect(readdirSync(path.join(here.cwd, 'config/clients'))).toEqual(['app.yaml']);
  });

  test.each([
    [['../app', '--preset', 'service'], 'client_id: expected 1 to 100 letters'],
    [['app', '--preset', 'web'], 'redirect_uris: preset web needs at least one'],
    [['app', '--preset', 'web', '--redirect-uri', 'http://app.test/cb'], 'redirect_uris[0]: must be https'],
    [['app', '--preset', 'service', '--redirect-uri', 'https://app.test'], 'redirect_uris: nobody signs in'],
    [['app', '--preset', 'service', '--name', 'a\nb: c'], 'client_name: must be one line'],
  ])('refuses %j and writes nothing', async (words, expected) => {
    const here = place();
    const failure = await failureOf(here, ['client', 'new', ...words]);
    expect(failure).toMatchObject({ exitCode: 1, code: 'invalid' });
    expect(failure.message).toContain(expected);
    expect(readdirSync(path.join(here.cwd, 'config'))).toEqual([]);
  });

  test('takes the four presets only', async () => {
    expect(await failureOf(place(), ['client', 'new', 'app', '--preset', 'wbe'])).toMatchObject({ exitCode: 2 });
    expect(await failureOf(place(), ['client', 'new', 'app'])).toMatchObject({ exitCode: 2 });
  });
});

describe('client secret new', () => {
  test('adds two lines to the file and keeps the rest as it is', async () => {
    const here = withApp();
    const file = path.join(here.cwd, 'config/clients/app.yaml');
    chmodSync(file, 0o640);
    const { client_secret: secret } = await answerOf(here, [
      'client',
      'secret',
      'new',
      'app',
      '--expires',
      '2999-03-01',
    ]);
    const hash = hashClientSecret(String(secret));
    const lines = APP.split('\n');
    expect(read(here, 'config/clients/app.yaml')).toBe(
      [
        ...lines.slice(0, 9),
        `  - hash: ${hash}`,
        `    created: ${today()}`,
        '    expires: 2999-03-01',
        ...lines.slice(9),
      ].join('\n'),
    );
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(clientsOf(here).get('app')?.secrets).toHaveLength(3);
    expect(readdirSync(path.join(here.cwd, 'config/clients'))).toEqual(['app.yaml']);
  });

  test('follows a link to the file, and leaves the link', async () => {
    const here = place({ 'elsewhere/app.yaml': APP, 'config/clients/other.txt': '' }, { APP_SECRET: SECRET });
    const link = path.join(here.cwd, 'config/clients/app.yaml');
    symlinkSync('../../elsewhere/app.yaml', link);
    await answerOf(here, ['client', 'secret', 'new', 'app']);
    expect(read(here, 'elsewhere/app.yaml')).toContain('- hash: $gatehouse-sha256$v1$');
    expect(readFileSync(link, 'utf8')).toBe(read(here, 'elsewhere/app.yaml'));
  });

  test('does not mind a variable that only the server has', async () => {
    const here = place({ 'config/clients/app.yaml': APP });
    expect((await gatehouse(here, ['client', 'secret', 'new', 'app'])).exitCode).toBe(0);
  });

  test.each([
    ['client_id: app\npreset: spa\nredirect_uris: [https://app.test/cb]\n', [], 'a public client cannot keep a secret'],
    [APP.replace(/client_secrets:.*roles/s, 'client_secrets: none\nroles'), [], 'client_secrets is not a list'],
    [APP, ['--expires', '2020-01-01'], 'has passed already'],
    [APP, ['--expires', 'tomorrow'], 'expected a date such as 2027-03-01'],
    ['client_id: [', [], 'config/clients/app.yaml:1'],
  ])('changes nothing where it would be wrong', async (yaml, words, expected) => {
    const here = place({ 'config/clients/app.yaml': yaml });
    const failure = await failureOf(here, ['client', 'secret', 'new', 'app', ...words]);
    expect(failure.exitCode).toBe(1);
    expect(failure.message).toContain(expected);
    expect(read(here, 'config/clients/app.yaml')).toBe(yaml);
  });

  test.each(['nobody', '../../etc/passwd'])('needs a file there is: %s', async (clientId) => {
    expect(await failureOf(withApp(), ['client', 'secret', 'new', clientId])).toMatchObject({ code: 'not_found' });
  });
});
