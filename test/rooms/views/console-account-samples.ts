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
    isUnsorted: true,
    accounts: [
      account,
      { ...account, name: '', status: { kind: 'bad', label: 'Banned' }, lastSignInAt: undefined },
      { ...account, email: 'maximiliana.featherstonehaugh-cholmondeley@research-and-development.department.example' },
    ],
    pager: { first: '/admin/accounts', older: '/admin/accounts?after=eyJ' },
  }),
];
