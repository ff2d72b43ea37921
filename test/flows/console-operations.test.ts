// The console's pages for whoever keeps the server running: apps, sessions, keys, mails, settings, the audit log.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeKeys } from '../../src/keys/signing-keys.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { visits, visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;
let root: AdministratorInTest;

beforeAll(async () => {
  server = await startTestServer({ mailbox: { url: 'smtp://127.0.0.1:9' } });
  root = await administrator(server);
});

afterAll(() => server.stop());

const opens = (path: string) => root.browser.open(`${server.issuer}/admin/${path}`);

describe('apps', () => {
  test('are listed with the file and line that they come from, and how many people use them', async () => {
    const { browser } = await visitsAndSignsIn(server, { identifier: (await person()).email });
    expect(browser.page.url).toContain('callback');
    const page = await opens('clients');
    const row = page.document.querySelectorAll('tbody tr').find(({ text }) => text.includes('Web App'));
    expect(row?.text).toMatch(/clients\/web\.yaml:\d+/);
    expect(row?.querySelectorAll('td')[2]?.text).toMatch(/[1-9]$/);
    await page.click('Web App');
    expect(page.text).toContain('redirect_uris');
    expect(page.text).not.toContain('gatehouse-sha256');
  });

  test('that there are none of are not found', async () => {
    expect((await root.browser.request(`${server.issuer}/admin/clients/nobody`)).status).toBe(404);
  });
});

describe('sessions', () => {
  test('of everybody are listed, and one that is ended is signed out', async () => {
    const { email } = await person();
    const ada = await newBrowser().open(`${server.issuer}/account`);
    await signsIn(ada, { identifier: email });
    const page = await opens('sessions');
    const button = page.document.querySelector(`button[aria-label="End the session of ${email}"]`);
    const form = button?.parentNode;
    const data = Object.fromEntries(
      (form?.querySelectorAll('input') ?? []).map((input) => [input.getAttribute('name'), input.getAttribute('value')]),
    ) as Record<string, string>;
    await root.browser.request(`${server.issuer}${form?.getAttribute('action')}`, { method: 'POST', form: data });
    await ada.open(`${server.issuer}/account`);
    expect(ada.title).toContain('Sign in');
  });

  test('are a page at a time, each once', async () => {
    const { email } = await person();
    for (let at = 0; at < 4; at += 1) await visitsAndSignsIn(server, { identifier: email });
    const { recentSessions } = await import('../../src/sessions/recent-sessions.ts');
    const { db, clock } = server.deps;
    const all = (await recentSessions({ db, clock }, { limit: 100 })).sessions.map(({ handle }) => handle);
    const inTurn: string[] = [];
    let before: string | undefined;
    do {
      const page = await recentSessions({ db, clock }, { limit: 2, before });
      inTurn.push(...page.sessions.map(({ handle }) => handle));
      before = page.older;
    } while (before !== undefined);
    expect(inTurn).toEqual(all);
    expect(all.length).toBeGreaterThan(4);
  });

  test.each(["1.x' or '1'='1", '9'.repeat(30), '\0', '1', '../..'])('begin anew for the cursor %j', async (before) => {
    const answer = await root.browser.request(`${server.issuer}/admin/sessions?${new URLSearchParams({ before })}`);
    expect([200, 400]).toContain(answer.status);
  });
});

describe('mails', () => {
  test('that cannot be sent say why, are tried again, and dropped for good', async () => {
    const { email } = await person();
    const { browser } = await visits(server);
    await browser.click('Forgot your password?');
    await browser.submit({ identifier: email });
    await expect.poll(async () => (await opens('outbox')).text, { timeout: 15_000 }).toContain(email);
    await expect.poll(async () => (await opens('outbox')).text, { timeout: 15_000 }).toContain('ECONNREFUSED');
    await root.browser.submit({}, 'Send now');
    expect(root.browser.text).toContain('It is sent again now.');
    const drop = root.browser.document.querySelector(`a[aria-label="Drop the mail to ${email}"]`)?.getAttribute('href');
    await root.browser.open(`${server.issuer}${drop}`);
    expect(root.browser.title).toBe('Drop a mail');
    await root.browser.submit({}, 'Drop the mail');
    expect(root.browser.text).toContain('The mail was dropped.');
    expect(root.browser.text).not.toContain(email);
  });
});

describe('keys', () => {
  const signing = async () => (await describeKeys(server.database.db)).find(({ stage }) => stage === 'active')?.kid;

  test('are replaced once apps know the next ones, or at once, and this process follows at once', async () => {
    const before = await signing();
    await opens('keys');
    await root.browser.click('Replace the keys');
    await root.browser.submit({}, 'Publish the next keys');
    expect(root.browser.text).toContain('They sign once every app can know them.');
    expect(server.engine.keys().map(({ stage, algorithm }) => `${stage} ${algorithm}`)).toEqual([
      ...['active RS256', 'active PS256', 'active ES256'],
      ...['next RS256', 'next PS256', 'next ES256'],
    ]);
    expect(await signing()).toBe(before);
    await opens('keys/rotate');
    await root.browser.submit({}, 'Let the next keys sign now');
    expect(root.browser.text).toContain('The next keys sign from now on.');
    expect(server.engine.keys()[0]?.kid).not.toBe(before);
  });

  test('are revoked after a question, and another signs', async () => {
    const before = await signing();
    const page = await opens('keys');
    const link = page.document.querySelector(`a[aria-label="Revoke the key ${before}"]`)?.getAttribute('href');
    await root.browser.open(`${server.issuer}${link}`);
    expect(root.browser.text).toContain('another key takes its place at once');
    await root.browser.submit({}, 'Revoke the key');
    expect(root.browser.text).toContain('The key was revoked.');
    expect(root.browser.text).not.toContain(String(before));
    expect(server.engine.keys().map(({ kid }) => kid)).not.toContain(before);
    expect((await root.browser.request(`${server.issuer}${link}`)).status).toBe(404);
    const event = await server.database.db
      .selectFrom('audit_events')
      .select(['actor', 'subject', 'address'])
      .where('event', '=', 'keys.revoked')
      .executeTakeFirstOrThrow();
    expect(event).toMatchObject({ actor: `account:${root.id}`, subject: `key:${before}`, address: '127.0.0.1' });
  });
});

describe('keys and settings', () => {
  test('are shown without anything secret', async () => {
    expect((await opens('keys')).text).toContain('RS256');
    const page = await opens('configuration');
    expect(page.text).toContain('limits.sign_in_failures');
    expect(page.text).not.toContain(server.config.masterSecret);
  });
});

describe('the audit log', () => {
  test('is narrowed by what is asked for, and says what cannot be asked for', async () => {
    const { email, id } = await person();
    const { browser } = await visits(server);
    await signsIn(browser, { identifier: email, password: 'not the password' });
    await signsIn(browser, { identifier: email });
    await opens(`audit?${new URLSearchParams({ account: id, event: 'sign_in.failed' })}`);
    expect(root.browser.document.querySelectorAll('tbody tr')).toHaveLength(1);
    await opens(`audit?${new URLSearchParams({ account: id, event: 'sign_in.' })}`);
    expect(root.browser.document.querySelectorAll('tbody tr').length).toBeGreaterThan(1);
    const answer = await root.browser.request(`${server.issuer}/admin/audit?address=nowhere`);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('address');
  });

  test('is taken along as a file, which is written down', async () => {
    const page = await opens('audit?event=sign_in.succeeded');
    const { action, data } = page.form({ format: 'csv' }, 'As CSV');
    const answer = await root.browser.request(action, { method: 'POST', form: data });
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="audit-[\d-]+\.csv"$/);
    const rows = (await answer.text()).trim().split('\r\n');
    expect(rows[0]).toContain('id,at,event');
    expect(rows.slice(1).every((row) => row.includes('sign_in.succeeded'))).toBe(true);
    expect((await opens('audit?event=audit.exported')).text).toContain('event=sign_in.succeeded');
  });
});

let people = 0;

async function person(): Promise<{ email: string; id: string }> {
  people += 1;
  const email = `operations-${people}@example.test`;
  const { id } = await server.person({ email });
  return { email, id };
}
