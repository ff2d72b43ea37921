// T54: whatever is typed into the console, the database is asked what it is asked for harmless values: the same texts.
import { createServer } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, startTestServer, type TestServer } from '../support/start-server.ts';
import { foreignTo, listensToStatements } from '../support/statement-texts.ts';
import { askingTheConsole, type ConsoleAsked } from './asking-the-console.ts';
import { INJECTIONS } from './injections.ts';

const statements = listensToStatements();

let server: TestServer;
let console_: ConsoleAsked;

beforeAll(async () => {
  server = await startTestServer();
  console_ = await askingTheConsole(server);
});

afterAll(async () => {
  statements.stop();
  await server.stop();
});

describe('T54 the statements behind the console (Hydra CVE-2026-33504, Casdoor CVE-2022-24124, Kysely CVE-2026-32763)', () => {
  test('hostile filters, orders, cursors and paths ask nothing that harmless ones do not ask, and stand in no text', async () => {
    const harmless = await statements.during(() => console_.harmlessly());
    expect(harmless.size).toBeGreaterThan(20);
    let tried = 0;
    const asked = await statements.during(async () => {
      tried = await console_.hostilely(INJECTIONS, { busiest: 1, others: 7 });
    });
    expect(tried).toBeGreaterThan(1000);
    expect(asked.size).toBeGreaterThan(20);
    expect(foreignTo(harmless, asked, INJECTIONS)).toEqual({ shapes: [], withValues: [] });
  }, 600_000);

  test('a page that put a value into the text of a statement would be found out', async () => {
    const careless = createServer(async (request, answer) => {
      const q = new URL(request.url ?? '', 'http://localhost').searchParams.get('q');
      const { db } = server.database;
      await sql`select ${sql.lit(q)} as q`.execute(db);
      await sql`select ${q}::text as q`.execute(db);
      answer.end();
    });
    const port = await freePort();
    await new Promise<void>((resolve) => careless.listen(port, '127.0.0.1', resolve));
    const asks = (q: string) =>
      statements.during(() => fetch(`http://127.0.0.1:${port}/?${new URLSearchParams({ q })}`));
    const harmless = await asks('ada');
    expect([...harmless].sort()).toEqual(['select $1::text as q', "select 'ada' as q"]);
    for (const hostile of ["' or 1=1--", '1 or 1=1']) {
      const planted = [`select '${hostile.replaceAll("'", "''")}' as q`];
      expect(foreignTo(harmless, await asks(hostile), [hostile])).toEqual({ shapes: planted, withValues: planted });
    }
    careless.close();
  });
});
