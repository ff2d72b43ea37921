// People see what has happened to their account: their own events, newest first, in words.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordEvent } from '../../src/audit/audit-log.ts';
import { SHOWN_EVENT_NAMES } from '../../src/audit/events.ts';
import { LANGUAGES, textsIn } from '../../src/texts/messages.ts';
import { ASK } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { enrols, visitsAndSignsIn } from '../support/visits.ts';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  for (const name of ['ada', 'ben', 'cat']) await server.person({ email: `${name}@example.test` });
});

afterAll(() => server.stop());

const rowsOf = (browser: Browser): string[] =>
  browser.document.querySelectorAll('.events > li').map(({ textContent }) => textContent.replace(/\s+/g, ' ').trim());

const opens = (browser: Browser, query = ''): Promise<Browser> =>
  browser.newTab().open(`${server.issuer}/account/activity${query}`);

test('sign-ins, failures, consent and sign-out stand there, with app, device and address', async () => {
  const browser = newBrowser({ headers: { 'user-agent': FIREFOX } });
  const params = { client_id: ASK.clientId };
  await visitsAndSignsIn(server, { identifier: 'ada@example.test', password: 'not the password', params, browser });
  await signsIn(browser, { identifier: 'ada@example.test' });
  await browser.submit({}, 'Allow');
  const rows = rowsOf(await opens(browser));
  expect(rows.map((row) => row.replace(/Asking App.*/, '').trim())).toEqual(
    expect.arrayContaining(['Signed in', 'Access given to an app', 'Sign-in failed']),
  );
  expect(rows.find((row) => row.startsWith('Sign-in failed'))).toBe(
    'Sign-in failedAsking AppFirefox on Windows127.0.0.1now',
  );
  await (await browser.newTab().open(`${server.issuer}/account`)).submit({}, 'Sign out');
  await signsIn(await browser.open(`${server.issuer}/account/activity`), { identifier: 'ada@example.test' });
  expect(rowsOf(browser).some((row) => row.startsWith('Session ended'))).toBe(true);
});

test('a wrong code stands there', async () => {
  const { browser, secret: _secret, recoveryCodes } = await enrols(server, { identifier: 'ben@example.test' });
  const again = await visitsAndSignsIn(server, { identifier: 'ben@example.test' });
  await again.browser.submit({ code: '000000' }, 'Continue');
  const { text } = await opens(browser);
  expect(text).toContain('Wrong code for the second factor');
  for (const code of recoveryCodes) expect(text).not.toContain(code);
});

test('a failed sign-in of nobody is nobody’s, and leaves as much behind', async () => {
  const { db } = server.database;
  await visitsAndSignsIn(server, { identifier: 'nobody@example.test', password: 'not the password' });
  const last = await db.selectFrom('audit_events').selectAll().orderBy('id', 'desc').executeTakeFirstOrThrow();
  expect(last).toMatchObject({ event: 'sign_in.failed', account_id: null, outcome: 'failure' });
  expect(JSON.stringify(last)).not.toContain('nobody@example.test');
});

test('a page has fifty, older ones follow, each once; nobody else’s are among them', async () => {
  const { db } = server.database;
  const deps = { db, clock: movingClock };
  const cat = await server.person({ email: 'dan@example.test' });
  const other = await server.person({ email: 'eve@example.test' });
  for (let at = 0; at < 101; at += 1) {
    await recordEvent(deps, { event: 'profile.changed', accountId: cat.id, clientId: `mark-${at}-` });
    await recordEvent(deps, { event: 'profile.changed', accountId: other.id, clientId: 'of-somebody-else' });
  }
  const browser = await newBrowser().open(`${server.issuer}/account/activity`);
  await signsIn(browser, { identifier: 'dan@example.test' });
  const marks: string[] = [];
  const sizes: number[] = [];
  for (;;) {
    expect(browser.text).not.toContain('of-somebody-else');
    marks.push(...(browser.text.match(/mark-\d+-/g) ?? []));
    sizes.push(rowsOf(browser).length);
    const older = browser.document.querySelector('a[rel=next]')?.getAttribute('href');
    if (older === undefined) break;
    await browser.open(`${server.issuer}${older}`);
  }
  expect(sizes.slice(0, 2)).toEqual([50, 50]);
  expect(marks).toEqual(Array.from({ length: 101 }, (_, at) => `mark-${100 - at}-`));
});

test.each(['x', '-1', '0', '1.5', '9'.repeat(30), "1' or 1=1"])(
  'a place in the list that is none (%s) is the start of it',
  async (before) => {
    const browser = await newBrowser().open(`${server.issuer}/account/activity`);
    await signsIn(browser, { identifier: 'cat@example.test' });
    await browser.open(`${server.issuer}/account/activity?${new URLSearchParams({ before })}`);
    expect([browser.page.status, browser.title]).toEqual([200, 'Activity']);
  },
);

test('every event has words in every language', () => {
  for (const language of LANGUAGES) {
    for (const event of SHOWN_EVENT_NAMES) expect(textsIn(language)(`event.${event}`)).not.toBe('');
  }
});
