// T54: PostgreSQL itself says that hostile values are values: after them it has parsed no shape of statement that it had not before.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { PROGRAMS } from '../support/api.ts';
import { postgresAvailable } from '../support/database.ts';
import { markedEverywhere } from '../support/marked.ts';
import { newSigningClient, type SigningClient } from '../support/signing-client.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { type StatementShapes, startShapesPostgres } from '../support/statement-shapes.ts';
import { askingTheApi } from './asking-the-api.ts';
import { askingTheConsole } from './asking-the-console.ts';
import { showsEverywhere } from './asking-with-tokens.ts';
import { INJECTIONS } from './injections.ts';

const HARMLESS_TOKENS = [
  '',
  'x',
  'A'.repeat(43),
  '01a00000-0000-7000-8000-000000000000',
  'a@example.test',
  'z'.repeat(900),
];

describe.skipIf(!postgresAvailable())(
  'T54 shapes of statements (Hydra CVE-2026-33504, Casdoor CVE-2022-24124, Kysely CVE-2026-32763)',
  () => {
    let shapes: StatementShapes;
    let server: TestServer;
    let signer: SigningClient;

    beforeAll(async () => {
      markedEverywhere?.leaveOut([...INJECTIONS, ...HARMLESS_TOKENS]);
      // What the server does by itself, by the minute, is none of what it is asked: without its timers it does nothing of that.
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      [shapes, signer] = await Promise.all([startShapesPostgres(), newSigningClient('signer')]);
      const clients = { ...PROGRAMS, signer: signer.file };
      server = await startTestServer({ clients, env: { DATABASE_URL: shapes.url }, logLevel: 'silent' });
    });

    afterAll(async () => {
      vi.useRealTimers();
      await server?.stop();
      await shapes?.stop();
    });

    /** Those that are new after some work. */
    async function newShapesOf(work: () => Promise<unknown>): Promise<readonly string[]> {
      const before = await shapes.all();
      await work();
      return [...(await shapes.all())].filter(([id]) => !before.has(id)).map(([, text]) => text);
    }

    test('hostile filters, orders, cursors, paths, tokens and kids add none to those of harmless ones', async () => {
      const [inConsole, atApi] = [await askingTheConsole(server), await askingTheApi(server)];
      const harmless = await newShapesOf(async () => {
        await inConsole.harmlessly();
        await atApi.harmlessly();
        for (let round = 0; round < 3; round += 1) await showsEverywhere(server, signer, HARMLESS_TOKENS);
      });
      expect(harmless.length).toBeGreaterThan(100);
      let tried = 0;
      const hostile = await newShapesOf(async () => {
        tried += await inConsole.hostilely(INJECTIONS, { busiest: 2, others: 14 });
        tried += await atApi.hostilely(INJECTIONS, 6);
        tried += await showsEverywhere(server, signer, INJECTIONS);
      });
      expect(tried).toBeGreaterThan(2000);
      expect(hostile).toEqual([]);
    }, 600_000);

    test('a value that became a piece of a statement would be found out', async () => {
      const { db } = server.database;
      const careless = (q: string) => sql.raw(`select id from accounts where email = '${q}'`).execute(db);
      expect(await newShapesOf(() => careless('ada'))).toHaveLength(1);
      expect(await newShapesOf(() => careless('ben'))).toEqual([]);
      expect(await newShapesOf(() => careless("' or 'a'='a"))).toHaveLength(1);
      const ordered = (by: string) => sql.raw(`select id from accounts order by ${by}`).execute(db);
      expect(await newShapesOf(() => ordered('email'))).toHaveLength(1);
      expect(await newShapesOf(() => ordered('email desc, (select 1)'))).toHaveLength(1);
    });
  },
);
