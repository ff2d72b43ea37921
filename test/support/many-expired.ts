// Rows by the thousand that have had their time, in every table that many requests can fill.
import { sql } from 'kysely';
import type { Db } from '../../src/database/database.ts';

const LONG_AGO = sql`now() - interval '2 years' + make_interval(secs => n)`;

const FILLED = {
  oidc_payloads: sql`(model, id, payload, expires_at)
    select 'AccessToken', 'expired-' || n, '{"kind":"AccessToken"}', ${LONG_AGO}`,
  rate_counters: sql`(key, count, resets_at) select 'expired-' || n, 1, ${LONG_AGO}`,
  network_failures: sql`(network, failed, resets_at) select 'expired-' || n, '{}', ${LONG_AGO}`,
  error_references: sql`(reference, request_id, kind, details, created_at, expires_at)
    select 'expired-' || n, 'r', 'k', '{}', ${LONG_AGO}, ${LONG_AGO}`,
  mail_outbox: sql`(id, recipient, language, message, created_at, next_attempt_at, give_up_after, delivered_at, given_up_at)
    select 'expired-' || n, 'p@example.test', 'en', '{}', ${LONG_AGO}, ${LONG_AGO}, ${LONG_AGO},
      case when n % 2 = 0 then ${LONG_AGO} end, case when n % 2 = 1 then ${LONG_AGO} end`,
  logout_notices: sql`(id, client_id, account_id, ended, created_at, next_attempt_at, give_up_after, delivered_at, given_up_at)
    select 'expired-' || n, 'web', 'somebody', 'session', ${LONG_AGO}, ${LONG_AGO}, ${LONG_AGO},
      case when n % 2 = 0 then ${LONG_AGO} end, case when n % 2 = 1 then ${LONG_AGO} end`,
  session_details: sql`(session_uid, account_id, user_agent, first_address, last_address, created_at, last_seen_at, expires_at)
    select 'expired-' || n, id, '', '', '', ${LONG_AGO}, ${LONG_AGO}, ${LONG_AGO}`,
  audit_events: sql`(at, event, actor, outcome) select ${LONG_AGO}, 'sign_in.failed', 'somebody', 'failure'`,
  registrations: sql`(id, email, email_key, language, client_id, interaction, binding_hash, token_hash, code_hash, state, taken,
      code_expires_at, created_at, expires_at)
    select 'expired-' || n, 'p@example.test', 'p@example.test', 'en', 'web', 'i', 'b', 'expired-' || n, 'c', 'waiting', false,
      ${LONG_AGO}, ${LONG_AGO}, ${LONG_AGO}`,
  devices: sql`(id, account_id, token_hash, user_agent, first_seen_at, last_seen_at)
    select 'expired-' || n, id, 'expired-' || n, '', ${LONG_AGO}, ${LONG_AGO}`,
  mailed_tokens: sql`(id, account_id, purpose, token_hash, bound_to, created_at, expires_at)
    select 'expired-' || n, id, 'undo_email_change', 'expired-' || n, '{}', ${LONG_AGO}, ${LONG_AGO}`,
  sign_in_codes: sql`(id, account_id, code_hash, expires_at) select 'expired-' || n, id, 'c', ${LONG_AGO}`,
} as const;

/** What no request of a stranger fills; roles and groups are made for it, and events come of it. */
const FILLED_BY_OPERATORS = {
  hourly_figures: sql`(hour, event, count) select ${LONG_AGO}, 'sign_in.failed', 1`,
  app_sign_in_days: sql`(client_id, day, lane, count) select 'web', ${LONG_AGO}, 0, 1`,
  role_assignments: sql`(account_id, role, expires_at) select id, 'expired-' || n, ${LONG_AGO}`,
  group_members: sql`(account_id, group_name, expires_at) select id, 'expired-' || n, ${LONG_AGO}`,
} as const;
const NAMED = { role_assignments: 'roles', group_members: 'groups' } as const;

export type FilledTable = keyof typeof FILLED | keyof typeof FILLED_BY_OPERATORS;

export const FILLED_TABLES = Object.keys(FILLED) as readonly (keyof typeof FILLED)[];

/** Needs one account, which owns what must belong to somebody. */
export async function fillWithExpired(db: Db, table: FilledTable, rows: number): Promise<void> {
  if (table === 'role_assignments' || table === 'group_members') {
    await sql`insert into ${sql.table(NAMED[table])} (name, description)
      select 'expired-' || n, '' from generate_series(1, ${sql.lit(rows)}) n`.execute(db);
  }
  const what = sql`insert into ${sql.table(table)} ${{ ...FILLED, ...FILLED_BY_OPERATORS }[table]}
    from generate_series(1, ${sql.lit(rows)}) n, (select id from accounts limit 1) owner`;
  await what.execute(db);
}

export async function countRows(db: Db, table: FilledTable): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) from ${sql.table(table)}`.execute(db);
  return Number(rows[0]?.count);
}
