// The link that makes the first administrator, at the command line and at the first start.
import { expect, onTestFinished, test } from 'vitest';
import { configFiles, PRODUCTION } from '../support/config-files.ts';
import { makeTestDatabase } from '../support/database.ts';
import { newBrowser } from '../support/sign-in.ts';
import { freePort } from '../support/start-server.ts';
import { answerOf, developmentPlace, failureOf, gatehouse, type Place, startProgram } from './command-line.ts';

const LINK = /http\S+\/setup\?token=[\w-]{43}/;

async function dataDir(): Promise<string> {
  const place = await makeTestDatabase('pglite');
  onTestFinished(place.remove);
  return place.dataDir;
}

async function serverPlace(): Promise<{ place: Place; issuer: string }> {
  const port = String(await freePort());
  const place = developmentPlace(await dataDir());
  return { place: { ...place, env: { ...place.env, PORT: port } }, issuer: `http://localhost:${port}` };
}

test('the command prints a link, each time another, until there has been an administrator', async () => {
  const place = developmentPlace(await dataDir());
  const first = await answerOf(place, ['setup', 'link']);
  const second = await answerOf(place, ['setup', 'link']);
  expect(first).toEqual({ url: expect.stringMatching(LINK), expires_at: expect.stringMatching(/^\d{4}-.*Z$/) });
  expect(second['url']).not.toBe(first['url']);
  const { stdout, stderr, exitCode } = await gatehouse(place, ['setup', 'link']);
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  expect(stdout).toMatch(LINK);
  expect(stdout).toMatch(/once, until \d{4}-\d\d-\d\d \d\d:\d\d UTC/);

  await answerOf(place, ['user', 'create', '--email', 'root@example.test', '--role', 'gatehouse:admin']);
  await answerOf(place, ['user', 'delete', 'root@example.test', '--yes']);
  const failure = await failureOf(place, ['setup', 'link']);
  expect(failure).toMatchObject({ exitCode: 1, code: 'already_set_up' });
  expect(failure.message).toContain('gatehouse user create --email you@example.com --role gatehouse:admin');
});

test('the first start prints a link that works; the next start prints another, and the first is void', async () => {
  const { place, issuer } = await serverPlace();
  const server = startProgram(place, ['serve']);
  const [first] = await server.shows(LINK);
  expect(first.startsWith(`${issuer}/setup?token=`)).toBe(true);
  expect((await newBrowser().open(first)).title).toBe('Make yourself the administrator');
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);

  const again = startProgram(place, ['serve']);
  const [second] = await again.shows(LINK);
  expect(second).not.toBe(first);
  expect((await newBrowser().open(first)).title).toBe('This set-up link does not work any more');
  expect((await newBrowser().open(second)).title).toBe('Make yourself the administrator');
  await answerOf(place, ['user', 'create', '--email', 'ann@example.test']);
  again.child.kill('SIGTERM');
  await again.ended;

  const third = startProgram(place, ['serve']);
  await third.shows(/Ctrl-C stops it/);
  expect((await fetch(`${issuer}/livez`)).status).toBe(200);
  expect(third.output()).not.toMatch(LINK);
});

test('in production the link is on stderr and in no line of the log', async () => {
  const { place } = await serverPlace();
  const files = configFiles({ 'config/gatehouse.yaml': 'database:\n  embedded_in_production: true\n' });
  const env = { ...place.env, ...PRODUCTION, DATABASE_URL: '', GATEHOUSE_LOG_LEVEL: 'debug' };
  const server = startProgram({ ...files, env }, ['serve']);
  await server.shows(LINK);
  await server.shows(/setup\.link_printed/);
  const lines = server.stdout().trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).event)).toContain('setup.link_printed');
  expect(server.stdout()).not.toContain('token=');
});
