// Who has a role, of very many: a page of them is read from indexes, never the whole table.
import { Kysely, PostgresDialect, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/schema.ts';
import { createGroup } from '../../src/roles/groups.ts';
import { createRole } from '../../src/roles/roles.ts';
import { whoHas } from '../../src/roles/who-has.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { openOwnPool } from '../support/own-pool.ts';

const PEOPLE = 30_000;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Plan[];
}

describe.skipIf(!postgresAvailable())('with many people on postgres', () => {
  let database: OpenTestDatabase;
  let recording: Kysely<Database>;
  const asked: { sql: string; parameters: readonly unknown[] }[] = [];

  beforeAll(async () => {
    database = await openTestDatabase('postgres');
    const deps = { db: database.db, clock: movingClock };
    await createRole(deps, { name: 'reader', description: '' });
    await createRole(deps, { name: 'writer', description: '', includes: ['reader'] });
    await createGroup(deps, { name: 'everybody', description: '', roles: ['writer'] });
    await sql`insert into accounts (id, email, email_key, status, updated_at)
      select 'person-' || lpad(i::text, 6, '0'), i || '@example.test', i || '@example.test', 'active', now()
      from generate_series(1, ${PEOPLE}) i`.execute(database.db);
    await sql`insert into role_assignments (account_id, role)
      select id, case when right(id, 1) = '7' then 'writer' else 'reader' end from accounts`.execute(database.db);
    await sql`insert into group_members (group_name, account_id) select 'everybody', id from accounts`.execute(
      database.db,
    );
    await sql`analyze`.execute(database.db);
    const pool = openOwnPool(database.url);
    const log = ({ query }: { query: { sql: string; parameters: readonly unknown[] } }) => void asked.push(query);
    recording = new Kysely<Database>({ dialect: new PostgresDialect({ pool }), log });
  });
  afterAll(async () => {
    await recording.destroy();
    await database.close();
  });

  const scansIn = (plan: Plan): string[] => [
    ...(plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name'] ?? ''] : []),
    ...(plan.Plans ?? []).flatMap(scansIn),
  ];

  test('a page in the middle of them scans no table that grows with people', async () => {
    asked.length = 0;
    const page = await whoHas(
      { db: recording, clock: movingClock },
      { role: 'reader' },
      { after: 'person-015000', limit: 50 },
    );
    expect(page.holders).toHaveLength(50);
    expect(page.holders[0]).toMatchObject({
      accountId: 'person-015001',
      ways: [{ path: ['reader'] }, { group: 'everybody' }],
    });
    expect(page.next).toBe('person-015050');
    const scanned: string[] = [];
    for (const query of [...asked]) {
      const pool = openOwnPool(database.url);
      const { rows } = await pool.query(`explain (format json) ${query.sql}`, [...query.parameters]);
      scanned.push(...scansIn(rows[0]['QUERY PLAN'][0].Plan));
      await pool.end();
    }
    const growing = ['accounts', 'role_assignments', 'group_members'];
    expect(scanned.filter((table) => growing.includes(table))).toEqual([]);
  });
});
