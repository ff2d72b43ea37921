// Every page in each of its states, with locals as the edges hand them over. Names are what a tester would call the state.
import QRCode from 'qrcode';
import { momentIn } from '../../../src/texts/dates.ts';
import { LANGUAGES, type Language, textsIn } from '../../../src/texts/messages.ts';
import { accountCentre } from './account-samples.ts';
import { consoleAccounts } from './console-account-samples.ts';
import { consolePages } from './console-samples.ts';
import { factorPages } from './factor-samples.ts';
import { modelPages } from './model-samples.ts';
import { operationPages } from './operation-samples.ts';

export interface Sample {
  readonly view: string;
  readonly state: string;
  readonly locals: Readonly<Record<string, unknown>>;
}

/** When the samples are looked at. */
export const SAMPLE_NOW = new Date('2026-05-04T10:00:00Z');

const csrf = 'csrf-token-of-this-browser';
const action = '/interaction/K7oV2mJw';
const notYouAction = '/interaction/K7oV2mJw/another-account';
const cancelAction = '/interaction/K7oV2mJw/cancel';

const shop = {
  name: 'Demo Shop',
  logoUrl: '/sample-logo.svg',
  uri: 'https://shop.example',
  policyUri: 'https://shop.example/privacy',
  tosUri: 'https://shop.example/terms',
};
const bareApp = { name: 'Inventory' };
const longApp = {
  name: 'Interdepartmental Procurement and Reimbursement Workbench of the Northern Districts (Staging)',
  uri: 'https://procurement-and-reimbursement.northern-districts.intranet.example',
};

const alice = { label: 'alice@example.com', name: 'Alice Liddell' };
const longPerson = {
  label: 'maximiliana.featherstonehaugh-cholmondeley@research-and-development.department.example',
  name: 'Maximiliana Philippa Featherstonehaugh-Cholmondeley of Upper Slaughter',
};

const keyInGroups = 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP';
const otpauthUri =
  'otpauth://totp/Gatehouse:alice%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Gatehouse';
const qrSvg = await QRCode.toString(otpauthUri, { type: 'svg', margin: 0 });

const recoveryCodes = ['K7QM', 'X3PB', 'R9TD', 'H2WV', 'N6GF', 'C8YJ', 'M4KS', 'T5ZE', 'W3HA', 'B9RL'].map(
  (head, at) => `${head}-EFGH-JKLM-NPQ${at}`,
);

const openIdScopes = [
  { value: 'openid', sentence: 'Know that it is you, by an identifier made for this account.' },
  { value: 'profile', sentence: 'See your name and username.' },
  { value: 'email', sentence: 'See your e-mail address.' },
  { value: 'roles', sentence: 'See which roles you have.' },
  { value: 'offline_access', sentence: 'Keep this access while you are away, until you sign out or take it back.' },
];
const ordersApi = {
  name: 'Orders',
  scopes: [
    { value: 'orders:read', sentence: 'Read your orders.' },
    { value: 'orders:write', sentence: 'Place and cancel orders in your name.' },
  ],
};
const archiveApi = {
  name: 'Northern Districts Document Archive and Correspondence Register',
  scopes: [
    { value: 'https://archive.example/auth/correspondence.readonly', sentence: 'Read letters addressed to you.' },
    {
      value: 'https://archive.example/auth/correspondence.annotate',
      sentence: 'Add notes to letters addressed to you.',
    },
    { value: 'archive:export', sentence: 'Export up to a thousand documents at a time into files of its own.' },
  ],
};

const signIn = {
  client: shop,
  action,
  csrf,
  cancelAction,
  notYouAction,
  identifier: '',
  title: 'Sign in',
  keep: { checked: false, days: 30 },
};
const secondFactor = { client: shop, action, csrf, notYouAction, account: alice, title: 'Enter your code' };
const totp = { ...secondFactor, method: 'totp', switchHref: `${action}?method=recovery_code` };
const recovery = { ...secondFactor, method: 'recovery_code', switchHref: `${action}?method=totp` };
const demandedBy = 'A role you have asks for a second factor.';
const enrol = { ...secondFactor, title: 'Set up your authenticator app', demandedBy, qrSvg, keyInGroups, otpauthUri };
const consent = { client: shop, account: alice, notYouAction, action, csrf, title: 'Access', resources: [] };

function state(view: string, name: string, locals: Record<string, unknown>): Sample {
  return { view, state: name, locals };
}

const setUp = { action: '/setup/account', csrf, title: 'Set up Gatehouse' };
const accountForm = {
  ...setUp,
  typed: { email: '', name: '' },
  errors: [],
  rule: 'At least 15 characters.',
};

const firstRun: readonly Sample[] = [
  state('first-run/account', 'empty', accountForm),
  state('first-run/account', 'everything wrong', {
    ...accountForm,
    typed: { email: longPerson.label, name: longPerson.name },
    problem: { summary: 'Something is wrong.' },
    errors: [
      { field: 'email', message: 'This is no address.' },
      { field: 'name', message: 'This name is too long.' },
      { field: 'password', message: 'Too short.' },
      { field: 'password', message: 'Mostly names.' },
    ],
  }),
  state('first-run/authenticator', 'start', { ...enrol, changeAction: '/setup/change' }),
  state('first-run/authenticator', 'wrong code', {
    ...enrol,
    account: longPerson,
    changeAction: '/setup/change',
    problem: { summary: 'That code is not right.' },
  }),
  state('first-run/authenticator', 'too many codes', {
    ...enrol,
    changeAction: '/setup/change',
    problem: { summary: 'Too many codes.' },
    retryAfterSeconds: 540,
  }),
  state('first-run/recovery-codes', 'shown once', {
    ...setUp,
    account: alice,
    codes: recoveryCodes,
    downloadHref: '/setup/recovery-codes.txt',
  }),
  state('first-run/done', 'finished', { title: 'Set-up finished', email: alice.label }),
  state('first-run/void', 'too old', { title: 'This set-up link does not work' }),
  state('first-run/closed', 'somebody was faster', { title: 'Already set up' }),
];

const interactions: readonly Sample[] = [
  state('interactions/sign-in', 'first visit', { ...signIn, forgotHref: '/reset-password?client=shop' }),
  state('interactions/sign-in', 'app without logo', { ...signIn, client: bareApp, cancelAction: undefined }),
  state('interactions/sign-in', 'long app name', { ...signIn, client: longApp, identifier: longPerson.label }),
  state('interactions/sign-in', 'wrong credentials', {
    ...signIn,
    identifier: alice.label,
    problem: { summary: 'The e-mail or username and the password do not match.', field: 'password' },
  }),
  state('interactions/sign-in', 'password missing', {
    ...signIn,
    identifier: alice.label,
    problem: { summary: 'The password is missing.', field: 'password' },
  }),
  state('interactions/sign-in', 'identifier missing', {
    ...signIn,
    problem: { summary: 'The e-mail or username is missing.', field: 'identifier' },
  }),
  state('interactions/sign-in', 'account suspended', {
    ...signIn,
    identifier: alice.label,
    problem: { summary: 'This account has been suspended. Ask the people who run this service.' },
  }),
  state('interactions/sign-in', 'too many attempts', {
    ...signIn,
    identifier: alice.label,
    problem: { summary: 'Too many attempts for this account.' },
    retryAfterSeconds: 540,
  }),
  state('interactions/sign-in', 'confirm it is you', {
    ...signIn,
    identifier: alice.label,
    reauthenticate: { label: alice.label },
  }),
  state('interactions/sign-in', 'confirm, long address, wrong password', {
    ...signIn,
    reauthenticate: { label: longPerson.label },
    problem: { summary: 'That password is not right.', field: 'password', message: 'Enter the password again.' },
  }),
  state('interactions/second-factor', 'code', totp),
  state('interactions/second-factor', 'code, and a device to trust', { ...totp, trust: { checked: true } }),
  state('interactions/second-factor', 'wrong code', { ...totp, problem: { summary: 'That code is not right.' } }),
  state('interactions/second-factor', 'too many codes', {
    ...totp,
    problem: { summary: 'Too many codes tried.' },
    retryAfterSeconds: 45,
  }),
  state('interactions/second-factor', 'recovery code', { ...recovery, client: bareApp, account: longPerson }),
  state('interactions/second-factor', 'spent recovery code', {
    ...recovery,
    cancelAction,
    problem: { summary: 'That recovery code is not right.', field: 'code' },
  }),
  state('interactions/enrol-totp', 'start', enrol),
  state('interactions/enrol-totp', 'wrong code', {
    ...enrol,
    otpauthUri: undefined,
    cancelAction,
    problem: { summary: 'That code is not right.', field: 'code' },
  }),
  state('interactions/recovery-codes', 'shown once', {
    client: shop,
    account: alice,
    action,
    csrf,
    codes: recoveryCodes,
    downloadHref: `${action}/recovery-codes.txt`,
    title: 'Store your recovery codes',
  }),
  state('interactions/consent', 'few scopes', { ...consent, scopes: openIdScopes.slice(0, 3) }),
  state('interactions/consent', 'many scopes, long names', {
    ...consent,
    client: { ...longApp, tosUri: 'https://northern-districts.example/terms' },
    account: longPerson,
    scopes: openIdScopes,
    resources: [ordersApi, archiveApi],
  }),
  state('interactions/consent', 'app without papers', {
    ...consent,
    client: bareApp,
    scopes: openIdScopes.slice(0, 2),
  }),
  state('interactions/select-account', 'with a name', { client: shop, account: alice, action, csrf, title: 'Choose' }),
  state('interactions/select-account', 'address only, long', {
    client: longApp,
    account: { label: longPerson.label },
    action,
    csrf,
    title: 'Choose',
  }),
  state('interactions/select-account', 'long name', {
    client: bareApp,
    account: longPerson,
    action,
    csrf,
    title: 'Choose',
  }),
  state('interactions/select-account', 'account gone meanwhile', { client: shop, action, csrf, title: 'Choose' }),
  state('interactions/continue', 'back to the app', { client: shop, href: '/auth/K7oV2mJw', title: 'Taking you back' }),
  state('interactions/refused', 'not for this person', {
    client: shop,
    account: alice,
    title: 'You cannot use Demo Shop',
    message:
      'Your account works, but it is missing a role this app asks for. Ask the people who run Demo Shop for access.',
    action,
    csrf,
  }),
  state('interactions/refused', 'ended by the app', {
    title: 'This sign-in was ended',
    message: 'The app took its request back.',
    backHref: 'https://shop.example',
  }),
  state('interactions/expired', 'way back known', {
    title: 'This sign-in has ended',
    back: { href: 'https://shop.example', app: 'Demo Shop' },
  }),
  state('interactions/expired', 'way back unknown', { title: 'This sign-in has ended', reference: 'K7QF2-M9XTB' }),
];

const others: readonly Sample[] = [
  state('errors/refused', 'not found', {
    title: 'There is no such page',
    message: 'The address may be mistyped, or the page has moved.',
    code: 'not_found',
    reference: 'K7QF2-M9XTB',
    requestId: '01993f0c-7b1e-7c52-9c1d-2f6f0a9b4c11',
  }),
  state('errors/refused', 'busy', {
    title: 'Too much at once',
    message: 'More people are signing in than this server can check right now.',
    code: 'busy',
    reference: 'K7QF2-M9XTB',
    requestId: '01993f0c-7b1e-7c52-9c1d-2f6f0a9b4c11',
    retryAfterSeconds: 1,
  }),
  state('errors/broken', 'defect', {
    reference: 'K7QF2-M9XTB',
    requestId: '01993f0c-7b1e-7c52-9c1d-2f6f0a9b4c11',
    title: 'Something went wrong',
  }),
  state('errors/protocol', 'unregistered redirect', {
    client: shop,
    error: 'invalid_redirect_uri',
    description:
      "redirect_uri 'https://shop.example/some/very/long/path/that/was/never/registered?with=a&query=string' did not match any of the client's registered redirect_uris",
    reference: 'K7QF2-M9XTB',
    requestId: '01993f0c-7b1e-7c52-9c1d-2f6f0a9b4c11',
    back: { href: 'https://shop.example', app: 'Demo Shop' },
    title: 'The app’s request was refused',
  }),
  state('errors/protocol', 'explained in development', {
    client: shop,
    error: 'invalid_redirect_uri',
    description: "redirect_uri did not match any of the client's registered redirect_uris",
    reference: 'K7QF2-M9XTB',
    requestId: '01993f0c-7b1e-7c52-9c1d-2f6f0a9b4c11',
    title: 'The app’s request was refused',
    explanation: {
      received: 'https://shop.example/callback/',
      expected: ['https://shop.example/callback', 'https://shop.example/other'],
      comparison: {
        received: [
          { text: 'https://shop.example/callback', differs: false },
          { text: '/', differs: true },
        ],
        expected: [{ text: 'https://shop.example/callback', differs: false }],
      },
      place: { file: 'config/clients/shop.yaml', line: 6 },
      yaml: 'redirect_uris:\n  - "https://shop.example/callback"\n  - "https://shop.example/callback/"',
      said: {
        wrong: 'The redirect_uri is not one that the client’s file registers.',
        fix: 'Let the app send a registered address exactly as it stands there.',
        differences: ['The slash at the end differs.'],
      },
    },
  }),
  state('errors/protocol', 'unknown client', {
    error: 'invalid_client',
    description: 'client is invalid',
    reference: 'K7QF2-M9XTB',
    requestId: '01993f0c-7b1e-7c52-9c1d-2f6f0a9b4c11',
    title: 'The app’s request was refused',
  }),
  state('provider/sign-out', 'asked by an app', {
    action: '/session/end/confirm',
    xsrf: 'xsrf-token-of-the-engine',
    client: shop,
    account: alice,
    stayHref: 'https://shop.example',
    title: 'Sign out?',
  }),
  state('provider/sign-out', 'opened by hand', {
    action: '/session/end/confirm',
    xsrf: 'xsrf-token-of-the-engine',
    account: longPerson,
    stayHref: '/',
    title: 'Sign out?',
  }),
  state('provider/sign-out', 'account gone meanwhile', {
    action: '/session/end/confirm',
    xsrf: 'xsrf-token-of-the-engine',
    stayHref: '/',
    title: 'Sign out?',
  }),
  state('provider/signed-out', 'way back known', {
    client: shop,
    back: { href: 'https://shop.example', app: 'Demo Shop' },
    title: 'You are signed out',
  }),
  state('provider/signed-out', 'way back unknown', { title: 'You are signed out' }),
  state('api/docs', 'with operations', {
    title: 'Gatehouse: administration',
    audience: 'https://auth.example.com/api/v1',
    openapi: '/api/v1/openapi.json',
    permissions: [['accounts:read', 'See accounts']],
    sections: [
      {
        tag: 'Accounts',
        operations: [
          {
            id: 'changeAccount',
            method: 'PATCH',
            path: '/api/v1/accounts/:accountId',
            summary: 'Change an account',
            description: 'What is left out stays.',
            needs: 'accounts:write',
            fields: [{ name: 'If-Match', where: 'header', isRequired: true, text: 'The ETag of what was read.' }],
            answer: '200: The account as it is now.',
          },
        ],
      },
    ],
  }),
  state('dev/mails', 'with mails', {
    title: 'Mails',
    mails: [
      { href: '/dev/mail/1', to: alice.label, subject: 'Choose a new password', at: new Date('2026-05-04T09:58:00Z') },
      {
        href: '/dev/mail/2',
        to: longPerson.label,
        subject: 'Welcome to Gatehouse',
        at: new Date('2026-05-04T08:00:00Z'),
      },
    ],
  }),
  state('dev/mails', 'empty', { title: 'Mails', mails: [] }),
  state('dev/mail', 'with a link', {
    title: 'Choose a new password',
    to: longPerson.label,
    at: new Date('2026-05-04T09:58:00Z'),
    mailLanguage: 'en',
    text: 'Choose a new password\n\nhttps://auth.example.com/reset-password?token=k3Jx0v9QmZ7w2Lr5T8yB1nC4pD6fG0hS\n',
    link: 'https://auth.example.com/reset-password?token=k3Jx0v9QmZ7w2Lr5T8yB1nC4pD6fG0hS',
    htmlHref: '/dev/mail/1/html',
    listHref: '/dev/mail',
  }),
  state('home', 'development', {
    title: 'Gatehouse',
    issuer: 'http://localhost:3000',
    mode: 'development',
    version: '0.1.0',
    demo: { href: 'http://localhost:3001', name: 'Demo Shop' },
    discoveryHref: '/.well-known/openid-configuration',
    createPersonCommand: 'bin/gatehouse user create --email you@example.com --role shop-admin',
  }),
  state('home', 'production', {
    title: 'Gatehouse',
    issuer: 'https://id.northern-districts.example',
    mode: 'production',
    discoveryHref: 'https://id.northern-districts.example/.well-known/openid-configuration',
  }),
];

const signUp = {
  client: shop,
  title: 'Create an account',
  action,
  csrf,
  cancelAction,
  signInAction: notYouAction,
  typed: { email: '', username: '', name: '' },
  required: { username: false, name: false },
  rule: 'At least 15 characters.',
  errors: [],
};
const everythingWrong = [
  { field: 'email', message: 'This is no address.' },
  { field: 'username', message: 'This name is taken.' },
  { field: 'name', message: 'This name is too long.' },
  { field: 'password', message: 'Too short.' },
  { field: 'terms', message: 'They have to be accepted.' },
];
const verifyEmail = {
  client: shop,
  title: 'Check your mail',
  action,
  csrf,
  cancelAction,
  resendAction: action,
  changeAction: action,
  email: alice.label,
};
const mailedCode = {
  client: shop,
  title: 'Check your mail',
  action,
  csrf,
  cancelAction,
  notYouAction,
  resendAction: action,
  waiting: 'for-code',
  email: 'a…@example.com',
};
const mailedLink = {
  csrf,
  token: 'token-of-the-link',
  rule: 'At least 15 characters.',
  errors: [],
  email: alice.label,
};

const signingUp: readonly Sample[] = [
  state('interactions/sign-up', 'empty', signUp),
  state('interactions/sign-up', 'everything wrong', {
    ...signUp,
    client: longApp,
    typed: { email: longPerson.label, username: 'alice', name: longPerson.name, terms: 'yes' },
    required: { username: true, name: true },
    termsUrl: 'https://shop.example/terms',
    problem: { summary: 'Something is wrong.' },
    errors: everythingWrong,
  }),
  state('interactions/sign-up', 'too many', { ...signUp, problem: { summary: 'Too many.' }, retryAfterSeconds: 60 }),
  state('interactions/verify-email', 'waiting', verifyEmail),
  state('interactions/verify-email', 'sent again', {
    ...verifyEmail,
    email: longPerson.label,
    notice: 'A new mail is on its way.',
  }),
  state('interactions/verify-email', 'wrong code', {
    ...verifyEmail,
    problem: { summary: 'That code is not right.', field: 'code' },
  }),
  state('interactions/verify-email', 'too many mails', {
    ...verifyEmail,
    problem: { summary: 'Too many.' },
    retryAfterSeconds: 60,
  }),
  ...[true, false].map((isNew) =>
    state('interactions/terms', isNew ? 'new, not accepted' : 'never asked', {
      client: isNew ? longApp : shop,
      title: 'Terms of service',
      action,
      csrf,
      cancelAction,
      notYouAction,
      account: isNew ? longPerson : alice,
      version: '2026-11',
      accountId: '4b0a1c52-6a3f-4f57-9d3c-0f6f4c1d2e3a',
      termsUrl: 'https://shop.example/terms',
      accountHref: '/account/data',
      isNew,
      problem: isNew ? { summary: 'To go on you have to accept the terms of service.', field: 'terms' } : undefined,
    }),
  ),
  ...(['for-code', 'unsent', 'over'] as const).map((waiting) =>
    state('interactions/mailed-code', waiting, { ...mailedCode, waiting }),
  ),
  state('interactions/mailed-code', 'wrong code', {
    ...mailedCode,
    problem: { summary: 'That code is not right.', field: 'code' },
  }),
  state('interactions/mailed-code', 'sent again, and too many', {
    ...mailedCode,
    client: longApp,
    notice: 'A new mail is on its way.',
    problem: { summary: 'Too many.' },
    retryAfterSeconds: 60,
  }),
  state('interactions/choose-username', 'taken', {
    client: shop,
    title: 'Another username',
    action,
    csrf,
    username: 'alice',
    required: true,
    problem: { summary: 'This name is taken.', field: 'username' },
  }),
  ...[{}, { elsewhere: true }, { overtaken: true }].map((settled) =>
    state('interactions/address-settled', JSON.stringify(settled), {
      ...verifyEmail,
      title: 'Settled',
      ...settled,
    }),
  ),
  state('self-service/verify-email', 'in the same browser', {
    ...mailedLink,
    title: 'Confirm',
    action: '/verify-email',
    here: true,
  }),
  state('self-service/verify-email', 'in another browser, everything wrong', {
    ...mailedLink,
    title: 'Confirm',
    action: '/verify-email',
    here: false,
    email: longPerson.label,
    username: 'alice',
    problem: { summary: 'Something is wrong.' },
    errors: everythingWrong.filter(({ field }) => field === 'username' || field === 'password'),
  }),
  state('self-service/invitation', 'with everything', {
    ...mailedLink,
    title: 'Accept',
    action: '/invitation',
    asksForName: true,
    requiresName: false,
    name: '',
  }),
  state('self-service/invitation', 'everything wrong', {
    ...mailedLink,
    title: 'Accept',
    action: '/invitation',
    asksForName: true,
    requiresName: true,
    name: longPerson.name,
    termsUrl: 'https://shop.example/terms',
    problem: { summary: 'Something is wrong.' },
    errors: everythingWrong.slice(2),
  }),
];
const forgotten = { title: 'Forgot', action, csrf };
const link = { title: 'Link', action, csrf, token: 'token-of-the-link' };
const newPassword = { ...link, identifier: longPerson.label, rule: 'At least 15 characters.' };

const selfService: readonly Sample[] = [
  state('self-service/void', 'without a way on', { title: 'Void', message: 'Ask for another one.' }),
  state('self-service/void', 'with a way on', {
    title: 'Void',
    message: 'Ask for another one.',
    onward: { label: longApp.name, href: '/reset-password' },
  }),
  state('self-service/done', 'with a way on', {
    title: 'Done',
    message: longPerson.label,
    onward: { label: 'Back', href: 'https://shop.example/' },
  }),
  state('self-service/forgot-password', 'of an app', { ...forgotten, client: longApp, signInHref: action }),
  state('self-service/forgot-password', 'too many', {
    ...forgotten,
    problem: { summary: 'Too many.' },
    retryAfterSeconds: 540,
  }),
  state('self-service/reset-sent', 'of an app', { title: 'Sent', again: action, client: shop, signInHref: action }),
  state('self-service/reset-sent', 'of nobody', { title: 'Sent', again: action }),
  state('self-service/new-password', 'good', newPassword),
  state('self-service/new-password', 'refused', {
    ...newPassword,
    problem: { summary: 'Refused.', field: 'password', message: 'Use at least 15 characters.' },
  }),
  state('self-service/confirm-email', 'good', { ...link, account: 'm…@example.com', email: longPerson.label }),
  state('self-service/confirm-email', 'own', { ...link, email: longPerson.label, own: true }),
  state('self-service/undo-email-change', 'good', { ...link, email: longPerson.label }),
  state('self-service/keep-account', 'good', { ...link, email: longPerson.label, until: '29 November 2026' }),
];

export const samples: readonly Sample[] = [
  ...firstRun,
  ...interactions,
  ...signingUp,
  ...selfService,
  ...others,
  ...accountCentre,
  ...consolePages,
  ...consoleAccounts,
  ...modelPages,
  ...operationPages,
  ...factorPages,
];

/** Locals that the page renderer adds to every view. */
export const commonLocals = (language: Language) => ({
  product: 'Gatehouse',
  lang: language,
  t: textsIn(language),
  moment: (date: Date) => momentIn(language, { date, now: SAMPLE_NOW }),
  languages: LANGUAGES.map((tag) => ({
    tag,
    name: textsIn(tag)('page.own_name'),
    href: tag === language ? undefined : `?ui_locales=${tag}`,
  })),
  asset: (name: string) => `/assets/${name}`,
});
