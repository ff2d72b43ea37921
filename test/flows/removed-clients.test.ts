// What people have granted to an app whose client file is gone: kept for a day, in case it comes back.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../../src/observability/logger.ts';
import { keepHouse } from '../../src/server/housekeeping.ts';
import { type App, ASK, refresh, SPA, signedIn, WEB } from '../protocol/apps.ts';
import { movingClock } from '../support/moving-clock.ts';
import { CLIENTS, startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;
const OFFLINE = { scope: 'openid offline_access' };

beforeAll(async () => {
  server = await startTestServer({ watching: { events: false } });
});

afterAll(() => server.stop());

const fileOf = (app: App) => path.join(server.configDir, 'clients', `${app.clientId}.yaml`);

async function remove(app: App): Promise<void> {
  rmSync(fileOf(app));
  await server.reload();
}

async function restore(app: App): Promise<void> {
  writeFileSync(fileOf(app), CLIENTS[app.clientId] ?? '');
  await server.reload();
}

/** What the server does every minute, in a process that has these clients. */
async function minutePasses(clients = server.clients.current): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const log = createLogger({ level: 'info', format: 'json' }, { write });
  await keepHouse({ ...server.deps, log, clients, keptSeconds: 86_400 });
  return lines;
}

async function signedInAt(app: App, email: string) {
  await server.person({ email });
  const { tokens, browser } = await signedIn(server.issuer, { app, email, params: OFFLINE });
  return { refreshToken: tokens.refreshToken, browser };
}

const refreshed = async (app: App, token: string) => {
  const { status, body } = await refresh(server.issuer, app, token);
  return status === 200 ? 'refreshed' : String(body['error']);
};

test('a file that comes back within a day costs nobody a sign-in', async () => {
  const { refreshToken } = await signedInAt(WEB, 'jane@example.test');
  await minutePasses();
  await remove(WEB);
  await minutePasses();
  expect(await refreshed(WEB, refreshToken)).toBe('invalid_client');
  movingClock.advance({ hours: 23 });
  await minutePasses();
  await restore(WEB);
  expect(await refreshed(WEB, refreshToken)).toBe('refreshed');
  await minutePasses();

  // The day begins anew with the next absence, also if no minute passed while the file was there.
  await remove(WEB);
  await minutePasses();
  movingClock.advance({ hours: 23 });
  await minutePasses();
  await restore(WEB);
  expect(await refreshed(WEB, refreshToken)).toBe('refreshed');
});

test('after a day its grants are revoked and its consents forgotten, and those of others are not', async () => {
  const gone = await signedInAt(ASK, 'ann@example.test');
  const other = await signedInAt(WEB, 'bob@example.test');
  await minutePasses();
  await remove(ASK);
  await minutePasses();
  movingClock.advance({ hours: 24, minutes: 1 });
  expect(await minutePasses()).toContainEqual(
    expect.objectContaining({ event: 'client.forgotten', clientId: 'ask', grants: 1 }),
  );
  expect(await minutePasses()).toEqual([]);
  await restore(ASK);
  expect(await refreshed(ASK, gone.refreshToken)).toBe('invalid_grant');
  expect(await refreshed(WEB, other.refreshToken)).toBe('refreshed');
  const consents = await server.database.db.selectFrom('consents').selectAll().where('client_id', '=', 'ask').execute();
  expect(consents).toEqual([]);
});

test('while one process of several still has the file, the client is not missing', async () => {
  const { refreshToken } = await signedInAt(SPA, 'eve@example.test');
  const without = new Map([...server.clients.current()].filter(([id]) => id !== 'spa'));
  for (let hour = 0; hour < 30; hour += 1) {
    await minutePasses(() => without);
    await minutePasses();
    movingClock.advance({ hours: 1 });
  }
  expect(await refreshed(SPA, refreshToken)).toBe('refreshed');
});

test('the time while no server runs is counted only from when the file was first missed', async () => {
  const { refreshToken } = await signedInAt(WEB, 'tom@example.test');
  await minutePasses();
  movingClock.advance({ days: 3 });
  await remove(WEB);
  expect(await minutePasses()).toEqual([]);
  movingClock.advance({ hours: 23 });
  expect(await minutePasses()).toEqual([]);
  await restore(WEB);
  expect(await refreshed(WEB, refreshToken)).toBe('refreshed');
});
