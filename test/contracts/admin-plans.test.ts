// No list and no search of the console or the API reads a table of accounts, or of what comes with them, from end to end.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAMS } from '../support/api.ts';
import { postgresAvailable } from '../support/database.ts';
import { type List, listsOf } from '../support/many/lists.ts';
import { type Lookers, lookersAt, startWithMany } from '../support/many/looking.ts';
import { explainEverything, mostRowsIn, type Statement, scansIn, statementsOf } from '../support/many/query-plans.ts';
import type { TestServer } from '../support/start-server.ts';

const MANY = { accounts: 40_000, sessions: 20_000, events: 20_000, mails: 1_000 };
/** At a time, from one table or index. What is counted is counted to 10,000, and no further. */
const MOST_ROWS = 10_500;
/** Few as they are here, reading all of them can be the best way; so it is what PostgreSQL does only where it has no other. */
const AVOIDING_SCANS = { enable_seqscan: 'off' };

describe.skipIf(!postgresAvailable())('with many accounts on postgres', () => {
  let server: TestServer;
  let lookers: Lookers;
  let lists: readonly List[];
  beforeAll(async () => {
    server = await startWithMany(MANY);
    lists = await listsOf(server.database.db, MANY);
    await explainEverything(server.database.db, AVOIDING_SCANS);
    server = await server.restart({ database: 'postgres', logLevel: 'silent', clients: PROGRAMS });
    lookers = await lookersAt(server);
  }, 120_000);
  afterAll(() => server?.stop());

  test('no list reads a table, or an index, from end to end', { timeout: 240_000 }, async () => {
    const scans: Record<string, readonly string[]> = {};
    for (const list of lists) {
      const statements = await statementsOf(async () => expect((await lookers.look(list)).status, list.path).toBe(200));
      const name = `${list.of}: ${list.name}`;
      expect(statements.length, name).toBeGreaterThan(2);
      const isLong = (statement: Statement) => scansIn(statement).length > 0 || mostRowsIn(statement) > MOST_ROWS;
      const found = statements.filter(isLong).map(({ text }) => text);
      if (found.length > 0) scans[name] = found;
    }
    expect(scans).toEqual({});
  });

  test('reading a table from end to end would be noticed', async () => {
    const reading = () => sql`select count(*) from accounts where status_reason = 'none'`.execute(server.database.db);
    expect((await statementsOf(reading)).flatMap(scansIn)).toEqual(['accounts']);
  });
});
