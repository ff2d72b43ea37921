// R23: a mail server that is dead, slow or silent holds nobody up, loses nothing, and is given nothing twice.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LEASE_SECONDS } from '../../src/mail/delivery.ts';
import { listMails } from '../../src/mail/outbox.ts';
import { forgets, GENEROUS } from '../support/forgotten.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { isBackAtApp, visitsAndSignsIn } from '../support/visits.ts';

const PEOPLE = ['ada', 'bob', 'cid', 'dan', 'eve', 'fay'].map((name) => `${name}@example.test`);

let server: TestServer;
let mailbox: Mailbox;

beforeEach(async () => {
  mailbox = await startMailbox();
  server = await startTestServer({ mailbox, settings: GENEROUS });
  for (const email of PEOPLE) await server.person({ email });
}, 60_000);
afterEach(async () => {
  await server.stop();
  await mailbox.close();
}, 60_000);

const waiting = async () => (await listMails(server.database.db, { limit: 100 })).map(({ to }) => to).sort();

/** Each forgets the password, and gets the page; someone else signs in. Nobody's request may wait for SMTP. */
async function lifeGoesOn(): Promise<void> {
  for (const email of PEOPLE) {
    const browser = await forgets(server, email);
    expect([browser.page.status, browser.title]).toEqual([200, 'Look at your mailbox']);
  }
  const visit = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
  expect(isBackAtApp(visit)).toBe(true);
}

/** Whom the mail about a forgotten password has reached, each as often as it did. */
const reached = () =>
  mailbox
    .all()
    .filter(({ text }) => text.includes('/reset-password?token='))
    .map(({ to }) => to)
    .sort();

async function allWaiting(): Promise<void> {
  await expect.poll(waiting, { timeout: 20_000 }).toEqual(expect.arrayContaining(PEOPLE));
}

async function allReachedOnce(): Promise<void> {
  await expect.poll(reached, { timeout: 40_000 }).toEqual(PEOPLE);
  await expect.poll(waiting, { timeout: 20_000 }).toEqual([]);
  const { length } = mailbox.all();
  // Nothing comes after, not even when every lease is over.
  movingClock.advance({ seconds: LEASE_SECONDS + 1 });
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(mailbox.all()).toHaveLength(length);
  expect(new Set(mailbox.all().map(({ messageId }) => messageId)).size).toBe(length);
}

test('dead for a night: every mail arrives when it is back', async () => {
  await mailbox.dies();
  await lifeGoesOn();
  await allWaiting();
  for (let hour = 0; hour < 9; hour += 1) {
    movingClock.advance({ hours: 1.5 });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
  }
  await allWaiting();
  await mailbox.comesBack();
  movingClock.advance({ hours: 1.5 });
  await allReachedOnce();
}, 120_000);

test('silent: it is waited for by the mails alone, and the pages that write them are answered all the same', async () => {
  mailbox.hangs('data');
  await lifeGoesOn();
  await allWaiting();
  await expect.poll(() => mailbox.begun.letters, { timeout: 20_000 }).toBeGreaterThan(0);
  // It dies without a word to anybody: connections break, and every letter is free again.
  await mailbox.dies();
  await mailbox.comesBack();
  movingClock.advance({ minutes: 10 });
  await allReachedOnce();
}, 120_000);

test('slow by half a minute: nobody but the mails notices', async () => {
  mailbox.isSlow(30_000);
  await lifeGoesOn();
  // Not one of them has been taken: four answers of half a minute each lie before that.
  expect(reached()).toEqual([]);
  await allWaiting();
  mailbox.accepts();
  await allReachedOnce();
}, 180_000);

test('refusing for a while: it is asked again, and nothing is lost', async () => {
  mailbox.refuses(421, { at: 'connection', message: 'too busy' });
  await lifeGoesOn();
  await allWaiting();
  mailbox.refuses(451, { at: 'data', message: 'disk full' });
  movingClock.advance({ minutes: 10 });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await allWaiting();
  mailbox.accepts();
  movingClock.advance({ minutes: 10 });
  await allReachedOnce();
}, 120_000);

test('breaking off after it has taken a mail: a second copy has the same name, so that mailboxes show one', async () => {
  mailbox.breaksOffAfterTaking();
  await forgets(server, 'ada@example.test');
  const first = await mailbox.waitFor('ada@example.test');
  mailbox.accepts();
  movingClock.advance({ minutes: 10 });
  const second = await mailbox.waitFor('ada@example.test', { after: first });
  expect(second.messageId).toBe(first.messageId);
  await expect.poll(waiting, { timeout: 20_000 }).toEqual([]);
}, 60_000);
