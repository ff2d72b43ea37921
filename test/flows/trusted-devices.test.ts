// "Don't ask for a code again on this device": what it saves, and what it never does.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgetDevicesOf } from '../../src/devices/devices.ts';
import { grantRole, revokeRole } from '../../src/roles/assignments.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, totpCode } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { enrols, isBackAtApp, type Params, tokensOf, type Visit, visitsAndSignsIn } from '../support/visits.ts';

const COOKIE = 'gatehouse_device';
const BOX = 'Don’t ask for a code again on this device';
const STAFF = `
client_id: staff
client_name: Staff App
preset: web
redirect_uris: ["https://app.example.test/callback"]
client_secrets: [{ value: "web-client-secret-of-at-least-32-characters" }]
consent: skip
scope: openid
access: { acr: mfa }
`;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ clients: { staff: STAFF } });
});

afterAll(() => server.stop());

interface Person {
  readonly id: string;
  readonly email: string;
  readonly secret: string;
  /** What the cookie of the trusted browser says. */
  readonly token: string;
}

let people = 0;

/** Somebody with an authenticator who has ticked the box in one browser. */
async function trusting({ roles = [] }: { roles?: string[] } = {}): Promise<Person> {
  people += 1;
  const { id, email } = await server.person({ email: `person-${people}@example.test`, roles });
  const { secret } = await enrols(server, { identifier: email });
  const visit = await visitsAndSignsIn(server, { identifier: email });
  expect(visit.browser.text).toContain(BOX);
  await visit.browser.submit({ code: totpCode(secret), trust: 'yes' }, 'Continue');
  expect(isBackAtApp(visit)).toBe(true);
  expect((await tokensOf(server, visit)).idToken['acr']).toBe('mfa');
  movingClock.advance({ seconds: 30 });
  const { [COOKIE]: token = '' } = await visit.browser.cookiesAt(`${server.issuer}/`);
  return { id, email, secret, token };
}

/** The same browser after its session has ended: it has nothing but the cookie by which it is known. */
async function comesBack({ email, token }: Pick<Person, 'email' | 'token'>, params: Params = {}): Promise<Visit> {
  const browser: Browser = newBrowser();
  await browser.jar.setCookie(`${COOKIE}=${token}; Path=/`, server.issuer);
  return visitsAndSignsIn(server, { identifier: email, browser, params });
}

/** Sends the box that the page does not have. */
async function submitsUnseen({ browser }: Visit, code: string): Promise<void> {
  const { action, data } = browser.form({ code }, 'Continue');
  const { status } = await browser.request(action, { method: 'POST', form: { ...data, trust: 'yes' } });
  expect(status).toBe(303);
  await browser.open(action.replace(/\/second-factor.*/, ''));
}

const asksForCode = ({ browser }: Visit): boolean => browser.title === 'Enter your code';

test('no code is asked for, and the app is told that there was none', async () => {
  const visit = await comesBack(await trusting());
  const { idToken } = await tokensOf(server, visit);
  expect([idToken['acr'], idToken['amr']]).toEqual(['pwd', ['pwd']]);
});

test('after 30 days the code is asked for again', async () => {
  const person = await trusting();
  movingClock.advance({ seconds: 29 * 86_400 });
  expect(isBackAtApp(await comesBack(person))).toBe(true);
  movingClock.advance({ seconds: 86_400 });
  expect(asksForCode(await comesBack(person))).toBe(true);
});

test('it counts for this account in this browser only', async () => {
  const person = await trusting();
  expect(asksForCode(await visitsAndSignsIn(server, { identifier: person.email }))).toBe(true);
  const other = await trusting();
  expect(asksForCode(await comesBack({ email: person.email, token: other.token }))).toBe(true);
  expect(asksForCode(await comesBack({ email: person.email, token: `${person.token.slice(0, -1)}_` }))).toBe(true);
});

test.each<[string, Params]>([
  ['asks for a second factor', { acr_values: 'mfa' }],
  ['insists on one', { claims: '{"id_token":{"acr":{"essential":true,"value":"mfa"}}}' }],
  ['wants the person to sign in anew', { prompt: 'login' }],
  ['wants a sign-in that is not old', { max_age: '3600' }],
  ['needs one by its file', { client_id: 'staff', scope: 'openid' }],
])('an app that %s gets the code', async (_, params) => {
  const visit = await comesBack(await trusting(), params);
  expect(asksForCode(visit)).toBe(true);
});

test('a role that demands a second factor gets the code, and the box is not offered any more', async () => {
  const person = await trusting();
  const { db } = server.database;
  await db.insertInto('roles').values({ name: 'vault', description: 'The vault', mfa: 'required' }).execute();
  await grantRole(db, { accountId: person.id, role: 'vault' });
  const visit = await comesBack(person);
  expect(asksForCode(visit)).toBe(true);
  expect(visit.browser.text).not.toContain(BOX);
});

test('an administrator is never offered it, and who becomes one is asked again at once', async () => {
  const { db } = server.database;
  const auditor = await server.person({ email: 'auditor@example.test', roles: ['gatehouse:auditor'] });
  const { secret } = await enrols(server, { identifier: auditor.email });
  const visit = await visitsAndSignsIn(server, { identifier: auditor.email });
  expect(visit.browser.text).not.toContain(BOX);
  // Whoever sends the field all the same gets nothing from it.
  await submitsUnseen(visit, totpCode(secret));
  const trusted = db.selectFrom('devices').select('id').where('account_id', '=', auditor.id);
  expect(await trusted.where('trusted_until', 'is not', null).execute()).toEqual([]);
  expect(await trusted.execute()).not.toEqual([]);

  const person = await trusting();
  await grantRole(db, { accountId: person.id, role: 'gatehouse:helpdesk' });
  expect(asksForCode(await comesBack(person))).toBe(true);
  await revokeRole(db, { accountId: person.id, role: 'gatehouse:helpdesk' });
  expect(isBackAtApp(await comesBack(person))).toBe(true);
});

test('trust that ends while a consent page is open does not complete the sign-in', async () => {
  const person = await trusting();
  const visit = await comesBack(person, { client_id: 'ask' });
  expect(visit.browser.title).toContain('Asking App');
  await forgetDevicesOf(server.database.db, person.id);
  await visit.browser.submit({}, 'Allow');
  expect(asksForCode(visit)).toBe(true);
});

test('forgetting the device, a new password and losing the factor each end it', async () => {
  const person = await trusting();
  const visit = await comesBack(person);
  await visit.browser.open(`${server.issuer}/account/devices`);
  expect(visit.browser.text).toContain('Not asked for until');
  await visit.browser.submit({}, 'Forget');
  expect(asksForCode(await comesBack(person))).toBe(true);

  const other = await trusting();
  await forgetDevicesOf(server.database.db, other.id, { keep: other.token });
  expect(asksForCode(await comesBack(other))).toBe(true);
});

test('a recovery code leaves no trust behind', async () => {
  const { email } = await server.person({ email: 'lost@example.test' });
  const { recoveryCodes } = await enrols(server, { identifier: email });
  const visit = await visitsAndSignsIn(server, { identifier: email });
  await visit.browser.click('recovery code');
  expect(visit.browser.text).not.toContain(BOX);
  await submitsUnseen(visit, recoveryCodes[0] ?? '');
  expect(isBackAtApp(visit)).toBe(true);
  const { [COOKIE]: token = '' } = await visit.browser.cookiesAt(`${server.issuer}/`);
  expect(asksForCode(await comesBack({ email, token }))).toBe(true);
});
