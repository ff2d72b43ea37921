// A database that fails in the middle of a step of a sign-in: the step is done again, or the sign-in begins anew.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { requestOf, WEB } from '../protocol/apps.ts';
import { callbackOf, newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

const EMAIL = 'jane@example.test';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: EMAIL });
  await sql`create function refuse() returns trigger language plpgsql as
    $$ begin raise 'injected' using errcode = '53100'; end $$`.execute(server.database.db);
});
afterAll(() => server.stop());

/** Signs in while rows of this kind cannot be written, and sees the page that says so. */
async function signsInWithout(model: string) {
  const { db } = server.database;
  const repair = () => sql`drop trigger if exists failure on oidc_payloads`.execute(db);
  onTestFinished(async () => void (await repair()));
  const browser = await newBrowser().open(requestOf(server.issuer, WEB).url);
  const refusing = `create trigger failure before insert or update on oidc_payloads for each row`;
  await sql.raw(`${refusing} when (new.model = '${model}') execute function refuse()`).execute(db);
  await signsIn(browser, { identifier: EMAIL });
  expect(browser.page.status).toBe(503);
  expect(Number(browser.page.headers.get('retry-after'))).toBeGreaterThan(0);
  await repair();
  return browser;
}

/** The sign-in is spent in the transaction that saves the session: where that fails, it still is good. */
test.each(['Grant', 'Session'])('before the session stands (%s), a reload goes on', async (model) => {
  const browser = await signsInWithout(model);
  await browser.open(browser.page.url);
  expect(callbackOf(browser).get('code')).toMatch(/./);
});

test('once the session stands, the app begins anew', async () => {
  const browser = await signsInWithout('AuthorizationCode');
  await browser.open(browser.page.url);
  expect(browser.title).toBe('This sign-in has ended');
  await browser.open(requestOf(server.issuer, WEB).url);
  if (browser.page.text.includes('name="password"')) await signsIn(browser, { identifier: EMAIL });
  expect(callbackOf(browser).get('code')).toMatch(/./);
});
