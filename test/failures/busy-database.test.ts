// While all connections to PostgreSQL are taken: who waits for them, and who is told to come back.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refresh, SPA, signedIn } from '../protocol/apps.ts';
import { postgresAvailable } from '../support/database.ts';
import { authorizationRequest } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

describe.skipIf(!postgresAvailable())('when people have waited too long for a connection', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: 'postgres' });
    await server.person({ email: 'pia@example.test' });
  });
  afterAll(() => server.stop());

  test('whoever begins a sign-in is asked to come back, and an app that refreshes is let in', async () => {
    const { tokens } = await signedIn(server.issuer, { app: SPA, email: 'pia@example.test' });
    const begins = () => fetch(authorizationRequest(server.issuer).url, { redirect: 'manual' });
    const taken = Array.from({ length: server.config.database.poolSize }, () => Promise.withResolvers<void>());
    const { promise: freed, resolve: free } = Promise.withResolvers<void>();
    const holders = taken.map(({ resolve }) =>
      server.database.db.connection().execute(() => {
        resolve();
        return freed;
      }),
    );
    await Promise.all(taken.map(({ promise }) => promise));
    const first = begins();
    await sleep(700);
    const second = await begins();
    const app = refresh(server.issuer, SPA, tokens.refreshToken);
    await sleep(50);
    free();
    await Promise.all(holders);
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await app).status).toBe(200);
    expect((await first).status).toBe(303);
  });
});
