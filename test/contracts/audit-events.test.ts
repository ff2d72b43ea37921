// Events are written once: the database itself refuses to change them, and lets go only what is old, to the sweep alone.
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuditEvent, listEventsOf, recordEvent, sweepEvents } from '../../src/audit/audit-log.ts';
import { type EventFilters, type EventSearch, searchEvents } from '../../src/audit/search-events.ts';
import type { Database } from '../../src/database/schema.ts';
import { type DatabaseKind, type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../support/database.ts';
import { openOwnPool } from '../support/own-pool.ts';

const kinds: DatabaseKind[] = postgresAvailable() ? ['pglite', 'postgres'] : ['pglite'];
const DAY = 86_400;

/** A clock that is so many days behind. */
const daysAgo = (days: number) => ({
  now: () => new Date(Date.now() - days * DAY * 1000),
  shiftSeconds: -days * DAY,
});

describe.each(kinds)('events on %s', (kind) => {
  let database: OpenTestDatabase;
  const record = (event: AuditEvent, days = 0) => recordEvent({ db: database.db, clock: daysAgo(days) }, event);
  const namesFound = async (search: Partial<EventSearch>) =>
    (await searchEvents(database.db, { limit: 100, ...search })).events.map(({ event }) => event);
  const count = async () => (await searchEvents(database.db, { limit: 1000 })).events.length;

  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  test('stay as they were written, whoever tries to change them', async () => {
    await record({ event: 'profile.changed', accountId: 'ada', details: { fields: ['name'] } });
    const before = await database.db.selectFrom('audit_events').selectAll().execute();
    for (const attempt of [
      sql`update audit_events set actor = 'server'`,
      sql`update audit_events set details = '{}' where event = 'profile.changed'`,
      sql`insert into audit_events (id, at, event, actor, outcome) overriding system value
        select id, at, event, 'server', outcome from audit_events
        on conflict (id) do update set actor = 'server'`,
      sql`delete from audit_events`,
      sql`truncate audit_events`,
    ]) {
      await expect(attempt.execute(database.db)).rejects.toThrow('audit_events is added to, never changed');
    }
    expect(await database.db.selectFrom('audit_events').selectAll().execute()).toEqual(before);
  });

  test('that are young stay, even for who says to be the sweep', async () => {
    await record({ event: 'profile.changed', accountId: 'ada' }, 29);
    const before = await count();
    await database.db.transaction().execute(async (tx) => {
      await sql`select set_config('gatehouse.forgets_audit_events', 'yes', true)`.execute(tx);
      await sql`delete from audit_events`.execute(tx);
    });
    expect(await count()).toBe(before);
  });

  test('are forgotten by the sweep, batch by batch, when they are older than they are kept', async () => {
    const before = await count();
    for (const days of [60, 61, 62]) await record({ event: 'device.forgotten', accountId: 'old' }, days);
    const sweep = () => sweepEvents({ db: database.db, clock: daysAgo(0) }, { batch: 2, keptSeconds: 59 * DAY });
    expect([await sweep(), await sweep(), await sweep()]).toEqual([2, 1, 0]);
    expect(await count()).toBe(before);
    // The permission ends with the transaction of the sweep.
    await expect(sql`delete from audit_events`.execute(database.db)).rejects.toThrow('is refused');
  });

  test('are gone with the change that they tell of, when it is rolled back', async () => {
    const before = await count();
    const undone = database.db.transaction().execute(async (tx) => {
      await recordEvent({ db: tx, clock: daysAgo(0) }, { event: 'username.changed', accountId: 'ada' });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await count()).toBe(before);
  });

  test('are found by everything that is asked of them, all of it together', async () => {
    const source = { address: '192.0.2.9', userAgent: 'Agent', requestId: 'request-9' };
    await record({ event: 'sign_in.failed', accountId: 'finn', clientId: 'shop', source, outcome: 'failure' }, 3);
    await record({ event: 'sign_in.succeeded', accountId: 'finn', clientId: 'wiki' }, 2);
    await record({ event: 'role.granted', accountId: 'finn', actor: 'account:boss', subject: 'role:editor' }, 1);
    const found = (filters: EventFilters) => namesFound({ filters });
    expect(await found({ accountId: 'finn' })).toEqual(['role.granted', 'sign_in.succeeded', 'sign_in.failed']);
    expect(await found({ accountId: 'finn', event: 'sign_in.' })).toEqual(['sign_in.succeeded', 'sign_in.failed']);
    expect(await found({ event: 'sign_in.failed' })).toEqual(['sign_in.failed']);
    expect(await found({ event: 'sign_in' })).toEqual([]);
    expect(await found({ event: '%' })).toEqual([]);
    expect(await found({ actor: 'account:boss' })).toEqual(['role.granted']);
    expect(await found({ clientId: 'wiki' })).toEqual(['sign_in.succeeded']);
    expect(await found({ subject: 'role:editor' })).toEqual(['role.granted']);
    expect(await found({ outcome: 'failure' })).toEqual(['sign_in.failed']);
    expect(await found({ address: '192.0.2.9' })).toEqual(['sign_in.failed']);
    expect(await found({ requestId: 'request-9' })).toEqual(['sign_in.failed']);
    expect(await found({ requestId: 'request-9', clientId: 'wiki' })).toEqual([]);
    const daysBack = (days: number) => daysAgo(days).now();
    expect(await found({ accountId: 'finn', from: daysBack(2.5), until: daysBack(1.5) })).toEqual([
      'sign_in.succeeded',
    ]);
  });

  test('come page by page, each once, those of the same moment too', async () => {
    await database.db.transaction().execute(async (tx) => {
      for (let at = 0; at < 7; at += 1) {
        await recordEvent({ db: tx, clock: daysAgo(0) }, { event: 'device.new', accountId: 'gus', clientId: `c${at}` });
      }
    });
    const seen: (string | undefined)[] = [];
    const sizes: number[] = [];
    for (let before: string | undefined; ; ) {
      const page = await searchEvents(database.db, { filters: { accountId: 'gus' }, before, limit: 3 });
      seen.push(...page.events.map(({ clientId }) => clientId));
      sizes.push(page.events.length);
      before = page.older;
      if (before === undefined) break;
    }
    expect(seen).toEqual(['c6', 'c5', 'c4', 'c3', 'c2', 'c1', 'c0']);
    expect(sizes).toEqual([3, 3, 1]);
  });

  test('carry what was changed as it was and as it is', async () => {
    const details = { before: { permissions: ['posts:add'] }, after: { permissions: ['posts:add', 'posts:delete'] } };
    await record({ event: 'role.changed', actor: 'client:robot', subject: 'role:writer', details });
    const { events } = await searchEvents(database.db, { filters: { subject: 'role:writer' }, limit: 1 });
    expect(events).toMatchObject([{ event: 'role.changed', actor: 'client:robot', accountId: undefined, details }]);
  });
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

describe.skipIf(!postgresAvailable())('with many events on postgres', () => {
  const ROWS = 50_000;
  /** No statement may take long, on a busy machine either. */
  const AT_ONCE = 5_000;
  let database: OpenTestDatabase;
  let pool: Pool;
  let recording: Kysely<Database>;
  const asked: { sql: string; parameters: readonly unknown[] }[] = [];

  beforeAll(async () => {
    database = await openTestDatabase('postgres');
    for (let first = 1; first < ROWS; first += AT_ONCE) {
      await sql`
      insert into audit_events (at, event, account_id, subject, actor, client_id, address, request_id, outcome)
      select now() - make_interval(secs => 300 * (${ROWS}::int - i)),
        case when i % 5000 = 0 then 'role.changed' when i % 9 = 0 then 'sign_in.failed' else 'sign_in.succeeded' end,
        'account-' || i % 20000, case when i % 5000 = 0 then 'role:r' || i end,
        case when i % 5000 = 0 then 'operator' else 'account:account-' || i % 20000 end,
        'client-' || i % 200, '10.0.' || i % 250 || '.' || i % 240, 'request-' || i,
        case when i % 9 = 0 then 'failure' else 'success' end
      from generate_series(${first}::int, ${first + AT_ONCE - 1}::int) i`.execute(database.db);
    }
    await sql`vacuum analyze audit_events`.execute(database.db);
    pool = openOwnPool(database.url, 2);
    const log = ({ query }: { query: { sql: string; parameters: readonly unknown[] } }) => void asked.push(query);
    recording = new Kysely<Database>({ dialect: new PostgresDialect({ pool }), log });
  });
  afterAll(async () => {
    await recording.destroy();
    await database.close();
  });

  /** The rows that were read, and how, for what `work` asks. */
  async function reads(work: () => Promise<unknown>): Promise<{ nodes: readonly string[]; rows: number }> {
    asked.length = 0;
    await work();
    const nodes: string[] = [];
    let rows = 0;
    for (const query of asked) {
      const text = `explain (analyze, format json) ${query.sql}`;
      const answer = await pool.query(text, [...query.parameters]);
      const walk = (plan: Plan & { 'Actual Rows'?: number; 'Rows Removed by Filter'?: number }): void => {
        nodes.push(plan['Node Type']);
        if (/Scan/.test(plan['Node Type'])) rows += (plan['Actual Rows'] ?? 0) + (plan['Rows Removed by Filter'] ?? 0);
        plan.Plans?.forEach(walk);
      };
      walk(answer.rows[0]['QUERY PLAN'][0].Plan);
    }
    return { nodes, rows };
  }

  const middle = new Date(Date.now() - (ROWS / 2) * 300_000);
  const hourLater = new Date(middle.getTime() + 3_600_000);
  const searches: Readonly<Record<string, EventFilters>> = {
    nothing: {},
    'an account': { accountId: 'account-77' },
    'nobody there is': { accountId: 'nobody' },
    'an account, and some of its events': { accountId: 'account-77', event: 'sign_in.' },
    'an actor': { actor: 'operator' },
    'a rare event': { event: 'role.changed' },
    'a frequent event': { event: 'sign_in.failed' },
    'many events': { event: 'sign_in.' },
    'events there are none of': { event: 'group.' },
    'an app': { clientId: 'client-9' },
    'a subject': { subject: 'role:r5000' },
    failures: { outcome: 'failure' },
    'an address': { address: '10.0.9.9' },
    'a request': { requestId: 'request-5' },
    'an hour of long ago': { from: middle, until: hourLater },
    'everything before long ago': { until: middle },
    'failures of an hour of long ago': { outcome: 'failure', from: middle, until: hourLater },
  };

  test.each(Object.entries(searches))('asking for %s reads no more than a page needs', async (_, filters) => {
    for (const before of [undefined, String(ROWS / 2)]) {
      const { nodes, rows } = await reads(() => searchEvents(recording, { filters, before, limit: 50 }));
      expect(nodes).not.toContain('Seq Scan');
      expect(rows).toBeLessThan(1_000);
    }
  });

  test('so does the activity page of a person', async () => {
    const page = await reads(() => listEventsOf(recording, 'account-5', { limit: 51, since: middle }));
    expect(page.nodes).not.toContain('Seq Scan');
    expect(page.rows).toBeLessThan(200);
  });

  test('reading the whole table would be noticed', async () => {
    const reading = () => recording.selectFrom('audit_events').select('id').where('user_agent', '=', 'x').execute();
    expect((await reads(reading)).nodes).toContain('Seq Scan');
  });
});
