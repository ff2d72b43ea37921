// A process takes one new connection a turn: what is asked of it has to come on those that it has.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { Agent, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { nginxAvailable, startNginx } from '../support/nginx.ts';
import { freePort } from '../support/start-server.ts';

const APPS = 200;
const ROUNDS = 3;

test.skipIf(!nginxAvailable())(
  'apps that all ask at once find a way to a process that is open already',
  async () => {
    const waiting: ServerResponse[] = [];
    let connections = 0;
    // Answers when all have come, so that each is on a connection of its own.
    const server = createServer({ keepAliveTimeout: 65_000 }, (_req, res) => {
      waiting.push(res);
      if (waiting.length === APPS) for (const each of waiting.splice(0)) each.end('here');
    });
    server.on('connection', () => {
      connections += 1;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const nginx = await startNginx({ port: await freePort(), upstreams: [(server.address() as AddressInfo).port] });
    onTestFinished(() => nginx.stop());
    const agent = new Agent({ ca: nginx.certificate, keepAlive: true, maxSockets: APPS });
    onTestFinished(() => agent.destroy());
    const asks = () =>
      new Promise<number | undefined>((resolve, reject) => {
        get(`${nginx.origin}/jwks`, { agent }, (answer) => {
          answer.resume().once('end', () => resolve(answer.statusCode));
        }).once('error', reject);
      });

    for (let round = 0; round < ROUNDS; round += 1) {
      const statuses = await Promise.all(Array.from({ length: APPS }, asks));
      expect(new Set(statuses)).toEqual(new Set([200]));
    }
    expect(connections).toBeGreaterThanOrEqual(APPS);
    // A few may be asked for again before nginx has put them back.
    expect(connections).toBeLessThan(APPS * 1.1);
  },
  30_000,
);
