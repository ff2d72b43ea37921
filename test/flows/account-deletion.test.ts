// People delete their accounts: everything ends at once and apps are told; the account itself goes when the time to think is over.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAccount } from '../../src/accounts/accounts.ts';
import { listEventsOf } from '../../src/audit/audit-log.ts';
import { deleteDueAccounts } from '../../src/leaving/delete-account.ts';
import { keepAccount } from '../../src/leaving/keep-account.ts';
import { accountLimit, knownAccount, reserveInEach } from '../../src/limits/limits.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { banAccount, unbanAccount } from '../../src/sessions/ban-account.ts';
import { refresh, WEB } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { GENEROUS, mailsHaveArrived, type Posted, startPosted } from '../support/forgotten.ts';
import { type LogoutReceiver, logoutReceiver } from '../support/logout-receiver.ts';
import { lastLink } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, signsIn, totpCode } from '../support/sign-in.ts';
import { CALLBACK, PASSWORD, startTestServer, WEB_SECRET } from '../support/start-server.ts';
import { enrols, errorOf, tokensOf, toNextTotpStep, userinfo, visits, visitsAndSignsIn } from '../support/visits.ts';

const DAYS = 86_400;

let posted: Posted;
let receiver: LogoutReceiver;

beforeAll(async () => {
  receiver = await logoutReceiver();
  const web = `
client_id: web
client_name: Web App
preset: web
redirect_uris: ["${CALLBACK}"]
backchannel_logout_uri: ${receiver.uri}
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: skip
scope: openid profile email roles offline_access
`;
  posted = await startPosted({ clients: { web } });
});

afterAll(async () => {
  receiver.close();
  await posted.stop();
});

let people = 0;
async function somebody(): Promise<{ email: string; id: string }> {
  people += 1;
  const email = `leaver-${people}@example.test`;
  const { id } = await posted.server.person({ email });
  return { email, id };
}

const signedInAt = async (email: string) =>
  visitsAndSignsIn(posted.server, { identifier: email, params: { scope: 'openid offline_access' } });

async function deletes(browser: Browser, password = PASSWORD): Promise<Browser> {
  await browser.open(`${posted.server.issuer}/account/delete`);
  return browser.submit({ password }, 'Delete my account');
}

const keepLink = async (email: string): Promise<string> =>
  lastLink(await posted.mailbox.waitFor(email, { subject: /delet/i }), /keep-account\?token=/);

const db = () => posted.server.database.db;

test('who deletes an account is out everywhere, apps are told, and a mail says how to keep it', async () => {
  const { server, mailbox } = posted;
  const { email, id } = await somebody();
  const visit = await signedInAt(email);
  const tokens = await tokensOf(server, visit);
  const elsewhere = await signedInAt(email);
  await visit.browser.open(`${server.issuer}/account/delete`);
  expect(visit.browser.text).toContain('2 sessions end');
  expect(visit.browser.text).toContain('1 app loses access');
  expect(visit.browser.text).toContain('For 7 days you can change your mind');
  await visit.browser.submit({ password: PASSWORD }, 'Delete my account');
  expect(visit.browser.title).toBe('Your account is going to be deleted');
  expect(await findAccount(db(), id)).toMatchObject({ status: 'deleting', deleteAt: expect.any(Date) });
  for (const browser of [visit.browser, elsewhere.browser]) {
    expect(errorOf(await visits(server, { prompt: 'none' }, browser.newTab()))).toBe('login_required');
  }
  expect((await refresh(server.issuer, WEB, tokens.refreshToken ?? '')).status).toBe(400);
  expect((await userinfo(server, tokens)).status).toBe(401);
  await expect.poll(() => receiver.received.some(({ claims }) => claims.sub === id)).toBe(true);
  const mail = await mailbox.waitFor(email, { subject: /delet/i });
  expect(mail.text).toContain(`${server.issuer}/keep-account?token=`);
  const events = await listEventsOf(db(), id, { limit: 5 });
  expect(events[0]).toMatchObject({ event: 'account.deletion_requested', details: { sessions_ended: 2 } });
  expect(JSON.stringify(events)).not.toContain(new URL(lastLink(mail, /keep-account/)).searchParams.get('token'));
});

test('with the right password, and only with it, signing in says that the account is being deleted', async () => {
  const { email } = await somebody();
  await deletes((await signedInAt(email)).browser);
  const visit = await visits(posted.server, {}, newBrowser());
  await signsIn(visit.browser, { identifier: email, password: 'not the right password' });
  expect(visit.browser.text).not.toContain('delete');
  await signsIn(visit.browser, { identifier: email });
  expect(visit.browser.page.status).toBe(403);
  expect(visit.browser.text).toContain('This account is going to be deleted');
  expect(visit.browser.text).toContain('open the link in the mail');
});

test('the link keeps the account, once; opening it alone does not, and nobody is signed in by it', async () => {
  const { email, id } = await somebody();
  await deletes((await signedInAt(email)).browser);
  const link = await keepLink(email);
  const browser = await newBrowser().open(link);
  expect(browser.title).toBe('Keep your account?');
  expect(browser.text).toContain(email);
  expect((await findAccount(db(), id))?.status).toBe('deleting');
  await browser.submit({}, 'Keep my account');
  expect(browser.title).toBe('Your account stays');
  expect(await findAccount(db(), id)).toMatchObject({ status: 'active', deleteAt: undefined });
  await browser.open(`${posted.server.issuer}/account`);
  expect(browser.document.querySelector('input[name=password]')).toBeTruthy();
  await signsIn(browser, { identifier: email });
  expect(browser.title).toBe('Your account');
  const again = await newBrowser().open(link);
  expect(again.page.status).toBe(400);
  expect((await posted.mailbox.waitFor(email, { subject: /kept|stays|cancel/i })).text).toBeTruthy();
  movingClock.advance({ seconds: 8 * DAYS });
  await deleteDueAccounts(posted.server.deps);
  expect((await findAccount(db(), id))?.status).toBe('active');
});

test('when the time is over the account is gone, its owner is told, and the address makes another one (T46)', async () => {
  const { email, id } = await somebody();
  await deletes((await signedInAt(email)).browser);
  const link = await keepLink(email);
  movingClock.advance({ seconds: 6 * DAYS });
  expect(await deleteDueAccounts(posted.server.deps)).not.toContain(id);
  movingClock.advance({ seconds: 2 * DAYS });
  expect(await deleteDueAccounts(posted.server.deps)).toContain(id);
  expect(await deleteDueAccounts(posted.server.deps)).toEqual([]);
  expect(await findAccount(db(), id)).toBeUndefined();
  expect((await newBrowser().open(link)).page.status).toBe(400);
  expect((await posted.mailbox.waitFor(email, { subject: /was deleted/i })).text).toBeTruthy();
  expect((await listEventsOf(db(), id, { limit: 1 }))[0]).toMatchObject({ event: 'account.deleted', actor: 'server' });
  expect((await posted.server.person({ email })).id).not.toBe(id);
});

test('a wrong password deletes nothing, and is counted like one at a sign-in', async () => {
  const { email, id } = await somebody();
  const { browser } = await signedInAt(email);
  await deletes(browser, 'not the right password');
  expect(browser.page.status).toBe(400);
  expect(browser.text).toContain('not the password of this account');
  for (let times = 0; times < 12; times += 1) await browser.submit({ password: 'wrong again' }, 'Delete my account');
  expect(browser.page.status).toBe(429);
  expect((await findAccount(db(), id))?.status).toBe('active');
});

test('what strangers try at the account elsewhere keeps nobody from deleting it in a browser that it knows (T42)', async () => {
  const { email, id } = await somebody();
  const { browser } = await signedInAt(email);
  const { clock, limits } = { clock: movingClock, limits: posted.server.config.limits };
  const limit = accountLimit(limits, knownAccount(id));
  for (let times = 0; times < limit.attempts; times += 1) await reserveInEach({ db: db(), clock }, [limit]);
  await deletes(browser);
  expect(browser.page.status).toBe(200);
  expect((await findAccount(db(), id))?.status).toBe('deleting');
});

/** With an authenticator, and a session that is older than any code of it. */
async function guarded() {
  const { email, id } = await somebody();
  const enrolled = await enrols(posted.server, { identifier: email });
  toNextTotpStep();
  await enrolled.browser.open(`${posted.server.issuer}/account/delete`);
  const deletesWith = (code: string, password = PASSWORD) =>
    enrolled.browser.submit({ password, code }, 'Delete my account');
  const statusOf = async () => (await findAccount(db(), id))?.status;
  return { ...enrolled, email, id, deletesWith, statusOf };
}

const wrongFields = ({ document }: Browser) => document.querySelectorAll('[aria-invalid=true]').map(({ id }) => id);

test('who has no second factor is asked for the password alone, however old the sign-in is', async () => {
  const { email, id } = await somebody();
  const { browser } = await signedInAt(email);
  movingClock.advance({ seconds: 1800 });
  await browser.open(`${posted.server.issuer}/account/delete`);
  expect(browser.title).toBe('Delete my account');
  expect(browser.document.querySelector('input[name=code]')).toBeNull();
  await browser.submit({ password: PASSWORD }, 'Delete my account');
  expect((await findAccount(db(), id))?.status).toBe('deleting');
});

test('who has one is asked for password and code in one form, however the sign-in was', async () => {
  const { deletesWith, secret, statusOf } = await guarded();
  await deletesWith(totpCode(secret));
  expect(await statusOf()).toBe('deleting');
});

test('a session of a trusted device, which brought no code, deletes nothing without one', async () => {
  const { email, secret, statusOf } = await guarded();
  const trusting = await visitsAndSignsIn(posted.server, { identifier: email });
  await trusting.browser.submit({ code: totpCode(secret), trust: 'yes' }, 'Continue');
  const { gatehouse_device: token } = await trusting.browser.cookiesAt(`${posted.server.issuer}/`);
  const later = newBrowser();
  await later.jar.setCookie(`gatehouse_device=${token}; Path=/`, posted.server.issuer);
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: email, browser: later });
  await browser.open(`${posted.server.issuer}/account/delete`);
  expect(browser.title).toBe('Delete my account');
  const { action, data } = browser.form({ password: PASSWORD, code: '' }, 'Delete my account');
  const { code: _code, ...withoutCode } = data;
  for (const form of [withoutCode, data]) {
    const answer = await browser.request(action, { method: 'POST', form });
    expect([answer.status, await statusOf()]).toEqual([400, 'active']);
  }
});

test('a wrong code deletes nothing, says so at its field, and neither secret comes back in the page', async () => {
  const { browser, deletesWith, id, secret, statusOf } = await guarded();
  const wrong = totpCode(secret) === '000000' ? '000001' : '000000';
  await deletesWith(wrong);
  expect(browser.page.status).toBe(400);
  expect(browser.text).toContain('That code is not right.');
  expect(wrongFields(browser)).toEqual(['code']);
  const typed = browser.document.querySelectorAll('#password, #code').map((field) => field.getAttribute('value') ?? '');
  expect(typed).toEqual(['', '']);
  expect(browser.page.text).not.toContain(PASSWORD);
  expect(await statusOf()).toBe('active');
  expect((await listEventsOf(db(), id, { limit: 1 }))[0]).toMatchObject({
    event: 'second_factor.failed',
    outcome: 'failure',
    clientId: 'gatehouse-account',
  });
});

test('a code that was used deletes nothing: not the one of the sign-in, nor one of another form', async () => {
  const { browser, deletesWith, email, secret, statusOf } = await guarded();
  const code = totpCode(secret);
  const elsewhere = await visitsAndSignsIn(posted.server, { identifier: email });
  await elsewhere.browser.submit({ code }, 'Continue');
  await deletesWith(code);
  expect([browser.page.status, await statusOf()]).toEqual([400, 'active']);
  await deletesWith(totpCode(secret, 1));
  expect(await statusOf()).toBe('deleting');
});

test('a recovery code will do, is spent by it, and its owner is told', async () => {
  const { deletesWith, email, recoveryCodes, statusOf } = await guarded();
  await deletesWith(recoveryCodes[3] ?? '');
  expect(await statusOf()).toBe('deleting');
  const told = await posted.mailbox.waitFor(email, { subject: /recovery code/i });
  expect(told.text).toContain('9');
});

test('beside a wrong password no code is looked at: neither kind is spent, and no try is counted', async () => {
  const { browser, deletesWith, email, recoveryCodes, secret, statusOf } = await guarded();
  const code = totpCode(secret);
  for (const tried of [code, recoveryCodes[0] ?? '', '111111', '222222', '333333', '444444', '555555']) {
    await deletesWith(tried, 'not the right password');
    expect(browser.page.status).toBe(400);
    expect(wrongFields(browser)).toEqual(['password']);
  }
  await mailsHaveArrived(posted.server);
  expect(posted.mailbox.all(email).filter(({ subject }) => /recovery code/i.test(subject))).toEqual([]);
  await deletesWith(code);
  expect(await statusOf()).toBe('deleting');
});

test('wrong codes share the limit of the sign-in: after five not even the right one is looked at', async () => {
  const { browser, deletesWith, email, secret, statusOf } = await guarded();
  for (let times = 0; times < 5; times += 1) await deletesWith(totpCode(secret) === '000000' ? '000001' : '000000');
  expect(browser.page.status).toBe(400);
  await deletesWith(totpCode(secret));
  expect([browser.page.status, await statusOf()]).toEqual([429, 'active']);
  expect(Number(browser.page.headers.get('retry-after'))).toBeGreaterThan(60);
  const elsewhere = await visitsAndSignsIn(posted.server, { identifier: email });
  await elsewhere.browser.submit({ code: totpCode(secret) }, 'Continue');
  expect(elsewhere.browser.page.status).toBe(429);
});

test('the last administrator stays; with another one beside, each may leave', async () => {
  const { email, id } = await somebody();
  const heir = await somebody();
  await grantRole(db(), { accountId: id, role: 'gatehouse:admin' });
  const { browser, recoveryCodes } = await enrols(posted.server, { identifier: email });
  const proofs = { password: PASSWORD, code: recoveryCodes[0] ?? '' };
  await browser.open(`${posted.server.issuer}/account/delete`);
  await browser.submit(proofs, 'Delete my account');
  expect(browser.page.status).toBe(409);
  expect(browser.text).toContain('You are the only one who can administer this service.');
  expect((await findAccount(db(), id))?.status).toBe('active');
  await grantRole(db(), { accountId: heir.id, role: 'gatehouse:admin' });
  // The code has not been spent for nothing.
  await browser.submit(proofs, 'Delete my account');
  expect(browser.title).toBe('Your account is going to be deleted');
});

test('a ban meanwhile cannot be undone by the link, and whoever is let in again can still use it', async () => {
  const { email, id } = await somebody();
  await deletes((await signedInAt(email)).browser);
  const link = await keepLink(email);
  await banAccount(posted.server.deps, { accountId: id, reason: undefined });
  expect((await newBrowser().open(link)).page.status).toBe(400);
  expect((await keepAccount(posted.server.deps, { accountId: id })).outcome).toBe('void');
  await unbanAccount(posted.server.deps, { accountId: id });
  const browser = await newBrowser().open(link);
  await browser.submit({}, 'Keep my account');
  expect((await findAccount(db(), id))?.status).toBe('active');
});

test('with no time to think it is gone at once', async () => {
  const server = await startTestServer({ settings: `accounts: { deletion_grace_days: 0 }\n${GENEROUS}` });
  try {
    const { id } = await server.person({ email: 'quick@example.test' });
    const { browser } = await visitsAndSignsIn(server, { identifier: 'quick@example.test' });
    await browser.open(`${server.issuer}/account/delete`);
    expect(browser.text).toContain('at once and cannot be undone');
    await browser.submit({ password: PASSWORD }, 'Delete my account at once');
    expect(browser.title).toBe('Your account is deleted');
    expect(await findAccount(server.database.db, id)).toBeUndefined();
    expect((await listEventsOf(server.database.db, id, { limit: 1 }))[0]).toMatchObject({
      event: 'account.deleted',
      actor: `account:${id}`,
    });
  } finally {
    await server.stop();
  }
});

test('who is deleted at once after their address was changed hears of it at the old one', async () => {
  const quick = await startPosted({ settings: `accounts: { deletion_grace_days: 0 }\n${GENEROUS}` });
  const { server, mailbox } = quick;
  try {
    const email = 'taken-away@example.test';
    await server.person({ email });
    const { browser } = await visitsAndSignsIn(server, { identifier: email });
    await browser.open(`${server.issuer}/account/email`);
    await browser.submit({ email: 'taker@example.test' }, 'Send the link');
    const confirmation = await mailbox.waitFor('taker@example.test');
    await (await newBrowser().open(lastLink(confirmation, /confirm-email/))).submit({}, 'Use this address');
    await browser.open(`${server.issuer}/account/delete`);
    await browser.submit({ password: PASSWORD }, 'Delete my account at once');
    expect(browser.title).toBe('Your account is deleted');
    for (const to of [email, 'taker@example.test']) {
      expect((await mailbox.waitFor(to, { subject: /was deleted/i })).text).toBeTruthy();
    }
  } finally {
    await quick.stop();
  }
});
