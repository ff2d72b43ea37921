// A server that is about to stop says so on every connection, so that a proxy sends nothing on one that is just being closed; and
// whoever has come before it stops listening is answered.
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { startTestServer } from '../../support/start-server.ts';

test('an answer of a stopping server ends its connection, and none before', async () => {
  const server = await startTestServer();
  try {
    const connection = async () => (await fetch(`${server.issuer}/livez`)).headers.get('connection');
    expect(await connection()).toBe('keep-alive');
    server.readiness.set('stopping');
    expect(await connection()).toBe('close');
  } finally {
    await server.stop();
  }
});

const VISITORS = 8;

/** In a thread of its own: each connects, sends a request, and says what came back. */
const VISITS = `
const { connect } = require('node:net');
const { parentPort, workerData: { port, visitors, connected } } = require('node:worker_threads');
const seen = new Int32Array(connected);
const visit = () => new Promise((resolve) => {
  let answer = '';
  const socket = connect(port, '127.0.0.1', () => {
    socket.write('POST /token HTTP/1.1\\r\\nHost: localhost:' + port + '\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n', () => {
      Atomics.add(seen, 0, 1);
      Atomics.notify(seen, 0);
    });
  });
  socket.setEncoding('utf8').on('data', (text) => { answer += text; });
  socket.on('error', (error) => resolve(error.code)).on('close', () => resolve(answer.slice(0, 12)));
});
Promise.all(Array.from({ length: visitors }, visit)).then((answers) => parentPort.postMessage(answers));
`;

test('who is connected before a busy server stops listening is answered', async () => {
  const server = await startTestServer();
  const connected = new SharedArrayBuffer(4);
  const { port } = new URL(server.issuer);
  const visiting = new Worker(VISITS, { eval: true, workerData: { port, visitors: VISITORS, connected } });
  const answers = new Promise((resolve) => visiting.once('message', resolve));
  // Nothing else is done here until all of them have sent what they want.
  const seen = new Int32Array(connected);
  const until = performance.now() + 30_000;
  for (let count = 0; count < VISITORS && performance.now() < until; count = Atomics.load(seen, 0)) {
    Atomics.wait(seen, 0, count, 1_000);
  }
  await server.stop();
  expect(await answers).toEqual(Array.from({ length: VISITORS }, () => 'HTTP/1.1 400'));
  await visiting.terminate();
});
