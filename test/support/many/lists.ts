// Every list and search of the console and of the API, on a server with very many accounts.
import { sql } from 'kysely';
import { writeAccountCursor } from '../../../src/administration/account-search/cursor.ts';
import { ACCOUNT_SORTS } from '../../../src/administration/account-search/orders.ts';
import type { Db } from '../../../src/database/database.ts';
import { placeOfMail } from '../../../src/mail/mail-place.ts';
import { API } from '../start-server.ts';
import {
  accountId,
  COMMON_ROLE,
  emailOf,
  type HowMany,
  LARGE_GROUP,
  mailId,
  RARE_ROLE,
  UNCOMMON_ROLE,
} from './fill.ts';

export interface List {
  readonly of: 'console' | 'API';
  readonly name: string;
  /** From the root of the server. */
  readonly path: string;
}

type Words = Readonly<Record<string, string>>;
type Named = readonly [name: string, path: string, words?: Words];

/** Far down every list. */
interface Deep {
  readonly id: string;
  readonly account: string;
  readonly event: string;
  readonly session: string;
  readonly mail: string;
}

export async function listsOf(db: Db, many: HowMany): Promise<readonly List[]> {
  const deep = await deepIn(db, many);
  const console = [...accountSearches('/admin/accounts', 'after', deep), ...consoleLists(deep)];
  const api = [...accountSearches('/api/v1/accounts', 'cursor', deep), ...apiLists(deep)];
  const all = { console, API: api };
  return (['console', 'API'] as const).flatMap((of) =>
    all[of].map(([name, path, words]) => ({ of, name, path: words ? `${path}?${new URLSearchParams(words)}` : path })),
  );
}

async function deepIn(db: Db, { accounts, sessions, mails }: HowMany): Promise<Deep> {
  const session = sql.lit(`uid-${sessions / 2}`);
  const { rows } = await sql<Deep>`
    select ${accountId(accounts / 2)} as id, ${accountId(sessions / 2)} as account,
      (select ${placeOfMail} from mail_outbox where id = ${mailId(mails / 2)}) as mail,
      (select id from audit_events where at < now() - interval '30 days' order by at desc limit 1)::text as event,
      (select (extract(epoch from last_seen_at) * 1000000)::bigint || '.' || session_uid from session_details
        where session_uid = ${session}) as session`.execute(db);
  const [found] = rows;
  if (found === undefined) throw new Error('nothing is far down');
  return found;
}

const accountSearches = (path: string, cursor: string, { id }: Deep): readonly Named[] => [
  ['accounts', path],
  ...ACCOUNT_SORTS.map((sort): Named => [`accounts by ${sort}`, path, { sort }]),
  [
    'accounts by email, far down',
    path,
    { sort: 'email', [cursor]: writeAccountCursor({ by: 'email', key: 'gustav.', id: '' }) },
  ],
  ['address begins so: one', path, { q: emailOf(777) }],
  ['address begins so: a tenth of all', path, { q: 'frida.' }],
  ['username begins so: few', path, { q: 'berg999' }],
  ['username begins so: many', path, { q: 'berg' }],
  ['name begins so: many', path, { q: 'Ada Ad' }],
  ['name begins so: all of a letter, by last sign-in', path, { q: 'e', sort: 'last_sign_in' }],
  ['begins so: nobody', path, { q: 'zzyzx' }],
  ['whole sub', path, { q: id }],
  ...['active', 'banned', 'deleting'].map((status): Named => [`status ${status}`, path, { status }]),
  ['status banned by email', path, { status: 'banned', sort: 'email' }],
  ...[COMMON_ROLE, UNCOMMON_ROLE, RARE_ROLE, 'role-7'].map((role): Named => [`role ${role}`, path, { role }]),
  ['group with half of all', path, { group: LARGE_GROUP }],
  ['group with half of all, longest away', path, { group: LARGE_GROUP, sort: 'longest_away' }],
  ['small group', path, { group: 'team-7' }],
  ['role, group, status and words', path, { q: 'ada', role: COMMON_ROLE, group: LARGE_GROUP, status: 'active' }],
  // What fits is a tenth of all, and stands where the order ends.
  ['dense, far down the order: address begins so, by email', path, { q: 'judith.', sort: 'email' }],
  ['dense, far down the order: name begins so, by email', path, { q: 'judith', sort: 'email' }],
  ['dense, far down the order: name begins so, by email_desc', path, { q: 'ada', sort: 'email_desc' }],
  ['dense, far down the order: words and status', path, { q: 'judith', status: 'active', sort: 'email' }],
  [
    'dense, far down the order: words, role and group',
    path,
    { q: 'a', role: COMMON_ROLE, group: LARGE_GROUP, sort: 'email_desc' },
  ],
  ['dense, who fits both is nobody', path, { q: 'b', group: LARGE_GROUP, sort: 'last_sign_in' }],
  ['thousands, sorted by newest', path, { q: 'frida.berg.1', sort: 'newest' }],
  ['thousands of usernames, sorted by longest away', path, { q: 'adler1', sort: 'longest_away' }],
];

const eventSearches = (path: string, cursor: string, { id, event }: Deep): readonly Named[] => [
  ['events', path],
  ['events far down', path, { [cursor]: event }],
  ['events of an account', path, { account: id }],
  ['events by an actor', path, { actor: 'operator' }],
  ['events: a common one', path, { event: 'sign_in.succeeded' }],
  ['events: a kind', path, { event: 'sign_in.' }],
  ['events: none of these', path, { event: 'role.deleted' }],
  ['events of an app', path, { client: 'web' }],
  ['events of an app: none', path, { client: 'nobody' }],
  ['events about a role', path, { subject: `role:${UNCOMMON_ROLE}` }],
  ['failures', path, { outcome: 'failure' }],
  ['events from an address', path, { address: '198.51.7.7' }],
  ['events from an address: none', path, { address: '203.0.113.9' }],
  ['events of a request', path, { request_id: 'request-777' }],
  ['events of a day', path, { from: daysAgo(31), until: daysAgo(30) }],
  ['failures of an app on a day', path, { outcome: 'failure', client: 'web', from: daysAgo(31), until: daysAgo(30) }],
];

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

const role =
  (path: string, more = '') =>
  (name: string) =>
    `${path}/${name}${more}`;

const consoleLists = (deep: Deep): readonly Named[] => [
  ['dashboard', '/admin'],
  ['one account', `/admin/accounts/${deep.account}`],
  ['one account: roles', `/admin/accounts/${deep.account}/roles`],
  ['one account: sessions', `/admin/accounts/${deep.account}/sessions`],
  ['one account: events', `/admin/accounts/${deep.account}/events`],
  ['apps', '/admin/clients'],
  ['one app', '/admin/clients/web'],
  ['sessions', '/admin/sessions'],
  ['sessions far down', '/admin/sessions', { before: deep.session }],
  ...eventSearches('/admin/audit', 'before', deep),
  ['mails', '/admin/outbox'],
  ['mails far down', '/admin/outbox', { after: deep.mail }],
  ['roles', '/admin/roles'],
  ...[COMMON_ROLE, UNCOMMON_ROLE, RARE_ROLE].map(
    (name): Named => [`role ${name}: who has it`, role('/admin/roles')(name)],
  ),
  ['role reader: who has it, far down', role('/admin/roles')(COMMON_ROLE), { after: deep.id }],
  ['groups', '/admin/groups'],
  ['group with half of all: members', `/admin/groups/${LARGE_GROUP}`],
  ['group with half of all: members, far down', `/admin/groups/${LARGE_GROUP}`, { after: deep.id }],
  ['permissions', '/admin/permissions'],
  ['permission: who has it', '/admin/permissions/one', { resource: API, name: 'items:7' }],
];

const apiLists = (deep: Deep): readonly Named[] => {
  const holders = role('/api/v1/roles', '/holders');
  const permission = `/api/v1/permissions/${encodeURIComponent(API)}/items:7`;
  return [
    ['figures', '/api/v1/figures'],
    ['attention', '/api/v1/attention'],
    ['one account', `/api/v1/accounts/${deep.account}`],
    ['one account: rights', `/api/v1/accounts/${deep.account}/rights`],
    ['one account: sessions', `/api/v1/accounts/${deep.account}/sessions`],
    ['one account: apps', `/api/v1/accounts/${deep.account}/apps`],
    ['one account: events', `/api/v1/accounts/${deep.account}/events`],
    ['apps', '/api/v1/clients'],
    ['one app', '/api/v1/clients/web'],
    ['sessions', '/api/v1/sessions'],
    ['sessions far down', '/api/v1/sessions', { cursor: deep.session }],
    ...eventSearches('/api/v1/events', 'cursor', deep),
    ['mails', '/api/v1/outbox'],
    ['mails far down', '/api/v1/outbox', { cursor: deep.mail }],
    ['roles', '/api/v1/roles'],
    ...[COMMON_ROLE, UNCOMMON_ROLE, RARE_ROLE].map((name): Named => [`role ${name}: who has it`, holders(name)]),
    ['role reader: who has it, far down', holders(COMMON_ROLE), { cursor: deep.id }],
    ['groups', '/api/v1/groups'],
    ['group with half of all: members', `/api/v1/groups/${LARGE_GROUP}/members`],
    ['group with half of all: members, far down', `/api/v1/groups/${LARGE_GROUP}/members`, { cursor: deep.id }],
    ['permissions', '/api/v1/permissions'],
    ['permission: who has it', `${permission}/holders`],
  ];
};
