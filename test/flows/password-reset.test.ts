// Somebody has forgotten the password, and gets back in by the mailbox: no more and no less than the account's owner.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAccount, setPasswordHash } from '../../src/accounts/accounts.ts';
import { listEventsOf } from '../../src/audit/audit-log.ts';
import { banAccount } from '../../src/sessions/ban-account.ts';
import {
  forgets,
  mailsHaveArrived,
  NEW_PASSWORD,
  type Posted,
  resetLink,
  resets,
  startPosted,
  tokenIn,
} from '../support/forgotten.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { PASSWORD, RESOURCES } from '../support/start-server.ts';
import { codeOf, enrols, entersCode, isBackAtApp, visits, visitsAndSignsIn } from '../support/visits.ts';

let posted: Posted;

beforeAll(async () => {
  posted = await startPosted();
});
afterAll(() => posted.stop());

let people = 0;

async function somebody(): Promise<{ email: string; id: string; username: string }> {
  people += 1;
  const username = `forgetful-${people}`;
  const email = `${username}@example.test`;
  const { id } = await posted.server.person({ email, username });
  return { email, id, username };
}

const db = () => posted.server.database.db;

test('who forgets the password is back in the app with a new one', async () => {
  const { server, mailbox } = posted;
  const { email, id } = await somebody();
  const visit = await visits(server);
  await visit.browser.click('Forgot your password?');
  expect(visit.browser.title).toBe('Forgot your password?');
  await visit.browser.submit({ identifier: email }, 'Send the link');
  expect(visit.browser.title).toBe('Look at your mailbox');
  const mail = await mailbox.waitFor(email);
  const link = /http\S+reset-password\?token=\S+/.exec(mail.text)?.[0] ?? '';
  expect(link.startsWith(`${server.issuer}/reset-password?token=`)).toBe(true);
  await visit.browser.open(link);
  expect(visit.browser.title).toBe('Choose a new password');
  expect(visit.browser.text).toContain(email);
  await visit.browser.submit({ password: NEW_PASSWORD }, 'Set the new password');
  expect(visit.browser.title).toBe('Your password is changed');
  await visit.browser.click('Sign in');
  expect(visit.browser.title).toBe('Sign in to Web App');
  await signsIn(visit.browser, { identifier: email, password: NEW_PASSWORD });
  expect(codeOf(visit)).toBeTruthy();
  const told = await mailbox.waitFor(email, { after: mail });
  expect(told.text).toContain(`${server.issuer}/reset-password`);
  const events = await listEventsOf(db(), id, { limit: 10 });
  expect(events.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['password.reset', 'password.reset_requested']),
  );
});

test('by the username the mail goes to the address', async () => {
  const { email, username } = await somebody();
  const done = await resets(newBrowser(), await resetLink(posted, email, username.toUpperCase()));
  expect(done.title).toBe('Your password is changed');
});

test('a password that is refused leaves the link as good as it was', async () => {
  const { email } = await somebody();
  const link = await resetLink(posted, email);
  const browser = await resets(newBrowser(), link, 'short');
  expect(browser.page.status).toBe(400);
  expect(browser.text).toContain('Use at least 15 characters; this password has 5.');
  await browser.submit({ password: NEW_PASSWORD }, 'Set the new password');
  expect(browser.title).toBe('Your password is changed');
});

test('opening the link, however often, changes nothing', async () => {
  const { email } = await somebody();
  const link = await resetLink(posted, email);
  for (let times = 0; times < 3; times += 1) await newBrowser().open(link);
  expect((await visitsAndSignsIn(posted.server, { identifier: email })).browser.page.url).toContain('code=');
  expect((await resets(newBrowser(), link)).title).toBe('Your password is changed');
});

test('whoever has a second factor is asked for it after the reset as before it', async () => {
  const { email } = await somebody();
  const { secret } = await enrols(posted.server, { identifier: email });
  await resets(newBrowser(), await resetLink(posted, email));
  const visit = await visitsAndSignsIn(posted.server, { identifier: email, password: NEW_PASSWORD });
  expect(visit.browser.title).toBe('Enter your code');
  expect(isBackAtApp(await entersCode(visit, secret))).toBe(true);
});

test('who has lost the device too gets back in with a recovery code, never by mail alone', async () => {
  const { email } = await somebody();
  const { recoveryCodes } = await enrols(posted.server, { identifier: email });
  await resets(newBrowser(), await resetLink(posted, email));
  const visit = await visitsAndSignsIn(posted.server, { identifier: email, password: NEW_PASSWORD });
  await visit.browser.click('recovery code');
  await visit.browser.submit({ code: recoveryCodes[0] ?? '' }, 'Continue');
  expect(isBackAtApp(visit)).toBe(true);
});

test('in another browser the way leads back to the app that was being signed in to', async () => {
  const { email } = await somebody();
  const browser = await resets(newBrowser(), await resetLink(posted, email));
  expect(browser.text).toContain('Back to Web App');
});

test('an address that was never verified is verified by the link', async () => {
  const { email, id } = await somebody();
  await db().updateTable('accounts').set({ email_verified_at: null }).where('id', '=', id).execute();
  const link = await resetLink(posted, email);
  expect(await findAccount(db(), id)).toMatchObject({ emailVerified: false });
  await resets(newBrowser(), link);
  expect(await findAccount(db(), id)).toMatchObject({ emailVerified: true });
});

test('an account without a password gets its first', async () => {
  const { email, id } = await somebody();
  await setPasswordHash(db(), { accountId: id, passwordHash: undefined }, movingClock);
  await resets(newBrowser(), await resetLink(posted, email));
  expect(isBackAtApp(await visitsAndSignsIn(posted.server, { identifier: email, password: NEW_PASSWORD }))).toBe(true);
});

test('the link of who was banned meanwhile is void, and asking again brings no mail', async () => {
  const { email, id } = await somebody();
  const link = await resetLink(posted, email);
  await banAccount({ db: db(), clock: movingClock, box: posted.server.box }, { accountId: id, reason: undefined });
  expect((await newBrowser().open(link)).title).toBe('This link does not work any more');
  const before = posted.mailbox.all(email).filter(({ text }) => text.includes('token=')).length;
  await forgets(posted.server, email);
  await mailsHaveArrived(posted.server);
  expect(posted.mailbox.all(email).filter(({ text }) => text.includes('token='))).toHaveLength(before);
});

test('for who is limited the answer is the same, and no more mails come than allowed', async () => {
  const few = await startPosted({
    settings: `mfa: optional\nlimits: { mails_per_recipient: 2, mails_per_network: 100 }${RESOURCES}`,
  });
  try {
    await few.server.person({ email: 'often@example.test' });
    for (let times = 0; times < 4; times += 1) {
      expect((await forgets(few.server, 'often@example.test')).title).toBe('Look at your mailbox');
    }
    await mailsHaveArrived(few.server);
    expect(few.mailbox.all('often@example.test')).toHaveLength(2);
    // Whoever does it to somebody else locks nobody out.
    expect(isBackAtApp(await visitsAndSignsIn(few.server, { identifier: 'often@example.test' }))).toBe(true);
  } finally {
    await few.stop();
  }
});

test('a network that asks for too many is told when it may go on', async () => {
  const few = await startPosted({
    settings: `mfa: optional\nlimits: { mails_per_recipient: 9, mails_per_network: 1 }${RESOURCES}`,
  });
  try {
    await forgets(few.server, 'nobody@example.test');
    const browser = await forgets(few.server, 'nobody-else@example.test');
    expect(browser.page.status).toBe(429);
    expect(Number(browser.page.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(browser.text).toContain('Too many links were asked for from your network.');
  } finally {
    await few.stop();
  }
});

test('without a form of ours nothing is sent', async () => {
  const { email } = await somebody();
  const answer = await newBrowser().request(`${posted.server.issuer}/reset-password/request`, {
    method: 'POST',
    form: { identifier: email },
  });
  expect(answer.status).toBe(403);
});

test('the mail is in the language of its reader, the page in that of its own', async () => {
  const { email, id } = await somebody();
  await db().updateTable('accounts').set({ language: 'de' }).where('id', '=', id).execute();
  await resetLink(posted, email);
  const mails = await db().selectFrom('mail_outbox').select('language').where('recipient', '=', email).execute();
  expect(mails).toEqual([{ language: 'de' }]);
});

test('the token is in no log line, and in the database only as a hash', async () => {
  const { email } = await somebody();
  const token = tokenIn(await resetLink(posted, email));
  await resets(newBrowser(), `${posted.server.issuer}/reset-password?token=${token}`, PASSWORD);
  expect(JSON.stringify(posted.server.logLines)).not.toContain(token);
});
