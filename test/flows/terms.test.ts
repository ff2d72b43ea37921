// Terms of service, put to people who have an account: once for each version, before an app gets anything.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAcceptedTerms } from '../../src/accounts/accepted-terms.ts';
import { setAcceptedTerms, setPasswordHash } from '../../src/accounts/accounts.ts';
import { listEventsOf } from '../../src/audit/audit-log.ts';
import { banAccount } from '../../src/sessions/ban-account.ts';
import type { Browser } from '../support/browser.ts';
import { NEW_PASSWORD, type Posted, resetLink, resets, startPosted } from '../support/forgotten.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { linkIn, newAddress, signsUp } from '../support/sign-up.ts';
import { RESOURCES } from '../support/start-server.ts';
import { errorOf, isBackAtApp, tokensOf, visits, visitsAndSignsIn } from '../support/visits.ts';

const TITLE = 'Terms of service';

const withTerms = (version: string) => ({
  settings: `mfa: optional
registration: { terms_version: "${version}", policy: open }
branding: { terms_url: https://example.test/terms }
limits: { mails_per_recipient: 100, mails_per_network: 100 }${RESOURCES}`,
});

let posted: Posted;
const db = () => posted.server.database.db;

beforeAll(async () => {
  posted = await startPosted({ settings: `mfa: optional${RESOURCES}` });
});

afterAll(() => posted.stop());

/** The operator writes another version into gatehouse.yaml. */
async function are(version: string): Promise<void> {
  posted = { ...posted, server: await posted.server.restart({ ...withTerms(version), mailbox: posted.mailbox }) };
}

let people = 0;
/** Whose account is older than the terms. */
async function somebody() {
  people += 1;
  const account = await posted.server.person({ email: `termed-${people}@example.test` });
  await db()
    .updateTable('accounts')
    .set({ terms_version: null, terms_accepted_at: null })
    .where('id', '=', account.id)
    .execute();
  return account;
}

const accepts = (browser: Browser): Promise<Browser> => browser.submit({ terms: 'yes' }, 'Continue');

test('whoever has an account is asked once, with where they stand, and lands in the app; what was accepted is kept', async () => {
  const { email, id } = await somebody();
  const before = await visitsAndSignsIn(posted.server, { identifier: email });
  expect(isBackAtApp(before)).toBe(true);
  await are('1');
  const visit = await visitsAndSignsIn(posted.server, { identifier: email });
  expect(visit.browser.title).toBe(TITLE);
  expect(visit.browser.document.querySelector('a[href="https://example.test/terms"]')).toBeTruthy();
  expect(visit.browser.text).not.toContain('have changed');
  await visit.browser.submit({}, 'Continue');
  expect([visit.browser.page.status, visit.browser.title]).toEqual([400, TITLE]);
  await accepts(visit.browser);
  expect((await tokensOf(posted.server, visit)).idToken).toMatchObject({ sub: id });
  expect(await findAcceptedTerms(db(), id)).toEqual({ version: '1', acceptedAt: expect.any(Date) });
  const events = (await listEventsOf(db(), id, { limit: 10 })).filter(({ event }) => event === 'terms.accepted');
  expect(events).toMatchObject([{ clientId: 'web', details: { terms_version: '1' } }]);
  expect(isBackAtApp(await visits(posted.server, {}, visit.browser))).toBe(true);
  expect(isBackAtApp(await visitsAndSignsIn(posted.server, { identifier: email }))).toBe(true);
});

test('before consent, so that nothing is allowed by who does not accept', async () => {
  await are('2');
  const { email } = await somebody();
  const visit = await visitsAndSignsIn(posted.server, { identifier: email, params: { client_id: 'ask' } });
  expect(visit.browser.title).toBe(TITLE);
  await accepts(visit.browser);
  expect(visit.browser.title).toContain('asks for access');
  await visit.browser.submit({}, 'Allow');
  expect(isBackAtApp(visit)).toBe(true);
});

test('a stranger who signs up with the address of somebody else accepts nothing for them', async () => {
  const email = newAddress();
  await signsUp((await visits(posted.server)).browser, { email, terms: 'yes' });
  const owner = await newBrowser().open(linkIn(await posted.mailbox.waitFor(email), '/verify-email'));
  await owner.submit({ password: NEW_PASSWORD }, 'Confirm address');
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: email, password: NEW_PASSWORD });
  expect([browser.title, browser.text.includes('have changed')]).toEqual([TITLE, false]);
});

test('new ones are put to who is signed in, too; without a page the app hears that one is needed', async () => {
  await are('3');
  const { email } = await posted.server.person({ email: 'stays@example.test' });
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: email });
  await are('4');
  expect(errorOf(await visits(posted.server, { prompt: 'none' }, browser))).toBe('interaction_required');
  const visit = await visits(posted.server, {}, browser);
  expect(browser.title).toBe(TITLE);
  expect(browser.text).toContain('have changed');
  await accepts(browser);
  expect(isBackAtApp(visit)).toBe(true);
  expect(isBackAtApp(await visits(posted.server, { prompt: 'none' }, browser))).toBe(true);
});

test('who came to a first password by "forgot your password" accepts them before the app', async () => {
  const { email, id } = await somebody();
  await setPasswordHash(db(), { accountId: id, passwordHash: undefined }, movingClock);
  await resets(newBrowser(), await resetLink(posted, email));
  const visit = await visitsAndSignsIn(posted.server, { identifier: email, password: NEW_PASSWORD });
  expect(visit.browser.title).toBe(TITLE);
  await accepts(visit.browser);
  expect(isBackAtApp(visit)).toBe(true);
});

test('who does not accept goes back to the app with nothing, and can still take data along and delete the account', async () => {
  const { email, id } = await somebody();
  const visit = await visitsAndSignsIn(posted.server, { identifier: email });
  await visit.browser.submit({}, 'Cancel');
  expect(errorOf(visit)).toBe('access_denied');
  expect(await findAcceptedTerms(db(), id)).toBeUndefined();
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: email });
  await browser.click('Download your data, or delete your account');
  await signsIn(browser, { identifier: email });
  expect(browser.page.url).toBe(`${posted.server.issuer}/account/data`);
  const back = await visits(posted.server, {}, browser);
  expect([isBackAtApp(back), browser.title]).toEqual([false, TITLE]);
});

test('what was shown is what is accepted: a page of the former version shows the new one', async () => {
  const { email, id } = await somebody();
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: email });
  await are('5');
  await accepts(browser);
  expect(browser.title).toBe(TITLE);
  expect(await findAcceptedTerms(db(), id)).toBeUndefined();
  await accepts(browser);
  expect((await findAcceptedTerms(db(), id))?.version).toBe('5');
});

test('who says that they are somebody else accepts nothing by the page that is still open in another tab', async () => {
  const [one, other] = [await somebody(), await somebody()];
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: one.email });
  const { action, data } = browser.form({ terms: 'yes' }, 'Continue');
  const accepted = () => Promise.all([one, other].map(({ id }) => findAcceptedTerms(db(), id)));
  await browser.submit({}, 'Not you?');
  await browser.request(action, { method: 'POST', form: data });
  await signsIn(browser, { identifier: other.email });
  expect(browser.title).toBe(TITLE);
  await browser.request(action, { method: 'POST', form: data });
  expect(await accepted()).toEqual([undefined, undefined]);
  await accepts(browser);
  expect(await accepted()).toEqual([undefined, expect.objectContaining({ version: '5' })]);
});

test('a page that was left open for longer than the sign-in counts, or than the session goes on, accepts nothing', async () => {
  const { email, id } = await somebody();
  const left = await visitsAndSignsIn(posted.server, { identifier: email, params: { prompt: 'login' } });
  movingClock.advance({ minutes: 6 });
  await accepts(left.browser);
  expect(left.browser.title).toContain('Sign in');
  const leaver = await posted.server.person({ email: 'leaves@example.test' });
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: leaver.email });
  await setAcceptedTerms(posted.server.deps, leaver.id, 'former');
  await visits(posted.server, {}, browser);
  const tab = await browser.newTab().open(`${posted.server.issuer}/session/end`);
  await tab.submit({}, 'Sign out');
  await accepts(browser);
  expect(browser.title).toBe('This sign-in has ended');
  expect(await findAcceptedTerms(db(), id)).toBeUndefined();
  expect((await findAcceptedTerms(db(), leaver.id))?.version).toBe('former');
});

test('nobody accepts for who has not signed in, and nobody who was banned meanwhile', async () => {
  const { email, id } = await somebody();
  const { browser } = await visits(posted.server);
  const step = browser.page.url.replace(/(\/interaction\/[\w-]+)/, '$1/terms');
  const { csrf = '' } = browser.form({}, 'Cancel').data;
  await browser.request(step, { method: 'POST', form: { csrf, terms: 'yes', version: '5' } });
  const shown = await visitsAndSignsIn(posted.server, { identifier: email });
  await banAccount({ db: db(), clock: movingClock, box: posted.server.box }, { accountId: id, reason: undefined });
  await accepts(shown.browser);
  expect(isBackAtApp(shown)).toBe(false);
  expect(await findAcceptedTerms(db(), id)).toBeUndefined();
});
