// The pages of authenticators and recovery codes in each of their states.
import { accountFrame } from './account-samples.ts';
import type { Sample } from './samples.ts';

const state = (view: string, name: string, locals: Record<string, unknown>): Sample => ({
  view: `account/${view}`,
  state: name,
  locals: { ...accountFrame, backHref: '/account/security', ...locals },
});

const phone = {
  name: 'Phone',
  addedAt: new Date('2026-01-04T09:30:00Z'),
  lastUsedAt: new Date('2026-05-04T08:00:00Z'),
  renameHref: '/account/authenticators/1',
  removeHref: '/account/authenticators/1/remove',
};
const long = { ...phone, name: 'Featherstonehaugh-Cholmondeley’s telephone, blue', lastUsedAt: undefined };

const security = {
  title: 'Security',
  lead: 'How you prove that it’s you.',
  passwordChangedAt: undefined,
  passwordHref: '/account/password',
  devicesHref: '/account/devices',
  addHref: '/account/authenticators/new',
  most: 5,
  recoveryCodes: { left: 10, madeAt: phone.addedAt, areFew: false, href: '/account/recovery-codes' },
};

const enrolment = {
  title: 'Add an authenticator app',
  action: '/account/authenticators/new',
  pending: 'v1.sealed.text',
  name: '',
  longestName: 50,
  qrSvg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9H0z"/></svg>',
  keyInGroups: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP',
  otpauthUri: 'otpauth://totp/Gatehouse:alice%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Gatehouse',
};

const codes = ['K7QM', 'X3PB', 'R9TD', 'H2WV', 'N6GF', 'C8YJ', 'M4KS', 'T5ZE', 'W3HA', 'B9RL'].map(
  (head, at) => `${head}-EFGH-JKLM-NPQ${at}`,
);

const rename = { title: 'Rename', action: '/account/authenticators/1', name: 'Phone', longestName: 50 };
const removal = {
  title: 'Remove',
  otherSessions: 2,
  action: '/account/authenticators/1/remove',
  addHref: security.addHref,
};
const count = { title: 'Recovery codes', action: '/account/recovery-codes', addHref: security.addHref };

export const factorPages: readonly Sample[] = [
  state('security', 'nothing but a password', { ...security, authenticators: [] }),
  state('security', 'two authenticators, few codes', {
    ...security,
    passwordChangedAt: phone.lastUsedAt,
    authenticators: [phone, long],
    recoveryCodes: { ...security.recoveryCodes, left: 1, areFew: true },
  }),
  state('security', 'as many as there may be, codes used up', {
    ...security,
    passwordHref: undefined,
    devicesHref: undefined,
    authenticators: [phone, long, phone, long, phone],
    addHref: undefined,
    recoveryCodes: { ...security.recoveryCodes, left: 0, madeAt: undefined, areFew: true },
  }),
  state('authenticator-new', 'start', enrolment),
  state('authenticator-new', 'wrong code', {
    ...enrolment,
    name: 'Phone',
    problem: { summary: 'That code is not right.', field: 'code' },
  }),
  state('authenticator-new', 'wrong name', {
    ...enrolment,
    name: 'Phone',
    problem: { summary: 'Another one has this name.', field: 'name' },
  }),
  state('authenticator-new', 'too many codes', {
    ...enrolment,
    problem: { summary: 'Too many codes.' },
    retryAfterSeconds: 540,
  }),
  state('authenticator-rename', 'as it opens', rename),
  state('authenticator-rename', 'taken', { ...rename, problem: { summary: 'It is taken.', field: 'name' } }),
  state('authenticator-remove', 'one of two', { ...removal, name: 'Phone', isLast: false }),
  state('authenticator-remove', 'the last one', { ...removal, name: long.name, isLast: true }),
  state('authenticator-remove', 'needed', {
    ...removal,
    name: 'Phone',
    isLast: true,
    neededBy: 'It is your last one, and a role wants it.',
  }),
  state('recovery-codes', 'nine left', { ...count, hasAuthenticator: true, left: 9, madeAt: phone.addedAt }),
  state('recovery-codes', 'none left', { ...count, hasAuthenticator: true, left: 0, madeAt: undefined }),
  state('recovery-codes', 'no authenticator', { ...count, hasAuthenticator: false, left: 0, madeAt: undefined }),
  state('recovery-codes-new', 'shown once', {
    title: 'Store your recovery codes',
    codes,
    sealed: 'v1.sealed.text',
    downloadAction: '/account/recovery-codes/download',
    storedHref: '/account/security',
  }),
];
