// SIGHUP to a running server: the client files are read again. A terminal that closes still ends what runs in it.
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { configFiles } from '../support/config-files.ts';
import { makeTestDatabase } from '../support/database.ts';
import { freePort } from '../support/start-server.ts';
import { MAIN, type Place, startProgram } from './command-line.ts';

const client = (id: string) => `client_id: ${id}\npreset: native\nredirect_uris: [http://127.0.0.1/callback]\n`;

async function development(): Promise<Place & { port: number; dataDir: string }> {
  const { dataDir, remove } = await makeTestDatabase('pglite');
  onTestFinished(remove);
  const port = await freePort();
  const env = { GATEHOUSE_MODE: 'development', GATEHOUSE_DATA_DIR: dataDir, PORT: String(port) };
  return { ...configFiles({ 'config/clients/one.yaml': client('one') }), env, port, dataDir };
}

test('SIGHUP reads the files again, says what it found, and the server runs on', async () => {
  const place = await development();
  const server = startProgram(place, ['serve']);
  await server.shows(/Ctrl-C stops it/);
  server.child.kill('SIGHUP');
  await server.shows(/clients\.unchanged/);

  const file = path.join(place.cwd, 'config/clients/two.yaml');
  writeFileSync(file, 'client_id: two\n');
  await server.shows(/clients\.reload_failed.*config\/clients\/two\.yaml:1 {2}preset: is missing/);
  server.child.kill('SIGHUP');
  await server.shows(/clients\.reload_failed.*clients\.reload_failed/s);
  writeFileSync(file, client('two'));
  await server.shows(/clients\.reloaded.*"added":\["two"\]/);

  expect((await fetch(`http://localhost:${place.port}/livez`)).status).toBe(200);
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
});

test('SIGHUP to a server that is still starting does not end it, and the files are read again when it has started', async () => {
  const place = await development();
  const server = startProgram(place, ['serve']);
  // It opens its database, and does not serve yet.
  const holder = path.join(place.dataDir, 'pglite/holder.json');
  await expect.poll(() => existsSync(holder), { timeout: 20_000, interval: 5 }).toBe(true);
  await expect(fetch(`http://localhost:${place.port}/livez`)).rejects.toThrow('fetch failed');
  server.child.kill('SIGHUP');
  await server.shows(/Ctrl-C stops it/);
  await server.shows(/clients\.unchanged/);
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
});

const SCRIPT = '/usr/bin/script';

test.skipIf(!existsSync(SCRIPT))('a terminal that is closed takes its server along', async () => {
  const { cwd, env, port } = await development();
  const command = `exec ${JSON.stringify(process.execPath)} ${JSON.stringify(MAIN)} serve`;
  const terminal = spawn(SCRIPT, ['--quiet', '--command', command, '/dev/null'], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void terminal.kill('SIGKILL'));
  const isAlive = () =>
    fetch(`http://localhost:${port}/livez`).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(isAlive, { timeout: 20_000 }).toBe(true);
  terminal.kill('SIGKILL');
  await expect.poll(isAlive, { timeout: 10_000 }).toBe(false);
});
