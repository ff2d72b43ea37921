// A server that has been in use for long: very many accounts, and all that comes with them; made in statements about whole sets.
import { Kysely, PostgresDialect, type RawBuilder, sql } from 'kysely';
import type { Database } from '../../../src/database/schema.ts';
import { COUNTED } from '../../../src/figures/hourly-figures.ts';
import { openOwnPool } from '../own-pool.ts';
import { API } from '../start-server.ts';

export interface HowMany {
  readonly accounts: number;
  readonly sessions: number;
  readonly events: number;
  /** That wait. Nine times as many have been delivered. */
  readonly mails: number;
}

export const MILLION: HowMany = { accounts: 1_000_000, sessions: 100_000, events: 1_000_000, mails: 10_000 };

/** Half of all accounts are in it. */
export const LARGE_GROUP = 'customers';
/** Six of ten accounts have it themselves, and the large group brings it as well. */
export const COMMON_ROLE = 'reader';
/** One of a hundred accounts has it. */
export const UNCOMMON_ROLE = 'editor';
export const RARE_ROLE = 'chief';
/** Both app clients of the tests; everybody uses the first. */
const APPS = ['web', 'spa'];

const FIRST = ['Ada', 'Ben', 'Cleo', 'Dora', 'Emil', 'Frida', 'Gustav', 'Hanna', 'Ivo', 'Judith'];
const LAST = ['Adler', 'Berg', 'Conrad', 'Dahl', 'Engel', 'Frank', 'Gruber', 'Huber'];
const EVENTS = ['sign_in.succeeded', 'sign_in.succeeded', 'sign_in.succeeded', 'sign_in.failed', 'account.registered'];

export const accountId = (i: RawBuilder<unknown> | number): RawBuilder<string> =>
  sql<string>`(md5('account ' || ${typeof i === 'number' ? sql.lit(i) : i})::uuid::text)`;

export const mailId = (i: RawBuilder<unknown> | number): RawBuilder<string> =>
  sql<string>`(md5('mail ' || ${typeof i === 'number' ? sql.lit(i) : i})::uuid::text)`;

/** The address of the account with this number. */
export const emailOf = (i: number): string =>
  `${FIRST[i % FIRST.length]}.${LAST[i % LAST.length]}.${i}@example.test`.toLowerCase();

const i = sql.ref('i');
const one = (words: readonly string[]) => sql`(${words}::text[])[1 + i % ${sql.lit(words.length)}]`;
const upTo = (count: number) => sql`generate_series(1, ${sql.lit(count)}) as i`;
const ago = (unit: string, amount: RawBuilder<unknown>) => sql`now() - make_interval(${sql.raw(unit)} => ${amount})`;
const address = sql`('198.51.' || i % 100 || '.' || i % 250)`;
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** Over a connection of its own: the server's give up after seconds, and this takes longer. */
export async function fill(url: string, many: HowMany): Promise<void> {
  const pool = openOwnPool(url);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  await sql`set session_replication_role = replica`.execute(db);
  await sql`set maintenance_work_mem = '256MB'`.execute(db);
  await withoutIndexes(db, async () => {
    for (const part of [accounts, rights, sessions, events, mails]) {
      for (const statement of part(many)) await statement.execute(db);
    }
  });
  await sql`vacuum analyze`.execute(db);
  await db.destroy();
}

/** Made anew afterwards, in a fraction of the time. */
async function withoutIndexes(db: Kysely<Database>, work: () => Promise<void>): Promise<void> {
  const { rows } = await sql<{ name: string; definition: string }>`
    select indexname as name, indexdef as definition from pg_indexes where schemaname = 'public'
      and tablename in ('accounts', 'audit_events', 'role_assignments', 'group_members', 'app_sign_ins', 'oidc_payloads')
      and indexdef not like '% UNIQUE %'`.execute(db);
  for (const { name } of rows) await sql`drop index ${sql.id(name)}`.execute(db);
  await work();
  for (const { definition } of rows) await sql.raw(definition).execute(db);
}

/** Words stand in the statement: PostgreSQL cannot tell what a parameter of a select list is. */
const set = (parts: TemplateStringsArray, ...values: readonly unknown[]): RawBuilder<unknown> =>
  sql(parts, ...values.map((value) => (typeof value === 'string' ? sql.lit(value) : value)));

const accounts = ({ accounts: count }: HowMany): readonly RawBuilder<unknown>[] => [
  set`insert into accounts (id, email, email_key, email_verified_at, username, username_key, display_name, status,
      password_hash, created_at, updated_at, last_sign_in_at, delete_at)
    select ${accountId(i)}, email, email, now(), username, username, first || ' ' || last,
      case when i % 200 = 0 then 'banned' when i % 5001 = 0 then 'deleting' else 'active' end,
      '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$' || md5('hash ' || i),
      ${ago('secs', set`i * 60`)}, now(), case when i % 4 > 0 then ${ago('secs', set`(i::bigint * 7919 % 8000000)::int`)} end,
      case when i % 200 > 0 and i % 5001 = 0 then now() + interval '9 days' end
    from ${upTo(count)}, lateral (select ${one(FIRST)} as first, ${one(LAST)} as last) as names,
      lateral (select lower(first || '.' || last) || '.' || i || '@example.test' as email,
        case when i % 3 = 0 then lower(last) || i end as username) as words`,
  set`insert into app_sign_ins (account_id, client_id, first_at, last_at)
    select ${accountId(i)}, ${APPS[0]}, ${ago('days', set`30`)}, ${ago('secs', i)} from ${upTo(count)} where i % 2 = 0`,
  set`insert into app_sign_ins (account_id, client_id, first_at, last_at)
    select ${accountId(i)}, ${APPS[1]}, ${ago('days', set`30`)}, ${ago('secs', i)} from ${upTo(count)} where i % 20 = 0`,
  set`insert into app_sign_in_days (client_id, day, lane, count)
    select app, date_trunc('day', now(), 'UTC') - make_interval(days => day), lane, 100 + day
    from unnest(${[...APPS]}::text[]) as app, generate_series(0, 399) as day, generate_series(0, 7) as lane`,
];

const rights = ({ accounts: count }: HowMany): readonly RawBuilder<unknown>[] => [
  set`insert into roles (name, description)
    select name, 'What ' || name || ' may do' from unnest(${[COMMON_ROLE, UNCOMMON_ROLE, RARE_ROLE]}::text[]) as name
    union all select 'role-' || i, 'Role ' || i from ${upTo(100)}`,
  set`insert into role_includes (role, includes) values (${RARE_ROLE}, ${UNCOMMON_ROLE}), (${UNCOMMON_ROLE}, ${COMMON_ROLE})`,
  set`insert into permissions (resource, name, description) select ${API}, 'items:' || i, 'Can do ' || i from ${upTo(200)}`,
  set`insert into role_permissions (role, resource, permission) select ${COMMON_ROLE}, ${API}, 'items:' || i from ${upTo(20)}
    union all select 'role-' || (1 + i % 100), ${API}, 'items:' || i from ${upTo(200)}`,
  set`insert into groups (name, description) values (${LARGE_GROUP}, 'Everybody who buys')`,
  set`insert into groups (name, description) select 'team-' || i, 'Team ' || i from ${upTo(100)}`,
  set`insert into group_roles (group_name, role) values (${LARGE_GROUP}, ${COMMON_ROLE})`,
  set`insert into group_roles (group_name, role) select 'team-' || i, 'role-' || i from ${upTo(100)}`,
  set`insert into group_members (group_name, account_id) select ${LARGE_GROUP}, ${accountId(i)} from ${upTo(count)} where i % 2 = 0`,
  set`insert into group_members (group_name, account_id)
    select 'team-' || (1 + i / 50 % 100), ${accountId(i)} from ${upTo(count)} where i % 50 = 1`,
  set`insert into role_assignments (account_id, role) select ${accountId(i)}, ${COMMON_ROLE} from ${upTo(count)} where i % 10 < 6`,
  set`insert into role_assignments (account_id, role) select ${accountId(i)}, ${UNCOMMON_ROLE} from ${upTo(count)} where i % 100 = 7`,
  set`insert into role_assignments (account_id, role) select ${accountId(i)}, ${RARE_ROLE} from ${upTo(3)}`,
];

const sessions = ({ sessions: count }: HowMany): readonly RawBuilder<unknown>[] => [
  set`insert into session_details (session_uid, account_id, user_agent, first_address, last_address, created_at,
      last_seen_at, expires_at)
    select 'uid-' || i, ${accountId(i)}, ${BROWSER}, ${address}, ${address}, ${ago('days', set`1`)}, ${ago('secs', i)},
      now() + interval '7 days' from ${upTo(count)}`,
  set`insert into oidc_payloads (model, id, payload, account_id, uid, expires_at)
    select 'Session', md5('session ' || i), jsonb_build_object('kind', 'Session', 'uid', 'uid-' || i,
        'accountId', ${accountId(i)}, 'loginTs', extract(epoch from now())::bigint - 3600,
        'iat', extract(epoch from now())::bigint - 3600, 'exp', extract(epoch from now())::bigint + 604800),
      ${accountId(i)}, 'uid-' || i, now() + interval '7 days' from ${upTo(count)}`,
  set`insert into oidc_payloads (model, id, payload, grant_id, account_id, client_id, expires_at)
    select model, md5(model || i), jsonb_build_object('kind', model, 'accountId', ${accountId(i)}, 'clientId', ${APPS[0]},
        'grantId', 'grant-' || i, 'exp', extract(epoch from now())::bigint + 604800),
      case when model = 'RefreshToken' then 'grant-' || i end, ${accountId(i)}, ${APPS[0]}, now() + interval '7 days'
    from ${upTo(count)}, unnest(array['Grant', 'RefreshToken']) as model`,
];

/** Over 60 days, and counted by the hour as far as a server has long done that. */
const events = ({ events: count, accounts: owners }: HowMany): readonly RawBuilder<unknown>[] => [
  set`insert into audit_events (at, event, account_id, actor, client_id, address, user_agent, request_id, outcome)
    select ${ago('secs', set`(5184000.0 * (${sql.lit(count)} - i) / ${sql.lit(count)})`)}, event, account, 'account:' || account,
      case when i % 3 = 0 then ${APPS[0]} end, ${address}, ${BROWSER}, 'request-' || i,
      case when event like '%failed' then 'failure' else 'success' end
    from ${upTo(count)}, lateral (select ${one(EVENTS)} as event, ${accountId(set`(1 + i % ${sql.lit(owners)})`)} as account) as e`,
  set`insert into audit_events (at, event, account_id, subject, actor, outcome)
    select ${ago('days', set`1`)}, 'role.granted', ${accountId(i)}, 'role:' || ${UNCOMMON_ROLE}::text, 'operator', 'success'
    from ${upTo(count / 100)}`,
  set`insert into hourly_figures (hour, event, count)
    select date_trunc('hour', at, 'UTC'), event, count(*) from audit_events
    where event = any(${[...COUNTED]}::text[]) and at < date_trunc('hour', now() - interval '10 minutes', 'UTC') group by 1, 2
    union all select distinct date_trunc('hour', at, 'UTC'), 'closed', 0 from audit_events
    where at < date_trunc('hour', now() - interval '10 minutes', 'UTC')`,
];

/** For a mail server that has been down for a while; none is due while pages are looked at. */
const mails = ({ mails: count }: HowMany): readonly RawBuilder<unknown>[] => [
  set`insert into mail_outbox (id, recipient, account_id, language, message, content, created_at, next_attempt_at,
      give_up_after, attempts, last_error, given_up_at)
    select ${mailId(i)}, 'person-' || i || '@example.test', ${accountId(i)}, 'en', 'password_changed',
      repeat('sealed ', 60), ${ago('secs', i)}, now() + interval '2 days', now() + interval '3 days', 5,
      '451 4.3.0 try again later', case when i % 100 = 0 then now() end from ${upTo(count)}`,
  set`insert into mail_outbox (id, recipient, account_id, language, message, created_at, next_attempt_at, give_up_after,
      attempts, delivered_at)
    select md5('sent ' || i)::uuid::text, 'person-' || i || '@example.test', ${accountId(i)}, 'en', 'password_changed',
      ${ago('secs', i)}, now(), now() + interval '2 days', 1, now() from ${upTo(9 * count)}`,
];
