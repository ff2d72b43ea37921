// Callers that send as slowly as they can do not keep their connection.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

describe('T58 slow callers and floods of connections (CVE-2007-6750 Slowloris, ASVS 15.2.2)', () => {
  test('five hundred who never finish their headers are cut off after ten seconds, and others are served meanwhile', async () => {
    const started = performance.now();
    const sockets = Array.from({ length: 500 }, () => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: loc'));
      socket.on('error', () => {});
      return socket;
    });
    const closed = Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
    for (let visit = 0; visit < 20; visit += 1) {
      expect((await fetch(`${server.issuer}/.well-known/openid-configuration`)).status).toBe(200);
    }
    await closed;
    const seconds = (performance.now() - started) / 1000;
    expect(seconds).toBeGreaterThan(9);
    expect(seconds).toBeLessThan(20);
  });

  test('a body that comes a byte at a time is waited for ten seconds, no longer', async () => {
    const started = performance.now();
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = once(socket.resume(), 'close');
    const { host } = new URL(server.issuer);
    const form = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000';
    socket.write(`POST /token HTTP/1.1\r\nHost: ${host}\r\n${form}\r\n\r\n`);
    const drip = setInterval(() => socket.write('a'), 200);
    await closed;
    clearInterval(drip);
    expect((performance.now() - started) / 1000).toBeLessThan(40);
  });
});
