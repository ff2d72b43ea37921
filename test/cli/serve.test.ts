// The program as a process: it starts, other commands work beside it, and it stops when it is told to.
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../src/observability/logger.ts';
import { demoEnvironment, startDemo } from '../../src/server/demo.ts';
import { configFiles, PRODUCTION } from '../support/config-files.ts';
import { makeTestDatabase, postgresAvailable } from '../support/database.ts';
import { databaseLine } from '../support/database-line.ts';
import { freePort } from '../support/start-server.ts';
import { answerOf, failureOf, gatehouse, type Place, startProgram } from './command-line.ts';

async function placeFor(env: Record<string, string>, files: Record<string, string> = {}): Promise<Place> {
  const { dataDir, remove } = await makeTestDatabase('pglite');
  onTestFinished(remove);
  return { ...configFiles(files), env: { GATEHOUSE_DATA_DIR: dataDir, ...env } };
}

const inDevelopment = ({ cwd, env }: Place): Place => ({ cwd, env: { ...env, GATEHOUSE_MODE: 'development' } });

const eventsIn = (output: string): string[] => output.match(/\b(?:server|demo)\.[a-z_]+/g) ?? [];

test('somebody starts the server, makes an account in another window, and stops the server', async () => {
  const port = await freePort();
  const window = await placeFor({ PORT: String(port) });
  const server = startProgram(inDevelopment(window), ['serve']);
  await server.shows(/Ctrl-C stops it/);
  expect(server.output()).toContain(`Gatehouse runs at http://localhost:${port}\n`);
  expect(server.output()).not.toContain('demo');
  await server.shows(/\/setup\?token=/);
  expect(server.output()).not.toContain('gatehouse user create');

  const create = startProgram(window, ['user', 'create', '--email', 'you@example.test', '--json']);
  expect(await create.ended).toBe(0);
  expect(JSON.parse(create.output())).toMatchObject({ email: 'you@example.test', password: expect.any(String) });

  const second = startProgram(inDevelopment(window), ['serve']);
  expect(await second.ended).toBe(1);
  expect(second.output()).toMatch(
    new RegExp(`^The embedded database in .* is in use by process ${server.child.pid}\\.`),
  );
  expect((await fetch(`http://localhost:${port}/livez`)).status).toBe(200);

  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(eventsIn(server.output())).toEqual(['server.started', 'server.stopping', 'server.stopped']);

  // There is somebody now: no link is printed, but how to make more people.
  const again = startProgram(inDevelopment(window), ['serve']);
  await again.shows(/gatehouse user create/);
  expect(again.output()).not.toContain('/setup?token=');
  again.child.kill('SIGTERM');
  expect(await again.ended).toBe(0);
});

test('npm start runs the demo beside the server, makes its roles, and Ctrl-C stops both', async () => {
  const shopUrl = `http://localhost:${await freePort()}`;
  const apiUrl = `http://localhost:${await freePort()}`;
  const demo = { SHOP_URL: shopUrl, SHOP_API_URL: apiUrl };
  const place = inDevelopment(await placeFor({ PORT: String(await freePort()), ...demo }));
  const server = startProgram(place, ['serve', '--demo']);
  await server.shows(/demo\.says Demo Shop is open/);
  await server.shows(/demo\.says Shop API is open/);
  expect(server.output()).toContain(`The demo shop runs at ${shopUrl}\n`);
  expect(server.output()).toContain(`Its API runs at ${apiUrl}\n`);
  expect((await fetch(shopUrl)).status).toBe(200);
  expect((await fetch(`${apiUrl}/earnings`)).status).toBe(401);
  expect(await (await fetch(`http://localhost:${place.env['PORT']}/`)).text()).toContain(`href="${shopUrl}"`);
  const roles = ['--role', 'vendor', '--role', 'shop-admin'];
  await answerOf(place, ['user', 'create', '--email', 'you@example.test', ...roles]);

  // Twice, as npm passes on the signal that the terminal has sent to everybody.
  server.child.kill('SIGINT');
  server.child.kill('SIGINT');
  expect(await server.ended).toBe(0);
  await expect(fetch(shopUrl)).rejects.toThrow('fetch failed');
  await expect(fetch(apiUrl)).rejects.toThrow('fetch failed');
});

const PRODUCTION_FILE = 'database:\n  embedded_in_production: true\n';
const production = async () => {
  const env = { ...PRODUCTION, DATABASE_URL: '', PORT: String(await freePort()) } as Record<string, string>;
  return placeFor(env, { 'config/gatehouse.yaml': PRODUCTION_FILE });
};

test('in production there is no demo, every line is JSON, and a second signal ends it at once', async () => {
  const place = await production();
  const server = startProgram(place, ['serve', '--demo']);
  await server.shows(/setup\.link_printed/);
  const lines = server
    .stdout()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ event }) => event)).toEqual([
    'demo.refused',
    'mail.not_configured',
    'server.started',
    'setup.link_printed',
  ]);

  // A request that never ends keeps the server waiting.
  const socket = await connected(Number(place.env['PORT']));
  socket.write('POST /token HTTP/1.1\r\nHost: auth.shop.test\r\nContent-Length: 10\r\n\r\nab');
  await sleep(200);
  server.child.kill('SIGTERM');
  await server.shows(/server\.stopping/);
  await sleep(700);
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(1);
});

const connected = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.once('connect', () => resolve(socket)).on('error', reject);
  });

/** A port somebody else has. */
async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('a port for the figures that is taken is named as theirs, and nothing keeps running', async () => {
  const taken = await takenPort();
  const files = { 'config/gatehouse.yaml': `metrics: { port: ${taken} }\n` };
  const env = { PORT: String(await freePort()), GATEHOUSE_LOG_LEVEL: 'silent' };
  const { exitCode, stderr } = await gatehouse(inDevelopment(await placeFor(env, files)), ['serve']);
  expect([exitCode, stderr]).toEqual([
    1,
    `Port ${taken} on 127.0.0.1 is in use by another program. Stop that, or choose another port: metrics: in gatehouse.yaml.\n`,
  ]);
  await expect(fetch(`http://127.0.0.1:${env.PORT}/livez`)).rejects.toThrow('fetch failed');
});

test('a port that is taken is named, in words or in JSON, and the database is let go', async () => {
  const port = await takenPort();
  const place = inDevelopment(await placeFor({ PORT: String(port), GATEHOUSE_LOG_LEVEL: 'silent' }));
  expect(await gatehouse(place, ['serve'])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: `Port ${port} on 127.0.0.1 is in use by another program. Stop that, or choose another port: PORT and HOST, or server: in gatehouse.yaml.\n`,
  });
  expect(await failureOf(place, ['serve'])).toMatchObject({ exitCode: 1, code: 'address_unavailable' });
  expect((await gatehouse(place, ['user', 'list'])).exitCode).toBe(0);
});

test('where the log is JSON, so is the reason why the server did not start', async () => {
  const place = await production();
  const env = { ...place.env, PORT: String(await takenPort()), GATEHOUSE_LOG_LEVEL: 'silent' };
  const { exitCode, stdout, stderr } = await gatehouse({ ...place, env }, ['serve']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(JSON.parse(stderr).error.code).toBe('address_unavailable');
});

test.for(['SHOP_URL', 'SHOP_API_URL'])(
  'when the port of %s is taken, one line says so and the rest runs',
  async (name) => {
    const lines: Record<string, unknown>[] = [];
    const write = (line: string) => void lines.push(JSON.parse(line));
    const log = createLogger({ level: 'info', format: 'json' }, { write });
    const free = `http://localhost:${await freePort()}`;
    const taken = `http://localhost:${await takenPort()}`;
    const env = { PATH: process.env['PATH'], SHOP_URL: free, SHOP_API_URL: free, [name]: taken };
    const demo = startDemo({ issuer: 'http://localhost:3000', env, log });
    onTestFinished(() => demo.stop());
    await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(2);
    await demo.stop();
    expect(lines).toHaveLength(2);
    expect(lines).toContainEqual(expect.objectContaining({ event: 'demo.port_taken', url: taken }));
    expect(lines).toContainEqual(expect.objectContaining({ event: 'demo.says', msg: expect.stringContaining(free) }));
    expect(String(lines.find(({ event }) => event === 'demo.port_taken')?.['msg'])).toContain(name);
  },
);

test('the demo gets its own settings and none of the secrets of the server', () => {
  const env = {
    PATH: '/bin',
    SHOP_URL: 'http://localhost:1',
    SHOP_API_URL: 'http://localhost:2',
    GATEHOUSE_SECRET: 'secret',
    GATEHOUSE_SECRET_FILE: '/secret',
    DATABASE_URL: 'postgres://u:p@h/d',
    PGPASSWORD: 'secret',
    SOMETHING_TOKEN: 'secret',
  };
  expect(demoEnvironment(env)).toEqual({
    PATH: '/bin',
    SHOP_URL: 'http://localhost:1',
    SHOP_API_URL: 'http://localhost:2',
  });
});

describe.skipIf(!postgresAvailable())('a PostgreSQL that is not there', () => {
  const SHORT = { 'config/gatehouse.yaml': 'database: { start_wait_seconds: 1 }\n' };

  async function cutOff(files: Record<string, string> = {}) {
    const { url = '', remove } = await makeTestDatabase('postgres');
    const line = await databaseLine(url);
    onTestFinished(async () => {
      await line.close();
      await remove();
    });
    await line.refuse();
    const place = inDevelopment(await placeFor({ PORT: String(await freePort()), DATABASE_URL: line.url }, files));
    return { line, server: startProgram(place, ['serve', '--json']) };
  }

  test('yet is waited for, and the log says so', async () => {
    const { line, server } = await cutOff();
    await server.shows(/"event":"database\.awaited".*ECONNREFUSED/);
    await line.mend();
    await server.shows(/server\.started/);
  });

  test('at all ends the start with an explanation, once the time is over', async () => {
    const { server } = await cutOff(SHORT);
    expect(await server.ended).toBe(1);
    expect(server.output()).toContain('"code":"database_unavailable"');
    expect(server.output()).toMatch(/Waited 1 s\. Is PostgreSQL running, and is DATABASE_URL right\?/);
  });

  test('keeps nobody from stopping the server that waits', async () => {
    const { server } = await cutOff();
    await server.shows(/database\.awaited/);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });
});

test('a server with another master secret than the database knows says so, and does not start', async () => {
  const place = inDevelopment(await placeFor({ PORT: String(await freePort()) }));
  const first = startProgram(place, ['serve']);
  await first.shows(/Ctrl-C stops it/);
  first.child.kill('SIGTERM');
  await first.ended;
  const other = {
    ...place,
    env: { ...place.env, GATEHOUSE_SECRET: 'Vm9uLWVpbmVtLWFuZGVyZW4tVGFnLWVpbi1hbmRlcmVyLVdlcnQ' },
  };
  const failure = await failureOf(other, ['serve']);
  expect(failure).toMatchObject({ code: 'wrong_secret' });
  expect(failure.message).toContain('Give GATEHOUSE_SECRET or GATEHOUSE_SECRET_FILE its former value');
});

test('in production a stopping server answers that it is not ready before it stops listening', async () => {
  const place = await production();
  const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${place.env['PORT']}${path}`)).status;
  const server = startProgram(place, ['serve']);
  await server.shows(/server\.started/);
  expect(await statusOf('/readyz')).toBe(200);
  server.child.kill('SIGTERM');
  await server.shows(/server\.stopping/);
  expect([await statusOf('/readyz'), await statusOf('/livez')]).toEqual([503, 200]);
  expect(await server.ended).toBe(0);
});
