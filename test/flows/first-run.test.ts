// The first start of an empty installation: one link, one hour, one administrator with a second factor.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deleteAccount } from '../../src/accounts/accounts.ts';
import { listAccounts } from '../../src/accounts/finding/list-accounts.ts';
import { issueAtStart, issueSetupLink } from '../../src/first-administrator/setup-link.ts';
import { setupAddress } from '../../src/first-run/address.ts';
import { grantRole, revokeRole } from '../../src/roles/assignments.ts';
import { rolesOf } from '../../src/roles/held.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, totpCode } from '../support/sign-in.ts';
import { PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';
import { databaseAsText, recordsAsText, tokensOf, toNextTotpStep, visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ logLevel: 'debug' });
});

afterAll(() => server.stop());

/** As it was before anybody came. */
beforeEach(async () => {
  const { db } = server.database;
  for (const table of ['accounts', 'setup_links', 'rate_counters'] as const) await db.deleteFrom(table).execute();
  await db.updateTable('roles').set({ ever_granted: false }).execute();
});

const KEY = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/;
const RECOVERY_CODES = /[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}/g;
const EMAIL = 'root@example.test';

async function newLink(): Promise<string> {
  const issue = await issueSetupLink({ db: server.database.db, clock: movingClock });
  if (issue.outcome !== 'issued') throw new Error(issue.outcome);
  return setupAddress(server.issuer, issue.token);
}

const opened = async (link: string, browser = newBrowser()): Promise<Browser> => browser.open(link);

async function withAccountForm(link: string): Promise<Browser> {
  const browser = await opened(link);
  return browser.submit({ email: EMAIL, name: 'Root', password: PASSWORD }, 'Continue');
}

const secretOn = (browser: Browser): string => KEY.exec(browser.text)?.[0]?.replaceAll(' ', '') ?? '';
const emails = async (): Promise<string[]> =>
  (await listAccounts(server.database.db, { limit: 10 })).map(({ email }) => email);

/** The person whose set-up is done has an hour's cookie; everybody else is somebody else. */
const statusOf = async (link: string): Promise<number> => (await opened(link)).page.status;

test('somebody opens the link, sets up password and authenticator, and signs in at an app with both', async () => {
  const link = await newLink();
  const browser = await opened(link);
  expect(browser.page.url).toBe(`${server.issuer}/setup`);
  expect(browser.title).toBe('Make yourself the administrator');
  await browser.submit({ email: EMAIL, name: 'Root', password: PASSWORD }, 'Continue');
  expect(browser.page.url).toBe(`${server.issuer}/setup`);
  expect(browser.title).toBe('Set up your authenticator app');
  expect(browser.text).toContain(EMAIL);
  expect(browser.document.querySelector('.qr svg')).not.toBeNull();
  expect(await emails()).toEqual([]);
  toNextTotpStep();
  const secret = secretOn(browser);
  await browser.submit({ code: totpCode(secret) }, 'Confirm');
  expect(browser.title).toBe('Store your recovery codes');
  const codes = browser.text.match(RECOVERY_CODES) ?? [];
  expect(new Set(codes).size).toBe(10);
  await browser.open(browser.page.url);
  expect(browser.text.match(RECOVERY_CODES)).toEqual(codes);
  const file = await browser.request(`${server.issuer}/setup/recovery-codes.txt`);
  expect((await file.text()).match(RECOVERY_CODES)).toEqual(codes);
  expect(file.headers.get('content-disposition')).toBe('attachment; filename="recovery-codes.txt"');
  await browser.submit({}, 'stored them');
  expect(browser.title).toBe('Gatehouse has its administrator');
  expect(browser.text).toContain(EMAIL);
  expect(await (await browser.request(`${server.issuer}/setup/recovery-codes.txt`)).text()).not.toMatch(RECOVERY_CODES);

  const [account] = await listAccounts(server.database.db, { limit: 10 });
  expect(account).toMatchObject({ email: EMAIL, displayName: 'Root', emailVerified: false });
  expect(await rolesOf({ db: server.database.db, clock: movingClock }, account?.id ?? '')).toEqual(['gatehouse:admin']);
  const visit = await visitsAndSignsIn(server, { identifier: EMAIL });
  expect(visit.browser.title).toBe('Enter your code');
  await visit.browser.submit({ code: totpCode(secret) }, 'Continue');
  expect(visit.browser.page.status).toBe(400);
  await visit.browser.submit({ code: totpCode(secret, 1) }, 'Continue');
  expect((await tokensOf(server, visit)).idToken).toMatchObject({ sub: account?.id, acr: 'mfa' });
  const dump = await databaseAsText(server);
  for (const kept of [new URL(link).searchParams.get('token') ?? '', secret, PASSWORD, ...codes]) {
    expect(dump).not.toContain(kept);
    expect(JSON.stringify(server.logLines)).not.toContain(kept);
  }
  expect(await statusOf(link)).toBe(403);
});

test('everything that is wrong with the form is said at once, and what was typed stays', async () => {
  const browser = await opened(await newLink());
  await browser.submit({ email: 'nobody', name: 'x'.repeat(101), password: 'gatehouse!!' }, 'Continue');
  expect(browser.page.status).toBe(400);
  const problems = browser.document.querySelectorAll('#problem li').map((each) => each.textContent);
  expect(problems).toEqual([
    'Enter a whole e-mail address, like you@example.com.',
    'Use at most 100 visible characters.',
    'Use at least 15 characters; this password has 11.',
    'This password is mostly your name, your e-mail address or the name of this service. Add other words.',
  ]);
  const value = (name: string) => browser.document.querySelector(`input[name=${name}]`)?.getAttribute('value') ?? '';
  expect([value('email'), value('name'), value('password')]).toEqual(['nobody', 'x'.repeat(101), '']);
  expect(browser.page.text).not.toContain('gatehouse!!');
  await browser.submit({ email: EMAIL, name: '', password: PASSWORD }, 'Continue');
  expect(browser.title).toBe('Set up your authenticator app');
  await browser.submit({}, 'Change');
  expect(browser.title).toBe('Make yourself the administrator');
  expect([value('email'), value('password')]).toEqual([EMAIL, '']);
});

test('an address that somebody has already is refused, and the link stays good', async () => {
  await server.person({ email: EMAIL });
  const link = await newLink();
  const browser = await withAccountForm(link);
  await browser.submit({ code: totpCode(secretOn(browser)) }, 'Confirm');
  expect(browser.page.status).toBe(400);
  expect(browser.text).toContain('There is an account with this e-mail address already');
  await browser.submit({ email: 'other@example.test', name: '', password: PASSWORD }, 'Continue');
  await browser.submit({ code: totpCode(secretOn(browser)) }, 'Confirm');
  expect(browser.title).toBe('Store your recovery codes');
  expect((await emails()).sort()).toEqual(['other@example.test', EMAIL]);
});

test('wrong codes make nothing and are counted, for the link and not for the browser', async () => {
  const link = await newLink();
  const browser = await withAccountForm(link);
  const key = secretOn(browser);
  const right = [-1, 0, 1].map((step) => totpCode(key, step));
  const wrong = ['000000', '111111', '222222', '333333'].find((code) => !right.includes(code)) ?? '';
  for (let tries = 0; tries < 5; tries += 1) {
    await browser.submit({ code: wrong }, 'Confirm');
    expect(browser.page.status).toBe(400);
    expect(secretOn(browser)).toBe(key);
  }
  await browser.submit({ code: totpCode(key) }, 'Confirm');
  expect(browser.page.status).toBe(429);
  expect(browser.page.headers.get('retry-after')).toMatch(/^\d+$/);
  const other = await withAccountForm(link);
  await other.submit({ code: totpCode(secretOn(other)) }, 'Confirm');
  expect(other.page.status).toBe(429);
  expect(await emails()).toEqual([]);
  movingClock.advance({ minutes: 15 });
  await other.submit({ code: totpCode(secretOn(other)) }, 'Confirm');
  expect(other.title).toBe('Store your recovery codes');
});

describe('the link', () => {
  test('is spent by no GET and no HEAD: neither changes anything', async () => {
    const link = await newLink();
    const before = await recordsAsText(server);
    for (const method of ['HEAD', 'GET', 'HEAD', 'GET']) {
      const answer = await fetch(link, { method, redirect: 'manual' });
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/setup']);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await answer.text()).not.toContain('token');
    }
    await opened(link);
    expect(await recordsAsText(server)).toBe(before);
    const browser = await withAccountForm(link);
    expect(await recordsAsText(server)).toBe(before);
    expect(browser.title).toBe('Set up your authenticator app');
  });

  test('leaves its token neither in a page, a cookie nor the log', async () => {
    const link = await newLink();
    const token = new URL(link).searchParams.get('token') ?? '';
    expect(token).toMatch(/^[\w-]{43}$/);
    const browser = await opened(link);
    expect(browser.page.text).not.toContain(token);
    expect(JSON.stringify(await browser.jar.serialize())).not.toContain(token);
    await fetch(link, { headers: { host: 'evil.example' } }).catch(() => undefined);
    await fetch(`${server.issuer}/setup/nowhere?token=${token}`);
    expect(server.logLines.length).toBeGreaterThan(2);
    expect(JSON.stringify(server.logLines)).not.toContain(token);
    expect(await databaseAsText(server)).not.toContain(token);
  });

  test('is good for an hour by the database, in the middle of it all too', async () => {
    const link = await newLink();
    movingClock.advance({ minutes: 59 });
    const browser = await withAccountForm(link);
    expect(browser.title).toBe('Set up your authenticator app');
    const secret = secretOn(browser);
    movingClock.advance({ minutes: 1, seconds: 1 });
    expect((await opened(link)).title).toBe('This set-up link does not work any more');
    await browser.submit({ code: totpCode(secret) }, 'Confirm');
    expect([browser.page.status, browser.title]).toEqual([400, 'This set-up link does not work any more']);
    expect(browser.text).toContain('gatehouse setup link');
    expect(await emails()).toEqual([]);
  });

  test('is void as soon as there is a newer one, for whoever has begun with it too', async () => {
    const first = await newLink();
    const browser = await withAccountForm(first);
    const second = await newLink();
    expect((await opened(first)).title).toBe('This set-up link does not work any more');
    await browser.submit({ code: totpCode(secretOn(browser)) }, 'Confirm');
    expect(browser.title).toBe('This set-up link does not work any more');
    await browser.open(second);
    expect(browser.title).toBe('Make yourself the administrator');
  });

  test('that was never made is answered calmly, and not for ever', async () => {
    await newLink();
    const seen: [number, string][] = [];
    for (let tries = 0; tries < 12; tries += 1) {
      const browser = await opened(setupAddress(server.issuer, `wrong-${tries}`));
      seen.push([browser.page.status, browser.title]);
    }
    expect(seen.slice(0, 10)).toEqual(Array(10).fill([400, 'This set-up link does not work any more']));
    expect(seen.slice(10)).toEqual(Array(2).fill([429, 'Too many attempts']));
    expect((await opened(await newLink())).title).toBe('Make yourself the administrator');
    expect(JSON.stringify(server.logLines)).not.toContain('wrong-');
  });

  test('is offered at the start of an empty database only, by one of many processes', async () => {
    const deps = { db: server.database.db, clock: movingClock };
    const starts = await Promise.all(Array.from({ length: 8 }, () => issueAtStart(deps, { alone: false })));
    expect(starts.map(({ outcome }) => outcome).sort()).toEqual(['issued', ...Array(7).fill('just_issued')]);
    expect((await issueAtStart(deps, { alone: true })).outcome).toBe('issued');
    movingClock.advance({ seconds: 61 });
    expect((await issueAtStart(deps, { alone: false })).outcome).toBe('issued');
    await server.person({ email: 'ann@example.test' });
    expect((await issueAtStart(deps, { alone: true })).outcome).toBe('in_use');
    expect((await issueSetupLink(deps)).outcome).toBe('issued');
  });
});

describe('once there has been an administrator', () => {
  const made: Record<string, (link: string) => Promise<void>> = {
    'by the link': async (link) => {
      const browser = await withAccountForm(link);
      await browser.submit({ code: totpCode(secretOn(browser)) }, 'Confirm');
    },
    'by a grant': async () => {
      const { id } = await server.person({ email: EMAIL });
      expect(await grantRole(server.database.db, { accountId: id, role: 'gatehouse:admin' })).toBe('granted');
    },
  };

  test.each(Object.keys(made))('made %s, there is no link any more, whoever is deleted', async (how) => {
    const link = await newLink();
    const { db } = server.database;
    await made[how]?.(link);
    const isOver = async () => {
      expect(await statusOf(link)).toBe(403);
      expect(await statusOf(`${server.issuer}/setup`)).toBe(403);
      expect((await issueSetupLink({ db, clock: movingClock })).outcome).toBe('closed');
      expect((await issueAtStart({ db, clock: movingClock }, { alone: true })).outcome).toBe('closed');
    };
    await isOver();
    const [account] = await listAccounts(db, { limit: 1 });
    await revokeRole(db, { accountId: account?.id ?? '', role: 'gatehouse:admin' });
    await isOver();
    await deleteAccount(db, account?.id ?? '');
    expect(await emails()).toEqual([]);
    await isOver();
  });

  test('who was in the middle of it learns so, and nothing of theirs is made', async () => {
    const link = await newLink();
    const late = await withAccountForm(link);
    const { id } = await server.person({ email: 'quick@example.test' });
    await grantRole(server.database.db, { accountId: id, role: 'gatehouse:admin' });
    await late.submit({ code: totpCode(secretOn(late)) }, 'Confirm');
    expect([late.page.status, late.title]).toEqual([403, 'Gatehouse is set up already']);
    expect(await emails()).toEqual(['quick@example.test']);
    await late.open(`${server.issuer}/setup`);
    expect([late.page.status, late.title]).toEqual([403, 'Gatehouse is set up already']);
  });
});

test('every address that the server really has stands on the committed list', () => {
  const list = readFileSync(path.join(import.meta.dirname, '../architecture/routes.txt'), 'utf8');
  const listed = new Set(list.split('\n').map((line) => line.split(/ +/, 2).join(' ')));
  expect(server.routes.map(({ method, path: at }) => `${method} ${at}`).filter((door) => !listed.has(door))).toEqual(
    [],
  );
});

describe('forms and cookies from elsewhere', () => {
  test('a form is taken from its own page only (T21)', async () => {
    const link = await newLink();
    const browser = await opened(link);
    const foreign = (await opened(link)).form({}, 'Continue').data['csrf'] ?? '';
    const { action, data } = browser.form({ email: EMAIL, name: '', password: PASSWORD }, 'Continue');
    const { csrf: _own, ...bare } = data;
    const post = async (form: Record<string, string>, headers = {}) =>
      (await browser.request(action, { method: 'POST', form, headers })).status;
    expect(await post(bare)).toBe(403);
    expect(await post({ ...bare, csrf: foreign })).toBe(403);
    expect(await post(data, { origin: 'https://evil.example' })).toBe(403);
    expect(await post(data, { 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect((await browser.open(`${server.issuer}/setup`)).title).toBe('Make yourself the administrator');
    expect(await post(data, { origin: server.issuer, 'sec-fetch-site': 'same-origin' })).toBe(303);
  });

  test('no step is reached without the link, nor with a cookie that was made up or changed', async () => {
    const link = await newLink();
    const browser = await withAccountForm(link);
    const { gatehouse_setup: sealed = '' } = await browser.cookiesAt(`${server.issuer}/setup`);
    expect(Object.keys(await browser.cookiesAt(`${server.issuer}/`))).not.toContain('gatehouse_setup');
    const last = sealed.at(-5) === 'A' ? 'B' : 'A';
    const changed = sealed.slice(0, -5) + last + sealed.slice(-4);
    const routes = server.routes.filter(({ path }) => path.startsWith('/setup'));
    expect(routes.length).toBeGreaterThan(8);
    for (const { method, path } of routes) {
      for (const value of ['', 'x', 'v1.a.b', '{}', changed]) {
        const answer = await fetch(server.issuer + path, {
          method,
          redirect: 'manual',
          headers: { accept: 'text/html', ...(value === '' ? {} : { cookie: `gatehouse_setup=${value}` }) },
        });
        expect([method, path, value, answer.status]).toEqual([method, path, value, 400]);
      }
    }
    expect(await emails()).toEqual([]);
  });

  test('the cookie is HttpOnly, for these pages alone, and holds no password', async () => {
    const answer = await fetch(await newLink(), { redirect: 'manual' });
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^gatehouse_setup=v1\.[\w.-]+; path=\/setup; expires=[^;]+; samesite=lax; httponly$/);
    const browser = await withAccountForm(await newLink());
    const { gatehouse_setup: sealed = '' } = await browser.cookiesAt(`${server.issuer}/setup`);
    expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('horse');
    expect(sealed.length).toBeLessThan(3_000);
    expect(browser.page.text).not.toContain(PASSWORD);
  });
});
