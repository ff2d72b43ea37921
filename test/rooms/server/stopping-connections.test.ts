// A server that is about to stop says so on every connection, so that a proxy sends nothing on one that is just being closed.
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
