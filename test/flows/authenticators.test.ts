// Several authenticators of one person: adding, naming and removing them, and what is told and ended by it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listEventsOf } from '../../src/audit/audit-log.ts';
import { setTrusted } from '../../src/devices/devices.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { enrolsTotp, newBrowser, redeem, signsIn, totpCode } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import {
  confirmsPassword,
  enrols,
  entersCode,
  isBackAtApp,
  tokensOf,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

const at = (path: string): string => `${server.issuer}${path}`;
const KEY = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/;
const keyOn = ({ text }: Browser): string => KEY.exec(text)?.[0]?.replaceAll(' ', '') ?? '';

let people = 0;

async function somebody(roles: readonly string[] = []): Promise<{ identifier: string; id: string }> {
  people += 1;
  const email = `person-${people}@example.test`;
  const { id } = await server.person({ email, roles });
  return { identifier: email, id };
}

/** Signed in with a password alone, at the security page. */
async function atSecurity(identifier: string): Promise<Browser> {
  const { browser } = await visitsAndSignsIn(server, { identifier });
  return browser.open(at('/account/security'));
}

/** With a first authenticator of a sign-in; the browser stays signed in with it. */
async function enrolled(roles: readonly string[] = []) {
  const who = await somebody(roles);
  const { browser, secret, recoveryCodes } = await enrols(server, who);
  return { ...who, browser: await browser.open(at('/account/security')), secret, recoveryCodes };
}

async function adds(browser: Browser, name = ''): Promise<string> {
  await browser.open(at('/account/authenticators/new'));
  const secret = keyOn(browser);
  await browser.submit({ name, code: totpCode(secret) }, 'Confirm');
  return secret;
}

/** Those about factors. */
const mailsTo = async (identifier: string): Promise<string[]> => {
  const { db } = server.database;
  const rows = await db.selectFrom('mail_outbox').select('message').where('recipient', '=', identifier).execute();
  return rows.flatMap(({ message }) => (/^factor_|^recovery_/.test(message) ? [message] : [])).sort();
};

const eventsOf = async (id: string): Promise<string[]> =>
  (await listEventsOf(server.database.db, id, { limit: 50 })).map(({ event }) => event);

const namesOn = (browser: Browser): string[] =>
  browser.document.querySelectorAll('.factor-name').map((each) => each.textContent.trim());

test('somebody without one sets one up of their own accord, and stores the recovery codes', async () => {
  const { identifier, id } = await somebody();
  const browser = await atSecurity(identifier);
  expect(browser.text).toContain('You have none yet');
  expect(browser.text).not.toContain('Make new recovery codes');
  await browser.click('Set up an authenticator app');
  expect(browser.title).toBe('Add an authenticator app');
  const secret = keyOn(browser);
  await browser.submit({ code: totpCode(secret) }, 'Confirm');
  expect(browser.title).toBe('Store your recovery codes');
  const codes = browser.text.match(/[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}/g) ?? [];
  expect(new Set(codes).size).toBe(10);
  const { action, data } = browser.form({}, 'Download');
  const file = await browser.request(action, { method: 'POST', form: data });
  expect(file.headers.get('content-disposition')).toContain('recovery-codes.txt');
  expect(await file.text()).toContain(codes.join('\n'));
  await browser.click('stored them');
  expect(namesOn(browser)).toEqual(['Authenticator app']);
  expect(browser.text).toContain('10 codes are left');
  expect(await mailsTo(identifier)).toContain('factor_added');
  expect(await eventsOf(id)).toContain('factor.added');
  movingClock.advance({ seconds: 30 });
  const next = await entersCode(await visitsAndSignsIn(server, { identifier }), secret);
  expect(isBackAtApp(next)).toBe(true);
});

test('a second one gets a name, works beside the first, and shows when it was used', async () => {
  const { identifier, browser, secret } = await enrolled();
  const tablet = await adds(browser, '  My   tablet ');
  expect(browser.title).toBe('Security');
  expect(browser.text).toContain('The authenticator app was added.');
  expect(namesOn(browser)).toEqual(['Authenticator app', 'My tablet']);
  expect(browser.text.match(/Not used to sign in yet/g)).toHaveLength(2);
  movingClock.advance({ seconds: 30 });
  for (const key of [tablet, secret]) {
    expect(isBackAtApp(await entersCode(await visitsAndSignsIn(server, { identifier }), key))).toBe(true);
  }
  await browser.open(at('/account/security'));
  expect(browser.text).not.toContain('Not used to sign in yet');
  expect(await mailsTo(identifier)).toEqual(['factor_added', 'factor_added']);
});

test('names are the person’s own, and unlike each other', async () => {
  const { browser } = await enrolled();
  await adds(browser);
  expect(namesOn(browser)).toEqual(['Authenticator app', 'Authenticator app 2']);
  await browser.click('Rename Authenticator app 2');
  await browser.submit({ name: 'Authenticator app' }, 'Save');
  expect([browser.page.status, browser.title]).toEqual([400, 'Rename authenticator']);
  expect(browser.text).toContain('has this name');
  await browser.submit({ name: 'x'.repeat(51) }, 'Save');
  expect(browser.page.status).toBe(400);
  await browser.submit({ name: '<b>Phone</b> & “co”' }, 'Save');
  expect(namesOn(browser)).toEqual(['Authenticator app', '<b>Phone</b> & “co”']);
  await browser.open(at('/account/authenticators/new'));
  await browser.submit({ name: 'Authenticator app', code: totpCode(keyOn(browser)) }, 'Confirm');
  expect(browser.page.status).toBe(400);
  expect(namesOn(await browser.open(at('/account/security')))).toHaveLength(2);
});

test('a wrong code keeps the key and the name that was typed; text that is no code does too', async () => {
  const { browser } = await enrolled();
  await browser.open(at('/account/authenticators/new'));
  const key = keyOn(browser);
  await browser.submit({ name: 'Phone', code: 'not a code' }, 'Confirm');
  expect(browser.page.status).toBe(400);
  expect(keyOn(browser)).toBe(key);
  expect(browser.form({ name: '' }).data['pending']).toBeTruthy();
  await browser.submit({ code: totpCode(key) }, 'Confirm');
  expect(namesOn(browser)).toEqual(['Authenticator app', 'Phone']);
});

test('the key of another session, or of another person, is not taken', async () => {
  const ada = await enrolled();
  const ben = await enrolled();
  await ada.browser.open(at('/account/authenticators/new'));
  const stolen = ada.browser.form({ name: '' }, 'Confirm').data['pending'] ?? '';
  const key = keyOn(ada.browser);
  await ben.browser.open(at('/account/authenticators/new'));
  await ben.browser.submit({ pending: stolen, code: totpCode(key) }, 'Confirm');
  expect(ben.browser.text).toContain('here is a new one');
  expect(keyOn(ben.browser)).not.toBe(key);
  expect(namesOn(await ben.browser.open(at('/account/security')))).toHaveLength(1);
});

test('a key that was left on the screen is replaced by a new one; installing an app takes less', async () => {
  const { browser, secret } = await enrolled();
  await browser.open(at('/account/authenticators/new'));
  movingClock.advance({ minutes: 9 });
  const early = keyOn(browser);
  await browser.submit({ name: 'Slow', code: totpCode(early) }, 'Confirm');
  expect(namesOn(browser)).toContain('Slow');
  await browser.open(at('/account/authenticators/new'));
  // The sign-in is not fresh any longer.
  await confirmsPassword(browser);
  await browser.submit({ code: totpCode(secret) }, 'Continue');
  expect(browser.title).toBe('Add an authenticator app');
  const late = keyOn(browser);
  movingClock.advance({ minutes: 10, seconds: 1 });
  await browser.submit({ name: 'Late', code: totpCode(late) }, 'Confirm');
  // A new one is for a sign-in that is fresh.
  await confirmsPassword(browser);
  await browser.submit({ code: totpCode(secret) }, 'Continue');
  expect(browser.text).toContain('here is a new one');
  expect(keyOn(browser)).not.toBe(late);
});

test('five are the most', async () => {
  const { browser } = await enrolled();
  for (let count = 2; count <= 5; count += 1) await adds(browser);
  expect(browser.text).toContain('as many as an account can have');
  await expect(browser.click('Add another one')).rejects.toThrow('no link');
  await browser.open(at('/account/authenticators/new'));
  expect([browser.title, namesOn(browser).length]).toEqual(['Security', 5]);
});

test('removing one ends every other session and token, and the trust in devices, but not this session', async () => {
  const { identifier, id, browser, secret } = await enrolled();
  const tablet = await adds(browser, 'Tablet');
  movingClock.advance({ seconds: 30 });
  const params = { scope: 'openid profile offline_access' };
  const elsewhere = await entersCode(await visitsAndSignsIn(server, { identifier, params }), tablet);
  const { refreshToken = '' } = await tokensOf(server, elsewhere);
  const { db } = server.database;
  for (const device of await db.selectFrom('devices').select('id').where('account_id', '=', id).execute())
    await setTrusted({ db, clock: movingClock }, device.id);
  await browser.open(at('/account/security'));
  await browser.click('Remove Authenticator app');
  expect(browser.title).toBe('Remove authenticator');
  expect(browser.text).toContain('You keep your other authenticators');
  expect(browser.text).toContain('1 other session ends.');
  await browser.submit({}, 'Remove');
  expect([browser.title, namesOn(browser)]).toEqual(['Security', ['Tablet']]);
  expect(browser.text).toContain('10 codes are left');
  expect(await redeem(server.issuer, { grant_type: 'refresh_token', refresh_token: refreshToken })).toMatchObject({
    status: 400,
  });
  await elsewhere.browser.newTab().open(at('/account'));
  expect((await elsewhere.browser.open(at('/account'))).title).toContain('Sign in');
  const trusted = await db.selectFrom('devices').select('trusted_until').where('account_id', '=', id).execute();
  expect(trusted.filter(({ trusted_until }) => trusted_until !== null)).toEqual([]);
  expect(await mailsTo(identifier)).toContain('factor_removed');
  movingClock.advance({ seconds: 60 });
  const gone = await entersCode(await visitsAndSignsIn(server, { identifier }), secret);
  expect(isBackAtApp(gone)).toBe(false);
});

test('with the last one the recovery codes go, and the password is enough again', async () => {
  const { identifier, browser } = await enrolled();
  await browser.click('Remove');
  expect(browser.text).toContain('your recovery codes end with it');
  await browser.submit({}, 'Remove');
  expect(browser.text).toContain('You have none yet');
  expect(isBackAtApp(await visitsAndSignsIn(server, { identifier }))).toBe(true);
});

test('the last one stays where a role or the server asks for a second factor, and the page says so', async () => {
  const { db } = server.database;
  const { browser } = await enrolled(['treasurer']);
  await db.updateTable('roles').set({ mfa: 'required' }).where('name', '=', 'treasurer').execute();
  await browser.click('Remove');
  expect(browser.text).toContain('a role you have asks for a second factor');
  expect(() => browser.form({}, 'Remove')).toThrow('no form');
  const { csrf = '' } = browser.form({}, 'Sign out').data;
  const forced = await browser.request(browser.page.url, { method: 'POST', form: { csrf } });
  expect(forced.status).toBe(303);
  expect(namesOn(await browser.open(at('/account/security')))).toHaveLength(1);
  await adds(browser, 'Another');
  await browser.click('Remove Another');
  await browser.submit({}, 'Remove');
  expect(namesOn(browser)).toEqual(['Authenticator app']);
});

test('the first one ends what was begun by the password alone, elsewhere; the next ones end nothing', async () => {
  const { identifier } = await somebody();
  const elsewhere = await visitsAndSignsIn(server, { identifier });
  const browser = await atSecurity(identifier);
  await adds(browser);
  expect((await elsewhere.browser.open(at('/account'))).title).toContain('Sign in');
  await browser.click('stored them');
  expect(browser.title).toBe('Security');
});

test('what is another person’s is not there', async () => {
  const ada = await enrolled();
  const ben = await enrolled();
  const href = ada.browser.document.querySelector('.factor-ways a')?.getAttribute('href') ?? '';
  expect(href).toMatch(/^\/account\/authenticators\/[\w-]{36}$/);
  const { csrf = '' } = ben.browser.form({}, 'Sign out').data;
  for (const path of [href, `${href}/remove`, '/account/authenticators/%00', '/account/authenticators/x/remove']) {
    expect((await ben.browser.request(at(path))).status, path).toBe(path.includes('%00') ? 400 : 404);
    const posted = await ben.browser.request(at(path), {
      method: 'POST',
      form: { csrf, ...(path === href && { name: 'Mine' }) },
    });
    expect(posted.status, path).toBe(path.includes('%00') ? 400 : 404);
  }
  expect(namesOn(await ada.browser.open(at('/account/security')))).toEqual(['Authenticator app']);
});

test('the page of a sign-in says who asks for the second factor, in the person’s language', async () => {
  const { identifier } = await somebody();
  const asked = await visitsAndSignsIn(server, { identifier, params: { acr_values: 'mfa' } });
  expect(asked.browser.text).toContain('Web App asks for a second factor for what you are about to do.');
  const { url } = asked.browser.page;
  const german = await asked.browser.open(`${url}${url.includes('?') ? '&' : '?'}ui_locales=de`);
  expect(german.text).toContain('Web App verlangt einen zweiten Faktor für das, was Sie vorhaben.');
  const clerk = await somebody(['vault-keeper']);
  const { db } = server.database;
  await db.updateTable('roles').set({ mfa: 'required' }).where('name', '=', 'vault-keeper').execute();
  const byRole = await visitsAndSignsIn(server, clerk);
  expect(byRole.browser.text).toContain('A role you have asks for a second factor.');
  await enrolsTotp(byRole.browser);
  expect(await mailsTo(clerk.identifier)).toEqual(['factor_added']);
});

test('a mail tells whoever has somebody else set up an authenticator with their password', async () => {
  const { identifier, id } = await somebody();
  await enrols(server, { identifier });
  expect(await mailsTo(identifier)).toEqual(['factor_added']);
  expect(await eventsOf(id)).toContain('factor.added');
});

test('who is not signed in signs in first, with the code if there is one', async () => {
  const { identifier, secret } = await enrolled();
  const browser = await newBrowser().open(at('/account/authenticators/new'));
  await signsIn(browser, { identifier });
  await browser.submit({ code: totpCode(secret) }, 'Continue');
  expect(browser.title).toBe('Add an authenticator app');
  expect(await visits(server, {}, browser.newTab())).toSatisfy(isBackAtApp);
});
