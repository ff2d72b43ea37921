// A server that cannot be started to the end is none: nobody is left talking to half of it.
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfiguration } from '../../src/clients/load-configuration.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { startServer } from '../../src/server/life-cycle.ts';
import { configFiles } from '../support/config-files.ts';
import { makeTestDatabase } from '../support/database.ts';
import { freePort } from '../support/start-server.ts';

test('what fails after the first connections ends them, and the port, the database and all work are given back', async () => {
  const place = await makeTestDatabase();
  onTestFinished(place.remove);
  const port = await freePort();
  const { cwd } = configFiles({});
  const env = {
    GATEHOUSE_MODE: 'development',
    GATEHOUSE_DATA_DIR: place.dataDir,
    HOST: '127.0.0.1',
    PORT: String(port),
  };
  const { config, clients } = loadConfiguration({ env, cwd });
  let ended: Promise<unknown> | undefined;
  const log = createLogger({ level: 'info', format: 'json' }, { write: () => undefined });
  const failing = Object.create(log, {
    info: {
      value: (line: { event?: string }) => {
        if (line.event !== 'server.started') return;
        const socket = connect(port, '127.0.0.1');
        ended = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
        throw new Error('nobody can write this down');
      },
    },
  }) as typeof log;
  const options = { config, clients, files: { env, cwd }, log: failing };
  await expect(startServer(options)).rejects.toThrow('nobody can write this down');
  await ended;
  await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow('fetch failed');
  // Port and database are free: the next one has them.
  const server = await startServer({ ...options, log });
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  await server.stop();
});
