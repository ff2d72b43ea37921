// The console's pages about accounts in each of their states.
import { consoleState } from './console-samples.ts';
import type { Sample } from './samples.ts';

const option = (value: string, label = value) => ({ value, label });

const list = {
  title: 'Accounts',
  lead: 'Everybody who can sign in.',
  action: '/admin/accounts',
  asked: {},
  statuses: [option('', 'Any status'), option('banned', 'Banned')],
  roles: [option('', 'Any role'), option('editor')],
  groups: [option('', 'Any group'), option('authors')],
  sorts: [option('newest', 'Newest first')],
  sort: 'newest',
  heads: [
    { label: 'Account', sort: { href: '/admin/accounts?sort=email' } },
    { label: 'Status' },
    { label: 'Last sign-in', sort: { href: '/admin/accounts?sort=last_sign_in' } },
    { label: 'Created', sort: { is: 'descending', href: '/admin/accounts?sort=oldest' } },
  ],
  accounts: [],
  pager: {},
  createHref: '/admin/create-account',
  inviteHref: '/admin/invite-account',
};

const account = {
  href: '/admin/accounts/1',
  email: 'alice@example.com',
  name: 'Alice Liddell · alice',
  status: { kind: 'good', label: 'Active' },
  lastSignInAt: new Date('2026-05-04T08:00:00Z'),
  createdAt: new Date('2026-01-04T08:00:00Z'),
};

const time = new Date('2026-05-04T08:00:00Z');
const may = { write: true, assign: true, group: true, endSessions: true, take: true };
const others = { ban: true, factors: true, delete: true };

/** What every page about one account is given. */
const one = {
  title: 'alice@example.com',
  listHref: '/admin/accounts',
  name: 'Alice Liddell',
  status: account.status,
  tabs: [
    { label: 'Overview', href: '/admin/accounts/1', isCurrent: true },
    { label: 'Events', href: '/admin/accounts/1/events', isCurrent: false },
  ],
  isOwn: false,
  can: { ...may, others },
  errors: [],
};
const lookingOn = {
  ...one,
  can: {
    ...Object.fromEntries(Object.keys(may).map((what) => [what, false])),
    others: { ban: false, factors: false, delete: false },
  },
};

const page = (view: string, name: string, locals: Readonly<Record<string, unknown>>) =>
  consoleState(`accounts/${view}`, name, locals);

const whose = {
  id: '0c6a51f5-5a3e-4ad4-a7ab-4d9e9a6f1f3e',
  email: 'alice@example.com',
  emailVerified: true,
  username: 'alice',
  displayName: 'Alice Liddell',
  status: 'active',
  createdAt: time,
  updatedAt: time,
  lastSignInAt: time,
};
const overview = {
  ...one,
  whose,
  speaks: 'English',
  roles: [{ name: 'chief', href: '/admin/roles/chief' }, { name: 'reader' }],
  groups: [{ name: 'accounting', href: '/admin/groups/accounting' }],
  signingIn: {
    hasPassword: true,
    authenticators: [{ name: 'Phone', addedAt: time }],
    recoveryCodes: 8,
    canBeInvited: false,
    canBeReset: true,
  },
  actions: Object.fromEntries(
    ['reset', 'invite', 'factors', 'download', 'ban', 'unban', 'delete', 'roles'].map((name) => [
      name,
      `/admin/accounts/1/${name}`,
    ]),
  ),
};

const toggle = {
  label: 'chief',
  description: 'What a chief may do',
  on: true,
  isToggle: true,
  until: time,
  ways: ['Through accounting'],
};
const rights = {
  ...one,
  held: [toggle, { ...toggle, label: 'reader', isToggle: false, until: undefined, ways: ['Included in chief'] }],
  others: [{ ...toggle, label: 'clerk', on: false, until: undefined, ways: [] }],
  roles: [option('chief'), option('clerk')],
  memberships: [
    { name: 'accounting', description: 'Everybody there', isGone: false, since: time, until: time, mayLeave: true },
    { name: 'old', description: '', isGone: true, since: time, mayLeave: false },
  ],
  groups: [option('visitors')],
  give: '/admin/accounts/1/roles',
  giveForATime: '/admin/accounts/1/roles/timed',
  join: '/admin/accounts/1/roles/join',
  leave: '/admin/accounts/1/roles/leave',
  typed: {},
  wrong: {},
};

const session = {
  device: 'Firefox on Windows',
  address: '198.51.100.23',
  place: 'Munich, Germany',
  firstAddress: '203.0.113.9',
  since: time,
  lastSeenAt: time,
  kept: true,
  apps: ['Demo Shop'],
  isThis: true,
  end: '/admin/accounts/1/sessions/a/end',
};
const app = {
  name: 'Demo Shop',
  clientId: 'demo-shop',
  isGone: false,
  wasAsked: true,
  since: time,
  lastSignInAt: time,
  scopes: [{ value: 'openid', sentence: 'Know that it is you.' }],
  resources: [],
  end: '/admin/accounts/1/apps/demo-shop/disconnect',
};
const sessions = { ...one, sessions: [session], endAll: '/admin/accounts/1/sessions/end-all', apps: [app] };

const event = {
  at: time,
  what: 'Signed in',
  name: 'sign_in.succeeded',
  failed: false,
  circumstances: ['Demo Shop', '198.51.100.23'],
};

const profile = {
  ...one,
  action: '/admin/accounts/1/profile',
  version: '2026-05-04T08:00:00.000Z',
  email: { value: 'alice@example.com' },
  username: { value: 'alice' },
  isProved: true,
  groups: [{ heading: 'Name', fields: [{ name: 'name', label: 'Name', value: 'Alice', type: 'text' }] }],
};

const confirm = {
  ...one,
  cancel: '/admin/accounts/1',
  costs: { sessions: 3, apps: 1 },
  action: '/admin/accounts/1/confirm',
};

const newAccount = {
  title: 'Create an account',
  lead: 'Without a password.',
  listHref: '/admin/accounts',
  action: '/admin/create-account',
  manner: 'create',
  typed: { email: '', username: '', name: '' },
  wrong: {},
  errors: [],
  roles: [{ name: 'role.clerk', label: 'clerk', help: 'What a clerk may do', checked: true }],
  groups: [{ name: 'group.visitors', label: 'visitors', checked: false }],
};
const wrongFields = [
  { field: 'email', message: 'This is no address.' },
  { field: 'username', message: 'This is no username.' },
];

const goOn = {
  text: 'Nobody else of the 20,000 accounts looked at here fits.',
  href: '/admin/accounts?after=eyJ&back=-',
};

export const consoleAccounts: readonly Sample[] = [
  consoleState('accounts/list', 'nobody found', {
    ...list,
    asked: { q: '<b>alice' },
    clear: '/admin/accounts',
    empty: 'No account fits.',
  }),
  consoleState('accounts/list', 'a page of many', {
    ...list,
    may: { 'accounts:write': true },
    asked: { q: 'a', status: 'banned', role: 'editor' },
    accounts: [
      account,
      { ...account, name: '', status: { kind: 'bad', label: 'Banned' }, lastSignInAt: undefined },
      { ...account, email: 'maximiliana.featherstonehaugh-cholmondeley@research-and-development.department.example' },
    ],
    pager: {
      first: '/admin/accounts',
      newer: '/admin/accounts?after=eyI&back=-',
      older: '/admin/accounts?after=eyJ&back=-+eyI',
    },
  }),
  consoleState('accounts/list', 'nobody so far', {
    ...list,
    asked: { q: 'a', sort: 'email' },
    clear: '/admin/accounts',
    goOn,
  }),
  consoleState('accounts/list', 'some so far', {
    ...list,
    asked: { q: 'a' },
    accounts: [account],
    goOn,
    pager: { first: '/admin/accounts', newer: '/admin/accounts?after=eyI&back=-' },
  }),
  page('overview', 'of somebody', overview),
  page('overview', 'waiting for its owner, banned', {
    ...overview,
    whose: {
      ...whose,
      emailVerified: false,
      username: undefined,
      displayName: undefined,
      lastSignInAt: undefined,
      status: 'banned',
      statusReason: 'Spam',
      deleteAt: time,
    },
    roles: [],
    groups: [],
    signingIn: { hasPassword: false, authenticators: [], recoveryCodes: 0, canBeInvited: true, canBeReset: true },
  }),
  page('overview', 'of somebody who may do more', { ...overview, ...lookingOn, beyond: 'keys:rotate' }),
  page('overview', 'one’s own', { ...overview, isOwn: true, can: { ...may, others: lookingOn.can.others } }),
  page('profile', 'as it opens', profile),
  page('profile', 'one’s own', { ...profile, isOwn: true }),
  page('profile', 'wrong', {
    ...profile,
    problem: { summary: 'This is no address.', field: 'email' },
    errors: wrongFields,
    email: { value: '?', error: 'This is no address.' },
    username: { value: '-', error: 'This is no username.' },
  }),
  page('roles', 'with everything', rights),
  page('roles', 'for who only looks', {
    ...rights,
    ...lookingOn,
    held: rights.held.map((role) => ({ ...role, isToggle: false })),
    others: [],
    roles: [],
    groups: [],
    memberships: [],
  }),
  page('roles', 'refused', {
    ...rights,
    problem: { summary: 'Use a moment to come.', field: 'role_until' },
    errors: [{ field: 'role_until', message: 'Use a moment to come.' }],
    typed: { role: 'clerk', role_until: '2001-01-01' },
    wrong: { role_until: 'Use a moment to come.' },
  }),
  page('sessions', 'with one', sessions),
  page('sessions', 'with none', { ...sessions, ...lookingOn, sessions: [], apps: [] }),
  page('sessions', 'of an app that is gone', {
    ...sessions,
    apps: [
      { ...app, isGone: true },
      { ...app, name: 'Inventory', wasAsked: false, end: '/admin/accounts/1/apps/i/disconnect' },
    ],
  }),
  page('events', 'with some', {
    ...one,
    events: [event, { ...event, name: 'account.banned', failed: true, by: 'account:2', byHref: '/admin/accounts/2' }],
    hasOlder: true,
    auditHref: '/admin/audit?account=1',
  }),
  page('events', 'with none', { ...one, events: [], hasOlder: false }),
  page('ban', 'as it opens', { ...confirm, reason: '' }),
  page('ban', 'without a reason', {
    ...confirm,
    reason: ' ',
    wrong: 'Say why.',
    problem: { summary: 'Say why.', field: 'reason' },
  }),
  page('factors', 'as it opens', { ...confirm, authenticators: [{}, {}], recoveryCodes: 8 }),
  page('delete', 'as it opens', { ...confirm, email: 'alice@example.com', typed: '' }),
  page('delete', 'another address', {
    ...confirm,
    email: 'alice@example.com',
    typed: 'bob',
    wrong: 'Not this one.',
    problem: { summary: 'Not this one.', field: 'typed' },
  }),
  page('new', 'to create', newAccount),
  page('new', 'to invite, wrong', {
    ...newAccount,
    manner: 'invite',
    problem: { summary: 'This is no address.', field: 'email' },
    errors: wrongFields,
    wrong: { email: 'This is no address.', username: 'This is no username.' },
    roles: [],
    groups: [],
  }),
];
