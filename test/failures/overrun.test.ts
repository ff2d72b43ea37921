// More is asked for than the database can do: who comes new is told so before anybody looks at what they want.
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

describe.skipIf(!postgresAvailable())('while all connections are in use for long', { timeout: 60_000 }, () => {
  let place: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    place = await makeTestDatabase('postgres');
    server = await startTestServer({
      env: { DATABASE_URL: place.url ?? '' },
      settings: `database: { pool_size: 2 }\n${RESOURCES}`,
    });
  });
  afterAll(async () => {
    await server.stop();
    await place.remove();
  });

  const askedBy = (client: string) =>
    fetch(`${server.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: client }),
    });
  const statusFor = async (client: string) => (await askedBy(client)).status;

  test('a client that nobody knows is asked to come back, and learns later that it is unknown', async () => {
    expect(await statusFor('nobody')).toBe(401);
    const locking = new Client({ connectionString: place.url });
    await locking.connect();
    await locking.query('begin; lock table oidc_payloads in access exclusive mode');
    const waiting: Promise<number>[] = [];
    const whileMoreCome = async () => {
      waiting.push(statusFor('spa'), statusFor('spa'), statusFor('spa'));
      return statusFor('nobody');
    };
    await expect.poll(whileMoreCome, { timeout: 30_000, interval: 100 }).toBe(503);
    await locking.query('rollback');
    await locking.end();
    await Promise.all(waiting);
    await expect.poll(() => statusFor('nobody'), { timeout: 30_000 }).toBe(401);
  });
});
