// The pages of the account centre in each of their states. Their frame, `accountFrame`, is for whoever adds one.

import { profileSamples } from './profile-samples.ts';
import type { Sample } from './samples.ts';

const MENU = ['Overview', 'Profile', 'Security', 'Sessions', 'Devices', 'Connected apps', 'Activity', 'My data'];

/** What every page of the account centre is given by its frame. */
export const accountFrame = {
  menu: MENU.map((label, at) => ({ label, path: at === 0 ? '/account' : `/account/${at}`, isCurrent: at === 0 })),
  account: { label: 'alice@example.com', name: 'Alice Liddell' },
  csrf: 'csrf-token-of-this-session',
  title: 'Your account',
};

const app = {
  name: 'Demo Shop',
  uri: 'https://shop.example',
  href: '/account/apps/demo-shop',
  isGone: false,
  asksNothing: false,
  since: new Date('2026-01-04T09:30:00Z'),
  lastSignInAt: new Date('2026-11-20T17:05:00Z'),
  scopes: [{ value: 'openid', sentence: 'Know that it is you.' }],
  resources: [{ name: 'Orders', scopes: [{ value: 'orders:read', sentence: 'Read your orders.' }] }],
};

const SESSION = {
  device: 'Firefox on Windows',
  address: '198.51.100.23',
  place: 'Munich, Germany',
  firstAddress: '',
  since: new Date('2026-05-04T07:00:00Z'),
  lastSeenAt: new Date('2026-05-04T09:58:00Z'),
  kept: true,
  apps: ['Demo Shop', 'Inventory'],
  end: '/account/sessions/q3X0lZbQ5c2yYyWk2uR1mA/end',
};

const state = (view: string, name: string, locals: Record<string, unknown>): Sample => ({
  view: `account/${view}`,
  state: name,
  locals,
});

const password = { ...accountFrame, action: '/account/password', identifier: 'alice@example.com', rule: 'Long.' };
const email = { ...accountFrame, action: '/account/email', email: 'alice@example.com', typed: '', isProved: true };

export const accountCentre: readonly Sample[] = [
  state('password', 'as it opens', password),
  state('password', 'wrong', { ...password, problem: { summary: 'Wrong.', field: 'current', message: 'Enter it.' } }),
  state('password', 'too short', { ...password, problem: { summary: 'No.', field: 'password', message: 'Longer.' } }),
  state('password', 'too often', { ...password, problem: { summary: 'Too many.' }, retryAfterSeconds: 540 }),
  state('email', 'as it opens', email),
  state('email', 'not proved yet', { ...email, isProved: false }),
  state('email', 'none', { ...email, typed: 'no', problem: { summary: 'No.', field: 'email', message: 'Whole.' } }),
  state('email', 'too often', { ...email, problem: { summary: 'Too many.' }, retryAfterSeconds: 540 }),
  state('username', 'none', { ...accountFrame, action: '/account/username', typed: '', isRequired: false }),
  state('username', 'taken', {
    ...accountFrame,
    action: '/account/username',
    typed: 'Ada',
    isRequired: true,
    problem: { summary: 'No.', field: 'username', message: 'Taken.' },
  }),
  state('overview', 'as it opens', {
    ...accountFrame,
    email: 'alice@example.com',
    person: 'Alice Liddell',
    username: 'alice',
    lastSignInAt: new Date('2026-11-20T17:05:00Z'),
    attention: [],
    places: [
      { href: '/account/sessions', label: 'Sessions', said: ['3 sessions'] },
      { href: '/account/apps', label: 'Connected apps', said: ['1 app'] },
    ],
  }),
  state('overview', 'after something was done, with much to do', {
    ...accountFrame,
    notice: 'It is done.',
    email: 'alice@example.com',
    attention: [{ text: 'The address is not confirmed.', href: '/account/email' }, { text: 'No second factor.' }],
    places: [],
  }),
  state('activity', 'none', { ...accountFrame, title: 'Activity', events: [] }),
  state('activity', 'of all kinds', {
    ...accountFrame,
    title: 'Activity',
    events: [
      { at: new Date('2026-11-20T17:05:00Z'), what: 'In.', failed: false, circumstances: ['Shop', '192.0.2.7'] },
      { at: new Date('2026-11-19T17:05:00Z'), what: 'Not in.', failed: true, circumstances: [] },
    ],
    older: '/account/activity?before=7',
    newest: '/account/activity',
  }),
  state('apps', 'none', { ...accountFrame, title: 'Connected apps', lead: 'Apps you use.', apps: [] }),
  state('apps', 'asked and unasked, here and gone', {
    ...accountFrame,
    title: 'Connected apps',
    lead: 'Apps you use.',
    apps: [
      app,
      { ...app, name: 'Northern Districts Document Archive and Correspondence Register', asksNothing: true, uri: '' },
      { ...app, name: 'old-app', isGone: true, scopes: [], resources: [], lastSignInAt: undefined },
    ],
  }),
  state('app', 'with sessions', { ...accountFrame, title: 'Connected app', app, sessions: 2 }),
  state('app', 'unasked', { ...accountFrame, title: 'App', app: { ...app, asksNothing: true }, sessions: 0 }),
  state('devices', 'two', {
    ...accountFrame,
    devices: [
      {
        name: 'Firefox on Windows',
        isThis: true,
        firstSeen: 'Mar 3, 2026',
        lastSeenAt: new Date('2026-03-04T10:00:00Z'),
        trustedUntil: 'Apr 3, 2026',
        forget: '/account/devices/1/forget',
      },
      {
        name: 'Safari on macOS',
        isThis: false,
        firstSeen: 'Mar 3, 2026',
        lastSeenAt: new Date('2026-03-04T10:00:00Z'),
        forget: '/account/devices/2/forget',
      },
    ],
    forgetAll: '/account/devices/forget-all',
  }),
  state('devices', 'none', { ...accountFrame, devices: [], forgetAll: '/account/devices/forget-all' }),
  state('sessions', 'here and elsewhere', {
    ...accountFrame,
    current: { ...SESSION, firstAddress: '192.0.2.7' },
    others: [
      { ...SESSION, device: 'Unknown device', address: '', place: '', apps: [], kept: false },
      {
        ...SESSION,
        device: 'Safari on iOS',
        address: '2001:db8:85a3::8a2e:370:7334',
        since: new Date('2026-04-01T08:00:00Z'),
      },
    ],
    endOthers: '/account/sessions/end-others',
  }),
  state('sessions', 'here alone', {
    ...accountFrame,
    current: SESSION,
    others: [],
    endOthers: '/account/sessions/end-others',
  }),
  state('not-signed-in', 'cancelled', {
    title: 'You are not signed in',
    lead: 'You went back.',
    again: '/account/sessions',
    reference: 'K7QM-X3PB',
  }),
  ...profileSamples.map(({ view, state: name, locals }) => state(view, name, { ...accountFrame, ...locals })),
  state('goodbye', 'with time to think', {
    title: 'Your account is going to be deleted',
    email: 'alice@example.com',
    until: '29 November 2026 at 08:00 UTC',
  }),
  state('goodbye', 'at once', { title: 'Your account is deleted', email: 'alice@example.com', until: undefined }),
];
