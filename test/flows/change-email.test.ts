// Another e-mail address: proved by its own mailbox, told to the old one, which can bring itself back.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAccount } from '../../src/accounts/accounts.ts';
import type { Browser } from '../support/browser.ts';
import { NEW_PASSWORD, type Posted, startPosted } from '../support/forgotten.ts';
import { lastLink, type ReceivedMail } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser } from '../support/sign-in.ts';
import { PASSWORD } from '../support/start-server.ts';
import { isBackAtApp, visitsAndSignsIn } from '../support/visits.ts';

let posted: Posted;

beforeAll(async () => {
  posted = await startPosted();
});
afterAll(() => posted.stop());

let people = 0;

async function somebody(): Promise<{ email: string; id: string; other: string }> {
  people += 1;
  const email = `moves-${people}@example.test`;
  const { id } = await posted.server.person({ email });
  return { email, id, other: `moved-${people}@example.test` };
}

async function asks(email: string, other: string): Promise<Browser> {
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: email });
  await browser.open(`${posted.server.issuer}/account/email`);
  return browser.submit({ email: other }, 'Send the link');
}

const emailOf = async (id: string): Promise<string | undefined> =>
  (await findAccount(posted.server.database.db, id))?.email;

const confirms = async (mail: ReceivedMail, browser = newBrowser()): Promise<Browser> => {
  await browser.open(lastLink(mail, /confirm-email/));
  return browser.submit({}, 'Use this address');
};

const CHANGED = /undo-email-change/;

/** The mail to the old address that can undo the change. */
async function undoMail(email: string): Promise<ReceivedMail> {
  for (;;) {
    const found = posted.mailbox.all(email).find(({ text }) => CHANGED.test(text));
    if (found !== undefined) return found;
    await posted.mailbox.waitFor(email, { after: posted.mailbox.all(email).at(-1) as ReceivedMail });
  }
}

test('the new address is used once its mailbox has answered, and the old one is told twice', async () => {
  const { email, id, other } = await somebody();
  const browser = await asks(email, other);
  expect(browser.text).toContain('A mail is on its way to the new address.');
  const told = await posted.mailbox.waitFor(email);
  expect(told.text).toContain(other);
  expect(await emailOf(id)).toBe(email);
  const done = await confirms(await posted.mailbox.waitFor(other));
  expect(done.title).toBe('Your address is changed');
  expect(await emailOf(id)).toBe(other);
  expect((await undoMail(email)).text).toContain(`${posted.server.issuer}/undo-email-change?token=`);
  expect(isBackAtApp(await visitsAndSignsIn(posted.server, { identifier: other }))).toBe(true);
  expect((await visitsAndSignsIn(posted.server, { identifier: email })).browser.text).toContain('do not match');
});

test('an address that was only stated is proved by a link, in the account centre', async () => {
  const { email, id } = await somebody();
  const { db } = posted.server.database;
  await db.updateTable('accounts').set({ email_verified_at: null }).where('id', '=', id).execute();
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: email });
  await browser.open(`${posted.server.issuer}/account`);
  expect(browser.text).toContain('Your e-mail address is not confirmed.');
  await browser.open(`${posted.server.issuer}/account/email`);
  await browser.submit({}, 'Send a link to confirm it');
  expect(browser.text).toContain('A mail is on its way to your address.');
  const mail = await posted.mailbox.waitFor(email, { subject: /Confirm your e-mail address/ });
  const reader = await newBrowser().open(lastLink(mail, /confirm-email/));
  expect(reader.title).toBe('Confirm your e-mail address');
  const account = () => findAccount(db, id);
  expect(await account()).toMatchObject({ emailVerified: false });
  await reader.submit({}, 'Confirm address');
  expect(reader.title).toBe('Your address is confirmed');
  expect(await account()).toMatchObject({ emailVerified: true, email });
  expect((await newBrowser().open(lastLink(mail, /confirm-email/))).page.status).toBe(400);
  expect((await browser.open(`${posted.server.issuer}/account`)).text).not.toContain('not confirmed');
  await browser.open(`${posted.server.issuer}/account/email`);
  expect(browser.text).not.toContain('Send a link to confirm it');
  await browser.submit({ email }, 'Send the link');
  expect(browser.text).toContain('This is your address already.');
  await browser.open(`${posted.server.issuer}/account/activity`);
  expect(browser.text).toContain('E-mail address confirmed');
});

test('the old address brings itself back, ends all sessions and leads to a new password', async () => {
  const { email, id, other } = await somebody();
  await asks(email, other);
  await confirms(await posted.mailbox.waitFor(other));
  const intruder = (await visitsAndSignsIn(posted.server, { identifier: other })).browser;
  const browser = await newBrowser().open(lastLink(await undoMail(email), CHANGED));
  expect(browser.title).toBe('Bring back your old address');
  expect(await emailOf(id)).toBe(other);
  await browser.submit({}, 'Bring it back');
  expect(browser.title).toBe('Choose a new password');
  expect(await emailOf(id)).toBe(email);
  expect((await intruder.open(`${posted.server.issuer}/account`)).title).toContain('Sign in');
  expect((await visitsAndSignsIn(posted.server, { identifier: email })).browser.text).toContain('do not match');
  await browser.submit({ password: NEW_PASSWORD }, 'Set the new password');
  expect(isBackAtApp(await visitsAndSignsIn(posted.server, { identifier: email, password: NEW_PASSWORD }))).toBe(true);
});

test('after 72 hours nothing can be undone', async () => {
  const { email, other } = await somebody();
  await asks(email, other);
  await confirms(await posted.mailbox.waitFor(other));
  const link = lastLink(await undoMail(email), CHANGED);
  movingClock.advance({ hours: 72 });
  expect((await newBrowser().open(link)).title).toBe('This link does not work any more');
});

test('whoever moved the account on once more cannot bring their address back; the first owner can', async () => {
  const { email, id, other } = await somebody();
  await asks(email, other);
  await confirms(await posted.mailbox.waitFor(other));
  const third = `third-${people}@example.test`;
  await asks(other, third);
  await confirms(await posted.mailbox.waitFor(third));
  const theirs = lastLink(await undoMail(other), CHANGED);
  await (await newBrowser().open(lastLink(await undoMail(email), CHANGED))).submit({}, 'Bring it back');
  expect(await emailOf(id)).toBe(email);
  expect((await newBrowser().open(theirs)).title).toBe('This link does not work any more');
});

test('an owner who has made another account with the old address meanwhile can delete that one, and undo the change', async () => {
  const { email, id, other } = await somebody();
  await asks(email, other);
  await confirms(await posted.mailbox.waitFor(other));
  const link = lastLink(await undoMail(email), CHANGED);
  const { id: second } = await posted.server.person({ email });
  const browser = await newBrowser().open(link);
  await browser.submit({}, 'Bring it back');
  expect(browser.text).toContain('another account has that address');
  await posted.server.database.db.deleteFrom('accounts').where('id', '=', second).execute();
  await (await newBrowser().open(link)).submit({}, 'Bring it back');
  expect(await emailOf(id)).toBe(email);
});

test('an address that has an account is answered like a free one, and its owner is told', async () => {
  const { email, id } = await somebody();
  const taken = (await somebody()).email;
  const free = (await somebody()).other;
  const told = await asks(email, taken);
  const answered = { status: told.page.status, text: told.text };
  const mail = await posted.mailbox.waitFor(taken);
  expect(mail.text).not.toContain('confirm-email');
  const other = await asks((await somebody()).email, free);
  expect(other.text.replaceAll(/moves-\d+/g, 'x')).toBe(answered.text.replaceAll(/moves-\d+/g, 'x'));
  expect(await emailOf(id)).toBe(email);
});

test('its own address, and what is none, are refused in words', async () => {
  const { email } = await somebody();
  expect((await asks(email, email.toUpperCase())).text).toContain('This is your address already.');
  expect((await asks(email, 'nobody')).text).toContain('Enter a whole e-mail address');
});

test('it takes a sign-in of the last five minutes', async () => {
  const { email } = await somebody();
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: email });
  movingClock.advance({ minutes: 6 });
  await browser.open(`${posted.server.issuer}/account/email`);
  expect(browser.title).toBe('Confirm it’s you');
  await browser.submit({ password: PASSWORD }, 'Confirm');
  expect(browser.title).toBe('Change your e-mail address');
});
