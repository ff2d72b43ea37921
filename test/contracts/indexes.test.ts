// Whatever the store asks PostgreSQL, an index answers it (R14): with many rows, nothing reads the whole table.
import { Kysely, PostgresDialect, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/schema.ts';
import { deleteExpiredPayloads, revokeGrant } from '../../src/protocol-store/payloads.ts';
import { claimSessionGrant } from '../../src/protocol-store/session-rows.ts';
import { endEverythingOf } from '../../src/sessions/end-everything.ts';
import { endSession } from '../../src/sessions/end-session.ts';
import { countAsActivity } from '../../src/sessions/session-lifetime.ts';
import { postgresAvailable } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { openOwnPool } from '../support/own-pool.ts';
import { adaptersOn, newId, now, openStore, payloadOf, type Store } from './stored.ts';

const ROWS = 20_000;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

describe.skipIf(!postgresAvailable()).each(['knows', 'does not know yet'])(
  'with many rows that postgres %s',
  (what) => {
    let store: Store;
    let recording: Kysely<Database>;
    const asked: { sql: string; parameters: readonly unknown[] }[] = [];

    beforeAll(async () => {
      store = await openStore('postgres');
      const pool = openOwnPool(store.database.url, 2);
      const log = ({ query }: { query: { sql: string; parameters: readonly unknown[] } }) => void asked.push(query);
      recording = new Kysely<Database>({ dialect: new PostgresDialect({ pool }), log });
      // By itself it looks only after a minute.
      await sql`alter table oidc_payloads set (autovacuum_enabled = false)`.execute(store.deps.db);
      await sql`
      insert into oidc_payloads (model, id, payload, grant_id, account_id, client_id, uid, expires_at)
      select (array['RefreshToken', 'AuthorizationCode', 'Session', 'Grant', 'Interaction'])[1 + i % 5], 'row-' || i,
        jsonb_build_object('uid', 'uid-' || i, 'accountId', 'account-' || i / 10, 'exp', 4102444800),
        'grant-' || i / 5, 'account-' || i / 10, 'client-' || i % 7, 'uid-' || i,
        now() + make_interval(hours => i % 700)
      from generate_series(1, ${ROWS}) i`.execute(store.deps.db);
      if (what === 'knows') await sql`analyze oidc_payloads`.execute(store.deps.db);
    });
    afterAll(async () => {
      await recording.destroy();
      await store.database.close();
    });

    const deps = () => ({ db: recording, clock: movingClock });
    const adapter = (model: string) => adaptersOn(deps())(model);

    /** The indexes of oidc_payloads in everything that the work asks, and the kinds of scans that have none. */
    async function scansOf(work: () => Promise<unknown>): Promise<string[]> {
      asked.length = 0;
      await work();
      const queries = asked.filter(({ sql: text }) => /oidc_payloads/.test(text) && !/^insert/i.test(text));
      expect(queries.length).toBeGreaterThan(0);
      const scans: string[] = [];
      const client = openOwnPool(store.database.url);
      for (const query of queries) {
        const { rows } = await client.query(`explain (format json) ${query.sql}`, [...query.parameters]);
        scans.push(...scansIn(rows[0]['QUERY PLAN'][0].Plan));
      }
      await client.end();
      return [...new Set(scans)];
    }

    const scansIn = (plan: Plan): string[] => [
      ...(plan['Relation Name'] === 'oidc_payloads' ? [plan['Index Name'] ?? plan['Node Type']] : []),
      ...(plan.Plans ?? []).flatMap(scansIn),
    ];

    const operations: Readonly<Record<string, () => Promise<unknown>>> = {
      'finding a token, with its grant': () => adapter('RefreshToken').find('x'),
      'spending a code': () =>
        adapter('AuthorizationCode')
          .consume('x')
          .catch(() => undefined),
      'forgetting a token': () => adapter('RefreshToken').destroy('x'),
      'finding a session': () => adapter('Session').find('x'),
      'finding a session by its uid': () => adapter('Session').findByUid('uid-3'),
      'saving a session': () => adapter('Session').upsert(newId(), payloadOf('Session', 'x', { uid: 'uid-3' }), 60),
      'giving a session another identifier': () => adapter('Session').destroy('x'),
      'claiming a grant': () =>
        claimSessionGrant(deps(), { uid: 'uid-8', accountId: 'account-0', clientId: 'web', sid: 's', grantId: 'g' }),
      'counting as activity': () =>
        countAsActivity(
          { ...deps(), limits: { idleSeconds: 60, absoluteSeconds: 60, keep: undefined } },
          { uid: 'uid-13', now: now() },
        ),
      'taking tokens of a grant away': () => adapter('RefreshToken').revokeByGrantId('grant-9'),
      'revoking a grant': () => revokeGrant(deps(), 'grant-10'),
      'adding to a grant': () => adapter('Grant').upsert('row-8', payloadOf('Grant', 'row-8', { accountId: 'a' }), 60),
      'ending a session': () => endSession(deps(), 'uid-18'),
      'ending everything of an account': () => endEverythingOf(deps(), 'account-20'),
      'sweeping a batch': () => deleteExpiredPayloads(deps(), 500),
    };

    test.each(Object.entries(operations))('%s reads no more than it needs', async (_, operation) => {
      const scans = await scansOf(operation);
      expect(scans.length).toBeGreaterThan(0);
      expect(scans).not.toContain('Seq Scan');
      // All of everybody's that stand.
      expect(scans).not.toContain('oidc_payloads_grants_of_apps_index');
    });

    test('reading the whole table would be noticed', async () => {
      const reading = () =>
        recording.selectFrom('oidc_payloads').select('id').where('client_id', '=', 'none').execute();
      expect(await scansOf(reading)).toEqual(['Seq Scan']);
    });
  },
);
