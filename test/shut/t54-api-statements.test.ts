// T54: whatever stands in a path or a query of the API, the database is asked what it is asked for harmless values: the same texts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAMS } from '../support/api.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { foreignTo, listensToStatements } from '../support/statement-texts.ts';
import { type ApiAsked, askingTheApi } from './asking-the-api.ts';
import { INJECTIONS } from './injections.ts';

const statements = listensToStatements();

let server: TestServer;
let api: ApiAsked;

beforeAll(async () => {
  server = await startTestServer({ clients: PROGRAMS });
  api = await askingTheApi(server);
});

afterAll(async () => {
  statements.stop();
  await server.stop();
});

describe('T54 the statements behind the API (Hydra CVE-2026-33504, Casdoor CVE-2022-24124, Kysely CVE-2026-32763)', () => {
  test('hostile paths, filters, orders and cursors ask nothing that harmless ones do not ask, and stand in no text', async () => {
    const harmless = await statements.during(() => api.harmlessly());
    expect(harmless.size).toBeGreaterThan(50);
    let tried = 0;
    const asked = await statements.during(async () => {
      tried = await api.hostilely(INJECTIONS, 3);
    });
    expect(tried).toBeGreaterThan(1000);
    expect(asked.size).toBeGreaterThan(30);
    expect(foreignTo(harmless, asked, INJECTIONS)).toEqual({ shapes: [], withValues: [] });
  }, 600_000);
});
