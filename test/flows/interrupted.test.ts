// People who come back too late, from a bookmark or with the back button: a page that leads to the app again.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';
import { isBackAtApp, visits, visitsAndSignsIn } from '../support/visits.ts';

const CLIENTS = {
  phone: `
client_id: phone
client_name: Phone App
preset: native
redirect_uris: ["com.example.phone:/callback"]
`,
  portal: `
client_id: portal
client_name: Portal
preset: spa
redirect_uris: ["https://spa.example.test/callback"]
client_uri: https://portal.example.test/start
`,
};

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ clients: CLIENTS });
  await server.person({ email: 'jane@example.test' });
});

afterAll(() => server.stop());

const wayBack = (browser: { document: { querySelector(selector: string): unknown } }): string | undefined =>
  (browser.document.querySelector('a.button') as { getAttribute(name: string): string } | null)?.getAttribute('href');

test('a person may take half an hour', async () => {
  const visit = await visits(server);
  movingClock.advance({ minutes: 29 });
  await signsIn(visit.browser, { identifier: 'jane@example.test' });
  expect(isBackAtApp(visit)).toBe(true);
});

test('after more than half an hour the page says so and leads back to the app', async () => {
  const { browser } = await visits(server);
  movingClock.advance({ minutes: 31 });
  const { action, data } = browser.form({ identifier: 'jane@example.test', password: PASSWORD }, 'Sign in');
  expect((await browser.request(action, { method: 'POST', form: data })).status).toBe(400);
  await browser.open(browser.page.url);
  expect(browser.page.status).toBe(400);
  expect(browser.title).toBe('This sign-in has ended');
  expect(wayBack(browser)).toBe('https://app.example.test');
  expect(browser.text).toContain('Back to Web App');
});

test('a bookmarked sign-in page without any cookie leads back to its app', async () => {
  const { browser } = await visits(server, { client_id: 'portal', redirect_uri: 'https://spa.example.test/callback' });
  const bookmark = await newBrowser().open(browser.page.url);
  expect(bookmark.page.status).toBe(400);
  expect(wayBack(bookmark)).toBe('https://portal.example.test/start');
});

test('the address of a form, opened again, leads to where the person is, or to the app', async () => {
  const { browser } = await visits(server);
  await signsIn(browser, { identifier: 'jane@example.test', password: 'not the right password' });
  const afterFailure = browser.page.url;
  expect(new URL(afterFailure).pathname).toMatch(/\/sign-in$/);
  await browser.open(afterFailure);
  expect(browser.page.status).toBe(200);
  expect(browser.title).toContain('Sign in to Web App');
  const later = await newBrowser().open(afterFailure);
  expect(later.page.status).toBe(400);
  expect(wayBack(later)).toBe('https://app.example.test');
});

test('the back button after the sign-in shows the way back, not a form', async () => {
  const visit = await visits(server);
  const page = visit.browser.page.url;
  await signsIn(visit.browser, { identifier: 'jane@example.test' });
  expect(isBackAtApp(visit)).toBe(true);
  await visit.browser.open(page);
  expect(visit.browser.page.status).toBe(400);
  expect(wayBack(visit.browser)).toBe('https://app.example.test');
  expect(visit.browser.document.querySelectorAll('form')).toHaveLength(0);
});

test('an app on a phone has no web address to go back to, and the page says what to do instead', async () => {
  const redirect = 'com.example.phone:/callback';
  const { browser } = await visits(server, { client_id: 'phone', redirect_uri: redirect });
  const bookmark = await newBrowser().open(browser.page.url);
  expect(bookmark.page.status).toBe(400);
  expect(wayBack(bookmark)).toBeUndefined();
  expect(bookmark.text).toContain('Open the app you came from');
});

test('the way back is only ever an address from a client file', async () => {
  const lures = ['https://evil.example', 'nobody', 'web&client=portal', '__proto__', '"><a href=//evil.example>', ''];
  for (const lure of lures) {
    const address = `${server.issuer}/interaction/AAAAAAAAAAAAAAAAAAAAA?client=${encodeURIComponent(lure)}`;
    const browser = await newBrowser().open(address);
    expect(browser.page.status).toBe(400);
    expect(wayBack(browser)).toBeUndefined();
    const links = browser.document.querySelectorAll('a,form,meta[http-equiv]').map((element) => {
      const address = element.getAttribute('href') ?? element.getAttribute('action') ?? element.getAttribute('content');
      return new URL(address ?? '', browser.page.url).origin;
    });
    expect(links.filter((origin) => origin !== server.issuer)).toEqual([]);
    expect(browser.page.text).not.toContain('<a href=//evil');
  }
});

test('a request that is resumed too late ends at a page of ours too', async () => {
  const visit = await visitsAndSignsIn(server, { identifier: 'jane@example.test', params: { client_id: 'ask' } });
  const uid = /interaction\/([\w-]+)/.exec(visit.browser.page.url)?.[1] ?? '';
  movingClock.advance({ minutes: 31 });
  await visit.browser.open(`${server.issuer}/auth/${uid}`);
  expect(visit.browser.page.status).toBe(400);
  expect(visit.browser.title).toBe('This sign-in has ended');
});
