// The console's pages for whoever keeps the server running, in each of their states.
import { consoleState } from './console-samples.ts';
import type { Sample } from './samples.ts';

const at = new Date('2026-05-03T10:00:00Z');
const LONG = 'maximiliana.featherstonehaugh-cholmondeley@research-and-development.department.example';

const bars = [3, 0, 7].map((value, day) => ({ x: day * 10, y: 72 - value, width: 8, height: value }));
const chart = { label: 'Sign-ins', today: '7', sum: '10', from: 'Apr 5', width: 300, height: 72, most: 7, bars };

const mail = {
  to: LONG,
  message: 'reset password',
  createdAt: at,
  attempts: 12,
  isGivenUp: true,
  nextAttemptAt: undefined,
  lastError: '550 5.1.1 <someone>: Recipient address rejected: User unknown in virtual mailbox table',
  retry: '/admin/outbox/1/retry',
  drop: '/admin/outbox/1/drop',
};

const event = {
  at,
  event: 'role.granted',
  isFailure: false,
  account: '0b9a3d62-6a49-4b9e-9f0b-2f4f5a0a7a11',
  accountHref: '/admin/accounts/0b9a3d62-6a49-4b9e-9f0b-2f4f5a0a7a11',
  subject: 'role:editor',
  actor: 'operator',
  client: 'Demo Shop',
  address: '203.0.113.7',
  requestId: 'req-1',
  details: '{"after":{"role":"editor"}}',
};

const audit = {
  stated: {},
  wrong: [],
  eventOptions: [{ value: '', label: 'any' }],
  hasFilters: false,
  action: '/admin/audit',
  exportAction: '/admin/audit/export',
  events: [],
  pager: {},
};

const client = {
  name: 'Demo Shop',
  id: 'shop',
  href: '/admin/clients/shop',
  place: 'config/clients/shop.yaml:3',
  people: '12',
  grants: '9',
  lastAt: at,
};

export const operationPages: readonly Sample[] = [
  consoleState('overview', 'with nothing to attend to', { attention: [], charts: [], days: [] }),
  consoleState('overview', 'after some weeks', {
    lead: 'What is going on.',
    attention: [{ text: '1 mail could not be delivered.', href: '/admin/outbox' }, { text: 'Restart.' }],
    charts: [chart],
    days: [{ day: 'Apr 5', counts: ['3'] }],
  }),
  consoleState('operations/clients', 'with none', { problems: [], clients: [] }),
  consoleState('operations/clients', 'with some, and problems', {
    problems: ['config/clients/shop.yaml:7: redirect_uris[0]: expected https'],
    clients: [
      { ...client, secret: { isOver: false, days: 12 } },
      { ...client, name: LONG, lastAt: undefined, secret: { isOver: true, days: -1 } },
      { ...client, secret: undefined },
    ],
  }),
  consoleState('operations/client', 'with secrets', {
    back: '/admin/clients',
    facts: [{ key: 'redirect_uris', values: ['https://shop.example/callback', 'https://www.shop.example/callback'] }],
    secrets: [
      { created: at, expires: at, isOver: true },
      { created: undefined, expires: undefined, isOver: false },
    ],
    people: '10,000+',
    grants: '10,000+',
    service: { given: [{ name: LONG, href: '/admin/roles/long' }], has: [{ name: 'reader' }, { name: 'writer' }] },
    lastAt: at,
  }),
  consoleState('operations/client', 'without', {
    back: '/admin/clients',
    facts: [],
    secrets: [],
    people: '0',
    grants: '0',
  }),
  consoleState('operations/sessions', 'with nobody', { sessions: [], pager: {} }),
  consoleState('operations/sessions', 'with somebody', {
    sessions: [
      {
        email: LONG,
        accountId: '1',
        href: '/admin/accounts/1',
        device: 'Firefox on Linux',
        address: '2001:db8::1',
        place: 'Berlin',
        since: at,
        lastSeenAt: at,
        end: '/admin/sessions/1/end',
      },
      { email: 'ada@example.com', accountId: '2', device: 'unknown', address: '', since: at, lastSeenAt: at },
    ],
    pager: { first: '/admin/sessions', older: '/admin/sessions?before=1.a' },
  }),
  consoleState('operations/keys', 'of every stage', {
    keys: ['active', 'next', 'retired'].map((stage) => ({
      kid: `${stage}-k7oV2mJwX`,
      algorithm: 'RS256',
      stage,
      createdAt: at,
      activatedAt: stage === 'next' ? undefined : at,
      changesAt: at,
      revoke: '/admin/keys/1/revoke',
    })),
    rotate: '/admin/keys/rotate',
    published: 'https://auth.example.com/jwks',
  }),
  consoleState('operations/rotate-keys', 'asking', {
    action: '/admin/keys/rotate',
    cancel: '/admin/keys',
    signsFrom: at,
  }),
  ...(['active', 'next', 'retired'] as const).map((stage) =>
    consoleState('operations/revoke-key', `of one that is ${stage}`, {
      key: { kid: `${stage}-k7oV2mJwX`, algorithm: 'ES256', stage, createdAt: at },
      action: '/admin/keys/1/revoke',
      cancel: '/admin/keys',
    }),
  ),
  ...(['current', 'needs_restart', 'invalid'] as const).map((state) =>
    consoleState('operations/configuration', state, {
      state,
      problems: state === 'invalid' ? ['config/gatehouse.yaml:7  mfa: expected "optional" or "required"'] : [],
      sections: [
        { name: 'server', settings: [{ key: 'server.trusted_proxies', value: '10.0.0.0/8, 192.168.0.0/16' }] },
      ],
    }),
  ),
  consoleState('operations/outbox', 'with none', { waiting: '0', givenUp: '0', mails: [], pager: {} }),
  consoleState('operations/outbox', 'with some', {
    may: { 'outbox:write': true },
    waiting: '1',
    givenUp: '1',
    retryAll: '/admin/outbox/retry',
    mails: [mail, { ...mail, isGivenUp: false, lastError: undefined }],
    pager: {},
  }),
  consoleState('operations/drop-mail', 'asking', { mail, action: mail.drop, cancel: '/admin/outbox' }),
  consoleState('operations/audit', 'with nothing', { ...audit, wrong: ['address'] }),
  consoleState('operations/audit', 'with events', {
    ...audit,
    stated: { event: 'role.granted' },
    hasFilters: true,
    events: [event, { at, event: 'sign_in.failed', isFailure: true }],
    pager: { first: '/admin/audit', newer: '/admin/audit', older: '/admin/audit?before=1&back=-+2' },
  }),
];
