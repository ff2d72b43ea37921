// Callers that send as slowly as they can do not keep their connection (security: T58).
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

test('who has not sent their headers after ten seconds is cut off, and others are served meanwhile', async () => {
  const started = performance.now();
  const sockets = Array.from({ length: 50 }, () => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: loc'));
    socket.on('error', () => {});
    return socket;
  });
  const closed = Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
  expect((await fetch(`${server.issuer}/livez`)).status).toBe(200);
  await closed;
  const seconds = (performance.now() - started) / 1000;
  expect(seconds).toBeGreaterThan(9);
  expect(seconds).toBeLessThan(20);
});
