// Recovery codes in the account centre: how many are left, new ones, and what is told when one is used.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listEventsOf } from '../../src/audit/audit-log.ts';
import { deriveKey } from '../../src/crypto/derived-keys.ts';
import { createSealedBox } from '../../src/crypto/sealed-box.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { confirmsPassword, enrols, isBackAtApp, visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

const at = (path: string): string => `${server.issuer}${path}`;
const CODES = /[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}/g;

let people = 0;

async function enrolled() {
  people += 1;
  const identifier = `person-${people}@example.test`;
  const { id } = await server.person({ email: identifier });
  return { identifier, id, ...(await enrols(server, { identifier })) };
}

async function signsInByCode(identifier: string, code: string): Promise<boolean> {
  const visit = await visitsAndSignsIn(server, { identifier });
  await visit.browser.click('Use a recovery code');
  await visit.browser.submit({ code }, 'Continue');
  return isBackAtApp(visit);
}

const mailsTo = async (identifier: string): Promise<Record<string, unknown>[]> => {
  const box = createSealedBox(deriveKey(server.config.masterSecret, 'sealing'));
  const { db } = server.database;
  const rows = await db
    .selectFrom('mail_outbox')
    .select(['id', 'content'])
    .where('recipient', '=', identifier)
    .orderBy('created_at')
    .execute();
  return rows.flatMap(({ id, content }) =>
    content === null ? [] : [JSON.parse(box.open(content, `mail_outbox.content:${id}`))],
  );
};

async function renews(browser: Browser): Promise<string[]> {
  await browser.open(at('/account/recovery-codes'));
  await browser.submit({}, 'Make new recovery codes');
  expect(browser.title).toBe('Store your recovery codes');
  expect(browser.page.headers.get('cache-control')).toBe('no-store');
  return [...new Set(browser.text.match(CODES) ?? [])];
}

test('using one is told by mail, with how many are left, and the page counts along', async () => {
  const { identifier, id, browser, recoveryCodes } = await enrolled();
  expect(await signsInByCode(identifier, recoveryCodes[0] ?? '')).toBe(true);
  const told = (await mailsTo(identifier)).find(({ mail }) => mail === 'recovery_code_used');
  expect(told).toMatchObject({ left: 9, accountLink: at('/account/security') });
  const [newest] = (await listEventsOf(server.database.db, id, { limit: 20 })).filter(
    ({ event }) => event === 'recovery_code.used',
  );
  expect(newest).toMatchObject({ details: { left: 9 }, outcome: 'success' });
  await browser.open(at('/account/security'));
  expect(browser.text).toContain('9 codes are left');
  expect(await signsInByCode(identifier, recoveryCodes[0] ?? '')).toBe(false);
  expect((await mailsTo(identifier)).filter(({ mail }) => mail === 'recovery_code_used')).toHaveLength(1);
});

test('few left are said to be few', async () => {
  const { identifier, browser, recoveryCodes } = await enrolled();
  for (const code of recoveryCodes.slice(0, 7)) expect(await signsInByCode(identifier, code)).toBe(true);
  await browser.open(at('/account/security'));
  expect(browser.text).toContain('3 codes are left');
  expect(browser.text).toContain('Few are left');
  for (const code of recoveryCodes.slice(7)) expect(await signsInByCode(identifier, code)).toBe(true);
  await browser.open(at('/account/security'));
  expect(browser.text).toContain('0 codes are left');
});

test('new ones are shown once, as a list and as a file; of the old ones none works', async () => {
  const { identifier, browser, recoveryCodes } = await enrolled();
  const fresh = await renews(browser);
  expect(fresh).toHaveLength(10);
  expect(fresh.filter((code) => recoveryCodes.includes(code))).toEqual([]);
  const { action, data } = browser.form({}, 'Download');
  const file = await browser.request(action, { method: 'POST', form: data });
  expect([file.status, file.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
  expect(await file.text()).toContain(fresh.join('\n'));
  await browser.open(at('/account/recovery-codes'));
  expect(browser.text).not.toMatch(CODES);
  expect(await signsInByCode(identifier, recoveryCodes[1] ?? '')).toBe(false);
  expect(await signsInByCode(identifier, fresh[1] ?? '')).toBe(true);
  expect((await mailsTo(identifier)).map(({ mail }) => mail)).toContain('recovery_codes_renewed');
});

test('the file is for the session that made the codes, and for half an hour', async () => {
  const ada = await enrolled();
  const ben = await enrolled();
  await renews(ada.browser);
  const { action, data } = ada.browser.form({}, 'Download');
  await ben.browser.open(at('/account'));
  const { csrf = '' } = ben.browser.form({}, 'Sign out').data;
  const stolen = await ben.browser.request(action, { method: 'POST', form: { ...data, csrf } });
  expect([stolen.status, stolen.headers.get('location')]).toEqual([303, '/account/recovery-codes']);
  movingClock.advance({ minutes: 31 });
  const late = await ada.browser.request(action, { method: 'POST', form: data });
  expect([late.status, await late.text()]).toEqual([303, expect.not.stringMatching(CODES)]);
});

test('when three are left, the overview says so and the page of factors too; with four neither does', async () => {
  const { id, browser } = await enrolled();
  const { db } = server.database;
  const [, , , , ...spent] = await db
    .selectFrom('recovery_codes')
    .select('code_hash')
    .where('account_id', '=', id)
    .execute();
  const spend = (hashes: string[]) => db.deleteFrom('recovery_codes').where('code_hash', 'in', hashes).execute();
  const warnings = async () => [
    (await browser.open(at('/account'))).text.includes('recovery codes left. Make new ones.'),
    (await browser.open(at('/account/security'))).text.includes('Few are left.'),
  ];
  await spend(spent.map(({ code_hash }) => code_hash));
  expect(await warnings()).toEqual([false, false]);
  const fourth = await db.selectFrom('recovery_codes').select('code_hash').where('account_id', '=', id).execute();
  await spend(fourth.slice(0, 1).map(({ code_hash }) => code_hash));
  expect(await warnings()).toEqual([true, true]);
});

test('whoever has no authenticator has no codes, and reads how to get some', async () => {
  people += 1;
  const identifier = `person-${people}@example.test`;
  await server.person({ email: identifier });
  const { browser } = await visitsAndSignsIn(server, { identifier });
  await browser.open(at('/account/recovery-codes'));
  expect(browser.text).toContain('come with your first authenticator app');
  const { csrf = '' } = browser.form({}, 'Sign out').data;
  await browser.request(at('/account/recovery-codes'), { method: 'POST', form: { csrf } });
  const codes = await server.database.db
    .selectFrom('recovery_codes')
    .innerJoin('accounts', 'accounts.id', 'account_id')
    .select('account_id')
    .where('email', '=', identifier)
    .execute();
  expect(codes).toEqual([]);
});

test('a form that comes too late asks who is there again, and has done nothing', async () => {
  const { identifier, browser, recoveryCodes } = await enrolled();
  await browser.open(at('/account/recovery-codes'));
  const form = browser.form({}, 'Make new recovery codes');
  movingClock.advance({ minutes: 6 });
  const late = await browser.request(form.action, { method: 'POST', form: form.data });
  expect(late.status).toBe(303);
  expect(late.headers.get('location')).toContain('max_age=300');
  expect(await signsInByCode(identifier, recoveryCodes[0] ?? '')).toBe(true);
  await browser.open(new URL(late.headers.get('location') ?? '', server.issuer).href);
  await confirmsPassword(browser);
  expect(browser.title).toBe('Enter your code');
});
