// Browsers that an account is known by: who is told of a new one, and who is not.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { newBrowser } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { isBackAtApp, visitsAndSignsIn } from '../support/visits.ts';

const LIMIT = 3;
const COOKIE = 'gatehouse_device';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    settings: `
limits: { sign_in_failures: ${LIMIT}, account_failures: 9 }
server: { trusted_proxies: ["127.0.0.0/8", "::1/128"] }${RESOURCES}`,
  });
});

afterAll(() => server.stop());

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const newFirefox = (address = '198.51.100.9') =>
  newBrowser({ headers: { 'user-agent': FIREFOX, 'x-forwarded-for': address } });

const signsInWith = (browser: Browser, identifier: string) =>
  visitsAndSignsIn(server, { identifier, browser, params: { scope: 'openid', prompt: 'login' } });

const mailsTo = async (email: string): Promise<string[]> => {
  const { db } = server.database;
  const rows = await db.selectFrom('mail_outbox').select('message').where('recipient', '=', email).execute();
  return rows.map(({ message }) => message);
};

const eventsOf = async (accountId: string): Promise<string[]> => {
  const { db } = server.database;
  const rows = await db.selectFrom('audit_events').select('event').where('account_id', '=', accountId).execute();
  return rows.map(({ event }) => event).filter((event) => event.startsWith('device.'));
};

test('nobody is told of their first sign-in, nor of the same browser again; of another one they are', async () => {
  const ada = await server.person({ email: 'ada@example.test' });
  const first = newFirefox();
  await signsInWith(first, ada.email);
  expect(await mailsTo(ada.email)).toEqual([]);
  await first.submit({}, 'Sign out').catch(() => undefined);
  expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: ada.email, browser: newFirefox() }))).toBe(true);
  expect(await mailsTo(ada.email)).toEqual(['new_device']);
  expect(await eventsOf(ada.id)).toEqual(['device.new']);
});

test.each([
  ['fr', 'en'],
  ['de-AT', 'de'],
])('who was brought along with the language %s signs in, and is told of it in %s', async (brought, language) => {
  const email = `from-elsewhere-${language}@example.test`;
  const { id } = await server.person({ email });
  const { db } = server.database;
  const before = { language: brought, last_sign_in_at: new Date('2026-01-01T10:00:00Z') };
  await db.updateTable('accounts').set(before).where('id', '=', id).execute();
  expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: email, browser: newFirefox() }))).toBe(true);
  const mail = db.selectFrom('mail_outbox').select(['message', 'language']).where('recipient', '=', email);
  expect(await mail.execute()).toEqual([{ message: 'new_device', language }]);
});

test('a browser that comes back is known, by a cookie that scripts cannot read and that says nothing', async () => {
  const bea = await server.person({ email: 'bea@example.test' });
  const browser = newFirefox();
  await signsInWith(browser, bea.email);
  const { [COOKIE]: cookie = '' } = await browser.cookiesAt(`${server.issuer}/`);
  expect(cookie).toMatch(/^[\w-]{43}$/);
  const again = newFirefox();
  const set = await again.jar.setCookie(`${COOKIE}=${cookie}; Path=/`, server.issuer);
  expect(set?.value).toBe(cookie);
  expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: bea.email, browser: again }))).toBe(true);
  expect(await mailsTo(bea.email)).toEqual([]);
  const stored = await server.database.db.selectFrom('devices').select('token_hash').execute();
  expect(stored.map(({ token_hash }) => token_hash)).not.toContain(cookie);
});

test('two people in one browser are two devices, and each is told of theirs', async () => {
  const cem = await server.person({ email: 'cem@example.test' });
  const dan = await server.person({ email: 'dan@example.test' });
  await signsInWith(newFirefox(), dan.email);
  const shared = newFirefox();
  await signsInWith(shared, cem.email);
  const { [COOKIE]: before } = await shared.cookiesAt(`${server.issuer}/`);
  const other = newFirefox();
  await other.jar.setCookie(`${COOKIE}=${before}; Path=/`, server.issuer);
  expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: dan.email, browser: other }))).toBe(true);
  expect(await mailsTo(dan.email)).toEqual(['new_device']);
  expect(await mailsTo(cem.email)).toEqual([]);
});

test('a cookie that we did not make is replaced', async () => {
  const eva = await server.person({ email: 'eva@example.test' });
  const browser = newFirefox();
  await browser.jar.setCookie(`${COOKIE}=planted; Path=/`, server.issuer);
  await signsInWith(browser, eva.email);
  expect((await browser.cookiesAt(`${server.issuer}/`))[COOKIE]).toMatch(/^[\w-]{43}$/);
});

test('a wrong password leaves no cookie behind', async () => {
  const browser = newFirefox();
  await visitsAndSignsIn(server, { identifier: 'ada@example.test', password: 'a wrong password indeed', browser });
  expect((await browser.cookiesAt(`${server.issuer}/`))[COOKIE]).toBeUndefined();
});

test('devices are listed with the one in hand marked; one is forgotten, then all', async () => {
  const fay = await server.person({ email: 'fay@example.test' });
  await signsInWith(newBrowser({ headers: { 'user-agent': 'curl/8' } }), fay.email);
  const browser = newFirefox();
  await signsInWith(browser, fay.email);
  await browser.open(`${server.issuer}/account/devices`);
  expect(browser.title).toBe('Devices');
  expect(browser.text).toContain('Firefox on Linux');
  expect(browser.text.match(/This device/g)).toHaveLength(1);
  expect(browser.text.match(/Last sign-in/g)).toHaveLength(2);
  await browser.submit({}, 'Firefox');
  expect(browser.text).toContain('The device is forgotten.');
  expect(browser.text.match(/Last sign-in/g)).toHaveLength(1);
  await browser.submit({}, 'Forget all devices');
  expect(browser.text).toContain('No device is known.');
  expect(await eventsOf(fay.id)).toEqual(['device.new', 'device.forgotten', 'device.forgotten']);
  // The session goes on; the next sign-in with the same browser is one with a new device.
  await visitsAndSignsIn(server, { identifier: fay.email, browser: await copyOf(browser) });
  expect(await mailsTo(fay.email)).toEqual(['new_device', 'new_device']);
});

test('a device of somebody else cannot be forgotten, nor one that there is not', async () => {
  const gil = await server.person({ email: 'gil@example.test' });
  const hal = await server.person({ email: 'hal@example.test' });
  await signsInWith(newFirefox(), gil.email);
  const browser = newFirefox();
  await signsInWith(browser, hal.email);
  await browser.open(`${server.issuer}/account/devices`);
  const { csrf = '' } = browser.form({}, 'Forget all devices').data;
  const { db } = server.database;
  const { id } = await db.selectFrom('devices').select('id').where('account_id', '=', gil.id).executeTakeFirstOrThrow();
  for (const foreign of [id, 'nothing', '%00', '11111111-1111-1111-1111-111111111111']) {
    const url = `${server.issuer}/account/devices/${foreign}/forget`;
    const { status } = await browser.request(url, { method: 'POST', form: { csrf } });
    expect([foreign, status]).toEqual([foreign, foreign === '%00' ? 400 : 404]);
  }
  expect(await db.selectFrom('devices').select('id').where('account_id', '=', gil.id).execute()).toHaveLength(1);
});

/** Another browser with nothing but the cookie by which the first one is known. */
async function copyOf(browser: Browser): Promise<Browser> {
  const { [COOKIE]: token } = await browser.cookiesAt(`${server.issuer}/`);
  const copy = newFirefox();
  await copy.jar.setCookie(`${COOKIE}=${token}; Path=/`, server.issuer);
  return copy;
}
