// T44: while an alarm stands a stolen password opens nothing in a browser that the account does not know.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { passwordRulesFor } from '../../src/accounts/password-rules.ts';
import { listEventsOf } from '../../src/audit/audit-log.ts';
import { epochSeconds } from '../../src/clock.ts';
import { setPassword } from '../../src/credentials/set-password.ts';
import type { InteractionDeps } from '../../src/interactions/deps.ts';
import type { SignIn } from '../../src/interactions/engine-interaction.ts';
import { needsExtraStep } from '../../src/interactions/extra-step/extra-step.ts';
import { banAccount } from '../../src/sessions/ban-account.ts';
import { alarmIsOver, alarmIsRaised } from '../support/alarm.ts';
import type { Browser } from '../support/browser.ts';
import { NEW_PASSWORD, type Posted, startPosted } from '../support/forgotten.ts';
import { atSignIn, numbers, triesPassword } from '../support/guessing.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, totpCode } from '../support/sign-in.ts';
import { codeIn, signsUp } from '../support/sign-up.ts';
import { PASSWORD, RESOURCES, type TestServer } from '../support/start-server.ts';
import {
  enrols,
  errorOf,
  isBackAtApp,
  type Params,
  signedInSessions,
  tokensOf,
  type Visit,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

const ALARM = 10;
const SETTINGS = `
server: { trusted_proxies: ["127.0.0.0/8", "::1/128"] }
limits: { alarm_failures: ${ALARM}, sign_ups_per_network: 1000 }
registration: { policy: open }
${RESOURCES}`;
const TITLE = 'Check your mail';
const SUBJECT = /code for signing in/i;

describe('T44 an extra step while an alarm stands: Rauthy v0.34; ASVS 6.3.1, 6.5.5; SP 800-63B-4 3.2.2', () => {
  let posted: Posted;
  let server: TestServer;

  beforeAll(async () => {
    posted = await startPosted({ settings: SETTINGS });
    ({ server } = posted);
  });

  afterAll(async () => {
    await server?.stop();
    await posted?.mailbox.close();
  });

  let people = 0;
  async function somebody(more: { username?: string } = {}) {
    people += 1;
    return server.person({ email: `owner-${people}@example.test`, ...more });
  }

  const isAsked = ({ browser }: Visit): boolean => browser.title === TITLE;

  const mailsTo = (email: string) => posted.mailbox.all(email).filter(({ subject }) => SUBJECT.test(subject));

  /** The code of the newest mail, when there are so many. */
  async function codeFor(email: string, mails = 1): Promise<string> {
    await expect.poll(() => mailsTo(email).length, { timeout: 10_000 }).toBe(mails);
    const mail = mailsTo(email).at(-1);
    return mail === undefined ? '' : codeIn(mail);
  }

  /** Somebody knows the password, in a browser that was never here; the alarm stands. */
  async function asked(params: Params = {}, more: { username?: string } = {}) {
    await alarmIsRaised(server);
    const { id, email, username } = await somebody(more);
    const visit = await visitsAndSignsIn(server, { identifier: username ?? email, params });
    expect(isAsked(visit)).toBe(true);
    return { ...visit, visit, id, email };
  }

  async function givesNewPassword(accountId: string): Promise<void> {
    const { deps, config, hasher } = server;
    const rules = passwordRulesFor(config.accounts, config.name);
    await setPassword({ ...deps, config, hasher, rules }, { accountId, password: NEW_PASSWORD });
  }

  const wrong = (code: string): string => (code === '00000000' ? '00000001' : '00000000');

  const enters = (browser: Browser, code: string) => browser.submit({ code }, 'Continue');

  const uidOf = ({ browser }: Visit): string => /interaction\/([\w-]+)/.exec(browser.page.url)?.[1] ?? '';

  let networks = 0;
  /** As many as raise the alarm, each of another account and from another network. */
  async function manyFail(times = ALARM): Promise<void> {
    for (const _ of numbers(times)) {
      networks += 1;
      const bot = await atSignIn(server.issuer, { address: `100.64.${networks}.1` });
      expect(await triesPassword(bot, `sprayed-${networks}@example.test`)).toBe(400);
    }
  }

  test('failures of many accounts from many networks raise it; the owner types the code from the mail, once for this browser', async () => {
    await alarmIsOver(server);
    const { email } = await somebody();
    await manyFail();
    const visit = await visitsAndSignsIn(server, { identifier: email, params: { client_id: 'ask' } });
    expect(isAsked(visit)).toBe(true);
    const mail = await posted.mailbox.waitFor(email, { subject: SUBJECT });
    expect(mail.text).toContain('10 minutes');
    expect(mail.text).toContain(`${server.issuer}/reset-password`);
    await enters(visit.browser, codeIn(mail).replace(/(?=.{4}$)/, ' '));
    expect(visit.browser.title).toContain('asks for access');
    await visit.browser.submit({}, 'Allow');
    expect((await tokensOf(server, visit)).idToken).toMatchObject({ email, acr: 'pwd', amr: ['pwd'] });

    const { gatehouse_device: token } = await visit.browser.cookiesAt(`${server.issuer}/`);
    const later = newBrowser();
    await later.jar.setCookie(`gatehouse_device=${token}; Path=/`, server.issuer);
    expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: email, browser: later }))).toBe(true);
    expect(mailsTo(email)).toHaveLength(1);

    const { db } = server.database;
    const events = await db
      .selectFrom('audit_events')
      .select(['event', 'outcome', 'client_id'])
      .where('event', 'like', 'sign_in.extra_step%')
      .execute();
    expect(events).toEqual([
      { event: 'sign_in.extra_step_asked', outcome: 'success', client_id: 'ask' },
      { event: 'sign_in.extra_step_passed', outcome: 'success', client_id: 'ask' },
    ]);
  });

  test('the failure that raises it is told of wherever it was typed, in the account centre too', async () => {
    movingClock.advance({ seconds: 301 });
    const { email } = await somebody();
    await alarmIsOver(server);
    const { browser } = await visitsAndSignsIn(server, { identifier: email });
    await browser.open(`${server.issuer}/account/password`);
    const told = () => server.logLines.filter(({ event }) => event === 'sign_in.many_failures').length;
    const before = told();
    await manyFail(ALARM - 1);
    expect(told()).toBe(before);
    await browser.submit({ current: 'mistyped', password: NEW_PASSWORD }, 'Change the password');
    expect(browser.page.status).toBe(400);
    expect(told()).toBe(before + 1);
    expect(isAsked(await visitsAndSignsIn(server, { identifier: email }))).toBe(true);
  });

  test('nobody is asked whose browser the account knows, or who has an authenticator', async () => {
    await alarmIsOver(server);
    const { email } = await somebody();
    const owner = await visitsAndSignsIn(server, { identifier: email });
    const { gatehouse_device: token } = await owner.browser.cookiesAt(`${server.issuer}/`);
    const guarded = await somebody();
    const { secret } = await enrols(server, { identifier: guarded.email });
    await alarmIsRaised(server);
    const same = newBrowser();
    await same.jar.setCookie(`gatehouse_device=${token}; Path=/`, server.issuer);
    expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: email, browser: same }))).toBe(true);
    const strong = await visitsAndSignsIn(server, { identifier: guarded.email });
    expect(strong.browser.title).toBe('Enter your code');
    await strong.browser.submit({ code: totpCode(secret) }, 'Continue');
    expect(isBackAtApp(strong)).toBe(true);
    expect([...mailsTo(email), ...mailsTo(guarded.email)]).toEqual([]);
    // The cookie of one account is no known browser of another.
    const other = await somebody();
    const stolen = newBrowser();
    await stolen.jar.setCookie(`gatehouse_device=${token}; Path=/`, server.issuer);
    expect(isAsked(await visitsAndSignsIn(server, { identifier: other.email, browser: stolen }))).toBe(true);
  });

  test.each([
    ['consent', { decision: 'allow' }],
    ['recovery-codes', {}],
    ['enrolment', { code: '000000' }],
    ['second-factor', { code: '000000' }],
    ['verify-email', { code: '00000000' }],
    ['sign-in', { identifier: 'x', password: PASSWORD }],
  ])('before the code a post to the step %s leads back to it, and there is no session', async (step, form) => {
    const { browser, visit } = await asked({ client_id: 'ask' });
    const before = await signedInSessions(server);
    const { csrf = '' } = browser.form({}, 'Not you?').data;
    const address = `${server.issuer}/interaction/${uidOf(visit)}`;
    const answer = await browser.request(`${address}/${step}?client=ask`, { method: 'POST', form: { csrf, ...form } });
    expect(answer.status).toBe(303);
    await browser.open(`${address}?client=ask`);
    expect(browser.title).toBe(TITLE);
    expect(errorOf(await visits(server, { prompt: 'none' }, browser.newTab()))).toBe('login_required');
    expect((await visits(server, {}, browser.newTab())).browser.title).toContain('Sign in to');
    await browser.open(`${server.issuer}/auth/${uidOf(visit)}`);
    expect(browser.title).toContain('Sign in to Asking App');
    expect(await signedInSessions(server)).toBe(before);
  });

  test('“continue with this account” and “not you?” begin again, with nothing proved', async () => {
    for (const [step, form] of [
      ['account', { choice: 'continue' }],
      ['another-account', {}],
    ] as const) {
      const { browser, visit } = await asked({ client_id: 'ask' });
      const { csrf = '' } = browser.form({}, 'Not you?').data;
      const address = `${server.issuer}/interaction/${uidOf(visit)}`;
      await browser.request(`${address}/${step}?client=ask`, { method: 'POST', form: { csrf, ...form } });
      await browser.open(`${address}?client=ask`);
      expect(browser.title).toContain('Sign in to Asking App');
    }
  });

  test('it comes before an authenticator is set up, so that a thief sets up none', async () => {
    const { browser, email } = await asked({ acr_values: 'mfa' });
    await enters(browser, await codeFor(email));
    expect(browser.title).toBe('Set up your authenticator app');
  });

  test('five wrong codes end a code, also beside the right one; a new one voids the one before', async () => {
    const { browser, email, visit } = await asked();
    const code = await codeFor(email);
    for (const _ of numbers(5)) {
      await enters(browser, wrong(code));
      expect([browser.page.status, browser.text.includes('That code is not right.')]).toEqual([400, true]);
    }
    await enters(browser, code);
    expect([browser.page.status, browser.text.includes('cannot be used any more')]).toEqual([400, true]);
    await browser.submit({}, 'Send a new code');
    expect(browser.text).toContain('A new mail is on its way');
    const second = await codeFor(email, 2);
    await enters(browser, code);
    expect(browser.page.status).toBe(400);
    await enters(browser, second);
    expect(isBackAtApp(visit)).toBe(true);
  });

  test('an account is mailed three codes an hour, in however many sign-ins; then a page says so, and none is sent', async () => {
    const { browser, email } = await asked();
    await browser.submit({}, 'Send a new code');
    const elsewhere = await visitsAndSignsIn(server, { identifier: email });
    expect(elsewhere.browser.document.querySelector('#code')).toBeTruthy();
    await codeFor(email, 3);
    await browser.submit({}, 'Send a new code');
    expect(browser.page.status).toBe(429);
    expect(Number(browser.page.headers.get('retry-after'))).toBeGreaterThan(3000);
    const fourth = await visitsAndSignsIn(server, { identifier: email });
    expect(isAsked(fourth)).toBe(true);
    expect(fourth.browser.document.querySelector('#code')).toBeNull();
    expect(fourth.browser.text).toContain('none was');
    await codeFor(email, 3);
    movingClock.advance({ seconds: 3601 });
    await alarmIsRaised(server);
    const later = await visitsAndSignsIn(server, { identifier: email });
    await enters(later.browser, await codeFor(email, 4));
    expect(isBackAtApp(later)).toBe(true);
  });

  test('a thief who has used them up holds nobody up who then sets a new password', async () => {
    const { id, email } = await asked();
    for (const _ of numbers(3)) await visitsAndSignsIn(server, { identifier: email });
    await codeFor(email, 3);
    await givesNewPassword(id);
    const owner = await visitsAndSignsIn(server, { identifier: email, password: NEW_PASSWORD });
    await enters(owner.browser, await codeFor(email, 4));
    expect(isBackAtApp(owner)).toBe(true);
  });

  test('whose account gets an authenticator meanwhile is asked for that as well', async () => {
    const { browser, email, visit } = await asked();
    const code = await codeFor(email);
    await alarmIsOver(server);
    const { secret } = await enrols(server, { identifier: email });
    await enters(browser, code);
    expect(browser.title).toBe('Enter your code');
    await browser.submit({ code: totpCode(secret) }, 'Continue');
    expect(isBackAtApp(visit)).toBe(true);
  });

  test('strangers who fill somebody’s mailbox otherwise leave the codes alone', async () => {
    await alarmIsRaised(server);
    const { email } = await somebody();
    for (const at of numbers(4)) {
      const browser = newBrowser({ headers: { 'x-forwarded-for': `203.0.113.${at}` } });
      await signsUp((await visits(server, { prompt: 'create' }, browser)).browser, { email });
    }
    const visit = await visitsAndSignsIn(server, { identifier: email });
    await enters(visit.browser, await codeFor(email));
    expect(isBackAtApp(visit)).toBe(true);
  });

  test('a code is nothing in another sign-in, of the same account or of another one', async () => {
    const mine = await asked();
    const code = await codeFor(mine.email);
    const same = await visitsAndSignsIn(server, { identifier: mine.email });
    const other = await asked();
    for (const { browser } of [same, other]) {
      await enters(browser, code);
      expect([browser.page.status, browser.title]).toEqual([400, TITLE]);
    }
    await enters(mine.browser, code);
    expect(isBackAtApp(mine.visit)).toBe(true);
  });

  test('after ten minutes a code is void, and a form that is sent twice signs in once', async () => {
    const { browser, email, id } = await asked({ client_id: 'ask' });
    const old = await codeFor(email);
    movingClock.advance({ seconds: 601 });
    await enters(browser, old);
    expect(browser.text).toContain('cannot be used any more');
    await browser.submit({}, 'Send a new code');
    const { action, data } = browser.form({ code: await codeFor(email, 2) }, 'Continue');
    const twice = await Promise.all(numbers(2).map(() => browser.request(action, { method: 'POST', form: data })));
    expect(twice.map(({ status }) => status)).toEqual([303, 303]);
    await browser.open(action.replace('/mailed-code', ''));
    expect(browser.title).toContain('asks for access');
    const events = await listEventsOf(server.database.db, id, { limit: 20 });
    expect(events.filter(({ event }) => event === 'sign_in.extra_step_passed')).toHaveLength(1);
  });

  test('whoever has the password alone is not told the address', async () => {
    const { browser, email } = await asked({}, { username: 'someone' });
    expect(browser.page.text).not.toContain(email);
    expect(browser.text).toContain('o…@example.test');
  });

  test('an address that nobody has proved gets the code all the same: its mailbox opens the way to a password too', async () => {
    await alarmIsRaised(server);
    const { id, email } = await somebody();
    await server.database.db.updateTable('accounts').set({ email_verified_at: null }).where('id', '=', id).execute();
    const visit = await visitsAndSignsIn(server, { identifier: email });
    expect(isAsked(visit)).toBe(true);
    await enters(visit.browser, await codeFor(email));
    expect((await tokensOf(server, visit)).idToken).toMatchObject({ email_verified: false });
  });

  test('who has just proved the address by signing up is not asked again', async () => {
    await alarmIsRaised(server);
    const visit = await visits(server, { prompt: 'create' });
    await signsUp(visit.browser, { email: 'just-now@example.test' });
    await visit.browser.submit({ code: codeIn(await posted.mailbox.waitFor('just-now@example.test')) }, 'Continue');
    expect(isBackAtApp(visit)).toBe(true);
  });

  test('a ban, or a new password, ends what waits for a code', async () => {
    const banned = await asked();
    await banAccount(server.deps, { accountId: banned.id, reason: undefined });
    await enters(banned.browser, await codeFor(banned.email));
    expect(banned.browser.title).toBe('This sign-in has ended');
    const changed = await asked();
    await givesNewPassword(changed.id);
    await enters(changed.browser, await codeFor(changed.email));
    expect(changed.browser.title).toBe('This sign-in has ended');
  });

  test('wrong passwords and unknown people are answered as ever, and get no mail', async () => {
    await alarmIsRaised(server);
    const { email } = await somebody();
    const bot = await atSignIn(server.issuer, { address: '198.51.100.9' });
    expect(await triesPassword(bot, email)).toBe(400);
    expect(await triesPassword(bot, 'nobody@example.test')).toBe(400);
    expect(mailsTo(email)).toEqual([]);
  });

  test('it stands for two windows after the failure that raised it, is prolonged by more of them, and then is over', async () => {
    await alarmIsOver(server);
    movingClock.advance({ seconds: 301 });
    const { email } = await somebody();
    await manyFail();
    movingClock.advance({ seconds: 590 });
    expect(isAsked(await visitsAndSignsIn(server, { identifier: email }))).toBe(true);
    await manyFail();
    movingClock.advance({ seconds: 590 });
    expect(isAsked(await visitsAndSignsIn(server, { identifier: email }))).toBe(true);
    movingClock.advance({ seconds: 20 });
    expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: email }))).toBe(true);
  });

  test('production without a mail server asks nobody: no code would arrive', async () => {
    await alarmIsRaised(server);
    const { id: accountId } = await somebody();
    const proved = { accountId, passwordAt: epochSeconds(movingClock.now()), keep: false };
    const signIn = { deviceToken: undefined } as SignIn;
    const without = { ...server.config, mode: 'production', mail: { ...server.config.mail, smtpUrl: undefined } };
    const asks = (config: unknown) =>
      needsExtraStep({ ...server.deps, config } as unknown as InteractionDeps, signIn, { proved, alarm: undefined });
    expect([await asks(server.config), await asks(without)]).toEqual([true, false]);
  });

  test('another process, or the same one after a restart, knows the alarm and goes on with the sign-in', async () => {
    const { browser, email, visit } = await asked();
    const code = await codeFor(email);
    server = await server.restart({ settings: SETTINGS, mailbox: posted.mailbox });
    const another = await somebody();
    expect(isAsked(await visitsAndSignsIn(server, { identifier: another.email }))).toBe(true);
    await enters(browser, code);
    expect(isBackAtApp(visit)).toBe(true);
  });
});
