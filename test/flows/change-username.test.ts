// The username: one's own, unique, and none of those that people would take for the operator.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAccount } from '../../src/accounts/accounts.ts';
import type { Browser } from '../support/browser.ts';
import { type Posted, startPosted } from '../support/forgotten.ts';
import { movingClock } from '../support/moving-clock.ts';
import type { TestServer } from '../support/start-server.ts';
import { isBackAtApp, visitsAndSignsIn } from '../support/visits.ts';

let posted: Posted;
let server: TestServer;

beforeAll(async () => {
  posted = await startPosted();
  server = posted.server;
});
afterAll(() => posted.stop());

let people = 0;

async function atPage(): Promise<{ browser: Browser; id: string; email: string }> {
  people += 1;
  const email = `named-${people}@example.test`;
  const { id } = await server.person({ email });
  const { browser } = await visitsAndSignsIn(server, { identifier: email });
  return { browser: await browser.open(`${server.issuer}/account/username`), id, email };
}

const nameOf = async (id: string) => (await findAccount(server.database.db, id))?.username;

test('somebody takes a name, signs in with it, and gives it up again', async () => {
  const { browser, id } = await atPage();
  await browser.submit({ username: 'Ada.Anders' }, 'Save');
  expect(browser.text).toContain('Your username is saved.');
  expect(await nameOf(id)).toBe('Ada.Anders');
  expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: 'ada.anders' }))).toBe(true);
  await browser.submit({ username: '' }, 'Save');
  expect(await nameOf(id)).toBeUndefined();
});

test('whoever has the account is told by mail: of another name, of none, and not of the one that it has', async () => {
  const { browser, id, email } = await atPage();
  const told = () => posted.mailbox.all(email).filter(({ subject }) => subject === 'Your username was changed');
  await browser.submit({ username: 'grace' }, 'Save');
  await expect.poll(told).toHaveLength(1);
  expect(told()[0]?.text).toContain('now has the username grace.');
  expect(told()[0]?.text).toContain('IP address: 127.0.0.1');
  await browser.submit({ username: 'grace' }, 'Save');
  expect(browser.text).toContain('Your username is saved.');
  await browser.submit({ username: 'only-taken-by-nobody' }, 'Save');
  await browser.submit({ username: '' }, 'Save');
  await expect.poll(told).toHaveLength(3);
  expect(new Set(told().map(({ text }) => /the username (\S+)\.|has no username/.exec(text)?.[1]))).toEqual(
    new Set(['grace', 'only-taken-by-nobody', undefined]),
  );
  expect(await nameOf(id)).toBeUndefined();
});

test('a sign-in of more than five minutes changes no name: it is one to sign in with, and apps show it', async () => {
  const { browser, id } = await atPage();
  movingClock.advance({ minutes: 6 });
  await browser.submit({ username: 'taken-over' }, 'Save');
  expect(browser.title).toBe('Confirm it’s you');
  expect(await nameOf(id)).toBeUndefined();
});

test('whether names are taken is said often enough to choose one, not to try a list', async () => {
  await server.person({ email: 'held@example.test', username: 'held-name' });
  const { browser, id } = await atPage();
  const { action, data } = browser.form({}, 'Save');
  const statuses = [];
  const most = server.config.limits.signUpsPerNetwork * 3;
  for (let tried = 0; tried <= most; tried += 1) {
    const form = { ...data, username: 'held-name' };
    statuses.push((await browser.request(action, { method: 'POST', form })).status);
  }
  expect([statuses.includes(303), statuses.at(-1)]).toEqual([false, 429]);
  await browser.submit({ username: 'quite-free' }, 'Save');
  expect([browser.page.status, browser.text.includes('Too many')]).toEqual([429, true]);
  expect(await nameOf(id)).toBeUndefined();
});

test('a name that somebody has is refused in any spelling', async () => {
  const first = await atPage();
  await first.browser.submit({ username: 'only-one' }, 'Save');
  const second = await atPage();
  await second.browser.submit({ username: 'Only-One' }, 'Save');
  expect(second.browser.page.status).toBe(400);
  expect(second.browser.text).toContain('Somebody else has this username.');
  expect(await nameOf(second.id)).toBeUndefined();
});

test.each(['admin', 'Support', 'ab', '1st', 'a b', 'some@example.test'])('%s is no username', async (username) => {
  const { browser, id } = await atPage();
  await browser.submit({ username }, 'Save');
  expect(browser.page.status).toBe(400);
  expect(browser.text).toContain('Some names are reserved.');
  expect(await nameOf(id)).toBeUndefined();
});
