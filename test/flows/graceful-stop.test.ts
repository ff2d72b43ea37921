// Stopping: no new work, what is under way is finished, and then everything is closed.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PASSWORD, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

/** A sign-in whose form is on its way: all of the request but its last bytes has arrived. */
async function halfPosted(server: TestServer): Promise<{ socket: Socket; rest: string; answer: Promise<string> }> {
  await server.person({ email: 'ada@example.test' });
  const { browser } = await visits(server);
  const { action, data } = browser.form({ identifier: 'ada@example.test', password: PASSWORD }, 'Sign in');
  const { host, pathname, search } = new URL(action);
  const body = new URLSearchParams(data).toString();
  const socket = connect(server.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  socket.on('error', () => {});
  const answer = once(socket, 'close').then(() => text);
  socket.write(
    [
      `POST ${pathname}${search} HTTP/1.1`,
      `Host: ${host}`,
      `Cookie: ${await browser.jar.getCookieString(action)}`,
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
      '',
      body.slice(0, -5),
    ].join('\r\n'),
  );
  await sleep(100);
  return { socket, rest: body.slice(-5), answer };
}

const events = (server: TestServer) => server.logLines.map(({ event }) => event);

test('a request under way is answered, new ones are not taken, and then the server is gone', async () => {
  const server = await startTestServer();
  const { socket, rest, answer } = await halfPosted(server);
  expect((await fetch(`${server.issuer}/readyz`)).status).toBe(200);
  const stopped = server.stop();
  expect(server.readiness.state).toBe('stopping');
  // Who had connected when it stopped is answered; soon after nobody is taken any more.
  const isTaken = () => fetch(`${server.issuer}/livez`).then(Boolean, () => false);
  await expect.poll(isTaken, { timeout: 10_000 }).toBe(false);
  expect(events(server)).not.toContain('server.stopped');
  const written = performance.now();
  socket.write(rest);
  // The caller would keep the connection: the server does not wait for what it may ask next.
  expect(await answer).toMatch(/^HTTP\/1\.1 303 /);
  await stopped;
  expect(performance.now() - written).toBeLessThan(5000);
  expect(events(server).filter((event) => String(event).startsWith('server.'))).toEqual([
    'server.started',
    'server.stopping',
    'server.stopped',
  ]);
  expect(server.logLines.filter(({ level }) => level === 'error')).toEqual([]);
});

test('a request that does not end is cut off when the time is up', async () => {
  const server = await startTestServer({ settings: `server: { drain_seconds: 1 }${RESOURCES}` });
  const { answer } = await halfPosted(server);
  const before = performance.now();
  await server.stop();
  expect(performance.now() - before).toBeGreaterThan(900);
  expect(performance.now() - before).toBeLessThan(5000);
  expect(await answer).not.toContain('303');
});
