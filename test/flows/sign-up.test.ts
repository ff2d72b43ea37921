// Signing up: from an app, through the proof of the address, and back into the app.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepHouse } from '../../src/server/housekeeping.ts';
import { mailsHaveArrived } from '../support/forgotten.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { enrolsTotp, newBrowser, signsIn } from '../support/sign-in.ts';
import {
  accountsWith,
  codeIn,
  countOf,
  linkIn,
  newAddress,
  OPEN,
  openTo,
  proofFor,
  signsUp,
} from '../support/sign-up.ts';
import { PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';
import { isBackAtApp, tokensOf, visits, visitsAndSignsIn } from '../support/visits.ts';

const OTHER_PASSWORD = 'entirely different battery staple';

let mailbox: Mailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await startMailbox();
  server = await startTestServer({ mailbox, settings: OPEN });
});

afterAll(async () => {
  await server.stop();
  await mailbox.close();
});

/** Has signed up, and is asked for the code. */
async function atCode(more: { username?: string; name?: string; password?: string; email?: string } = {}) {
  const email = more.email ?? newAddress();
  const visit = await visits(server);
  await signsUp(visit.browser, { ...more, email });
  return { ...visit, email };
}

async function enters(email: string, browser: Awaited<ReturnType<typeof atCode>>['browser']): Promise<void> {
  await browser.submit({ code: codeIn(await proofFor(mailbox, email)) }, 'Continue');
}

describe('somebody new', () => {
  test('signs up at an app, enters the code of the mail, and is back in the app, signed in', async () => {
    const visit = await visits(server);
    const email = newAddress();
    await signsUp(visit.browser, { email, username: `nina-${Date.now() % 1e6}`, name: 'Nina New' });
    expect(visit.browser.title).toBe('Check your mail');
    expect(visit.browser.text).toContain(email);
    expect(await accountsWith(server, email)).toBe(0);
    await enters(email, visit.browser);
    expect(isBackAtApp(visit)).toBe(true);
    const { idToken } = await tokensOf(server, visit);
    expect(idToken).toMatchObject({ acr: 'pwd' });
    expect(await accountsWith(server, email)).toBe(1);
    expect((await mailbox.waitFor(email, { subject: /[Ww]elcome/ })).text).toContain(`${server.issuer}/account`);
    const again = await visits(server, { prompt: 'none' }, visit.browser.newTab());
    expect(isBackAtApp(again)).toBe(true);
  });

  test('has a proved address, the language of the page, and an event', async () => {
    const visit = await visits(server, { ui_locales: 'de' });
    const email = newAddress();
    await visit.browser.submit({}, 'Konto anlegen');
    await visit.browser.submit({ email, password: PASSWORD }, 'Konto anlegen');
    await visit.browser.submit({ code: codeIn(await proofFor(mailbox, email)) }, 'Weiter');
    const account = await server.database.db
      .selectFrom('accounts')
      .select(['id', 'email_verified_at', 'language', 'status'])
      .where('email_key', '=', email)
      .executeTakeFirstOrThrow();
    expect(account).toMatchObject({ language: 'de', status: 'active', email_verified_at: expect.any(Date) });
    const events = await server.database.db
      .selectFrom('audit_events')
      .select(['event', 'client_id'])
      .where('account_id', '=', account.id)
      .execute();
    expect(events).toContainEqual({ event: 'account.registered', client_id: 'web' });
  });

  test('opens the link in the same browser: looking changes nothing, the button goes on to the app', async () => {
    const visit = await atCode();
    const tab = visit.browser.newTab();
    await tab.open(linkIn(await proofFor(mailbox, visit.email), '/verify-email'));
    expect(tab.title).toBe('Confirm your e-mail address');
    expect(await accountsWith(server, visit.email)).toBe(0);
    await tab.submit({}, 'Confirm address');
    expect(tab.page.url).toContain('https://app.example.test/callback?code=');
    expect(await accountsWith(server, visit.email)).toBe(1);
  });

  test('opens the link in another browser, and chooses a new password there; the old one is discarded', async () => {
    const visit = await atCode();
    const phone = await newBrowser().open(linkIn(await proofFor(mailbox, visit.email), '/verify-email'));
    expect(phone.text).toContain('choose a new one here');
    await phone.submit({ password: 'short' }, 'Confirm address');
    expect(phone.page.status).toBe(400);
    expect(phone.text).toContain('Use at least 15 characters');
    await phone.submit({ password: OTHER_PASSWORD }, 'Confirm address');
    expect(phone.title).toBe('Your address is confirmed');
    await visit.browser.open(visit.browser.page.url);
    expect(visit.browser.title).toBe('Your address is confirmed');
    expect(visit.browser.text).toContain('another browser');
    await visit.browser.submit({}, 'Sign in');
    await signsIn(visit.browser, { identifier: visit.email });
    expect(visit.browser.text).toContain('do not match');
    await signsIn(visit.browser, { identifier: visit.email, password: OTHER_PASSWORD });
    expect(isBackAtApp(visit)).toBe(true);
  });

  test('whose sign-in has ended confirms by the link, and is shown the way back to the app', async () => {
    const visit = await atCode();
    movingClock.advance({ minutes: 31 });
    const tab = visit.browser.newTab();
    await tab.open(linkIn(await proofFor(mailbox, visit.email), '/verify-email'));
    await tab.submit({}, 'Confirm address');
    expect(tab.title).toBe('Your address is confirmed');
    expect(tab.text).toContain('Back to Web App');
    expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: visit.email }))).toBe(true);
  });

  test('opens the link once more and hears that it is done; an unknown one is void', async () => {
    const visit = await atCode();
    const link = linkIn(await proofFor(mailbox, visit.email), '/verify-email');
    await enters(visit.email, visit.browser);
    expect((await visit.browser.newTab().open(link)).title).toBe('Your address is confirmed');
    const nobody = await newBrowser().open(`${server.issuer}/verify-email?token=${'A'.repeat(43)}`);
    expect([nobody.page.status, nobody.title]).toEqual([400, 'This link does not work any more']);
  });

  test('who is gone for a day has left nothing: no account, no registration, and no link', async () => {
    const visit = await atCode();
    const link = linkIn(await proofFor(mailbox, visit.email), '/verify-email');
    movingClock.advance({ hours: 24, minutes: 1 });
    expect((await visit.browser.newTab().open(link)).page.status).toBe(400);
    const log = { debug() {}, info() {}, error() {} } as never;
    await keepHouse({ ...server.deps, log, clients: () => new Map(), keptSeconds: 86_400 });
    expect(await countOf(server, 'registrations')).toBe(0);
    expect(await accountsWith(server, visit.email)).toBe(0);
  });

  test('cannot sign in before the address is proved', async () => {
    const visit = await atCode();
    const other = await visitsAndSignsIn(server, { identifier: visit.email });
    expect(other.browser.text).toContain('do not match');
  });
});

describe('the form', () => {
  test('says everything that is wrong at once, and keeps what was typed but the password', async () => {
    await server.person({ email: newAddress(), username: 'occupied' });
    const { browser } = await visits(server);
    await signsUp(browser, {
      email: 'nobody',
      username: 'Occupied',
      name: 'x'.repeat(101),
      password: 'passwordpassword',
    });
    expect(browser.page.status).toBe(400);
    for (const message of ['whole e-mail address', 'has this username already', '100 visible', 'common passwords']) {
      expect(browser.text).toContain(message);
    }
    const { data } = browser.form({}, 'Create account');
    expect(data).toMatchObject({ email: 'nobody', username: 'Occupied', password: '' });
  });

  test.each(['admin', 'Postmaster', 'SECURITY', 'abuse', 'noc', 'gatehouse'])('reserves %s', async (username) => {
    const { browser } = await visits(server);
    await signsUp(browser, { email: newAddress(), username });
    expect(browser.text).toContain('Some names are reserved');
  });

  test('asks for what the configuration requires, and refuses its domains and names', async () => {
    const strict = await server.restart({
      mailbox,
      settings: `${openTo(
        ', required_fields: [username, name], allowed_domains: [example.test, "*.example.test"], refused_domains: [bad.example.test], reserved_usernames: [Boss], terms_version: "7"',
      )}\nbranding: { terms_url: https://example.test/terms }\n`,
    });
    try {
      const { browser } = await visits(strict);
      await signsUp(browser, { email: 'ada@elsewhere.test' });
      for (const message of [
        'Addresses of this domain',
        'beginning with a letter',
        'Enter your name',
        'consent to the terms',
      ]) {
        expect(browser.text).toContain(message);
      }
      for (const email of ['ada@bad.example.test', 'ada@very.bad.example.test', 'ada@example.test.evil.test']) {
        await signsUp(browser, { email });
        expect(browser.text).toContain('Addresses of this domain');
      }
      await signsUp(browser, { email: newAddress(), username: 'boss', name: 'Ada', terms: 'yes' });
      expect(browser.text).toContain('Some names are reserved');
      const email = `ada@deep.example.test`;
      await signsUp(browser, { email, username: 'ada-lovely', name: 'Ada', terms: 'yes' });
      await browser.submit({ code: codeIn(await proofFor(mailbox, email)) }, 'Continue');
      const account = await strict.database.db
        .selectFrom('accounts')
        .select(['terms_version', 'terms_accepted_at'])
        .where('email_key', '=', email)
        .executeTakeFirst();
      expect(account).toEqual({ terms_version: '7', terms_accepted_at: expect.any(Date) });
    } finally {
      server = await strict.restart({ mailbox, settings: OPEN });
    }
  });

  test('goes back to the sign-in, and to the app', async () => {
    const visit = await visits(server);
    await visit.browser.submit({}, 'Create an account');
    await visit.browser.submit({}, 'I have an account already');
    expect(visit.browser.title).toBe('Sign in to Web App');
    await visit.browser.submit({}, 'Create an account');
    await visit.browser.submit({}, 'Cancel');
    expect(isBackAtApp(visit)).toBe(true);
  });
});

describe('the code', () => {
  test('can be tried five times; after that only a new one helps', async () => {
    const visit = await atCode();
    const first = await proofFor(mailbox, visit.email);
    const wrong = codeIn(first) === '00000000' ? '11111111' : '00000000';
    for (let tries = 0; tries < 5; tries += 1) {
      await visit.browser.submit({ code: wrong }, 'Continue');
      expect(visit.browser.text).toContain('That code is not right');
    }
    await visit.browser.submit({ code: codeIn(first) }, 'Continue');
    expect(visit.browser.text).toContain('cannot be used any more');
    await visit.browser.submit({}, 'Send a new code');
    expect(visit.browser.text).toContain('A new mail is on its way');
    const second = await proofFor(mailbox, visit.email, first);
    await visit.browser.newTab().open(linkIn(first, '/verify-email'));
    await visit.browser.submit({ code: `${codeIn(second).slice(0, 4)} ${codeIn(second).slice(4)}` }, 'Continue');
    expect(isBackAtApp(visit)).toBe(true);
  });

  test('is good for ten minutes, and the newest only', async () => {
    const visit = await atCode();
    const first = await proofFor(mailbox, visit.email);
    movingClock.advance({ minutes: 11 });
    await visit.browser.submit({ code: codeIn(first) }, 'Continue');
    expect(visit.browser.text).toContain('cannot be used any more');
    await visit.browser.submit({}, 'Send a new code');
    await proofFor(mailbox, visit.email, first);
    await visit.browser.submit({ code: codeIn(first) }, 'Continue');
    expect(isBackAtApp(visit)).toBe(false);
    const old = await newBrowser().open(linkIn(first, '/verify-email'));
    expect(old.title).toBe('This link does not work any more');
  });

  test('is sent anew a few times only', async () => {
    const visit = await atCode();
    for (let sent = 0; sent < 5; sent += 1) await visit.browser.submit({}, 'Send a new code');
    expect(visit.browser.page.status).toBe(429);
    await mailsHaveArrived(server);
    expect(mailbox.all(visit.email).length).toBeLessThanOrEqual(4);
  });

  test('somebody begins again with another address', async () => {
    const visit = await atCode({ email: 'mistyped@example.test' });
    await visit.browser.submit({}, 'Use another address');
    const email = newAddress();
    await signsUp(visit.browser, { email });
    await enters(email, visit.browser);
    expect(isBackAtApp(visit)).toBe(true);
  });
});

describe('what somebody else has meanwhile', () => {
  test('the username: another one is asked for, and nothing else', async () => {
    const visit = await atCode({ username: 'racing-name' });
    await server.person({ email: newAddress(), username: 'racing-name' });
    await enters(visit.email, visit.browser);
    expect(visit.browser.title).toBe('Choose another username');
    await visit.browser.submit({ username: 'racing-name' }, 'Continue');
    expect(visit.browser.text).toContain('has this username already');
    await visit.browser.submit({ username: 'second-choice' }, 'Continue');
    expect(isBackAtApp(visit)).toBe(true);
    expect((await tokensOf(server, visit)).idToken['sub']).toBeDefined();
  });

  test('the username, by a link in another browser: the password is asked for with it', async () => {
    const visit = await atCode({ username: 'other-race' });
    await server.person({ email: newAddress(), username: 'other-race' });
    const phone = await newBrowser().open(linkIn(await proofFor(mailbox, visit.email), '/verify-email'));
    await phone.submit({ password: OTHER_PASSWORD }, 'Confirm address');
    expect(phone.text).toContain('has this username already');
    // The browser that signed up has proved nothing by that.
    await visit.browser.open(visit.browser.page.url);
    expect(visit.browser.title).toBe('Check your mail');
    await phone.submit({ username: 'other-race-2', password: OTHER_PASSWORD }, 'Confirm address');
    expect(phone.title).toBe('Your address is confirmed');
  });

  test('the address: whoever proves it second is told so, and only then', async () => {
    const email = newAddress();
    const first = await atCode({ email });
    const one = await proofFor(mailbox, email);
    const second = await atCode({ email, password: OTHER_PASSWORD });
    const two = await proofFor(mailbox, email, one);
    await second.browser.submit({ code: codeIn(two) }, 'Continue');
    expect(isBackAtApp(second)).toBe(true);
    await first.browser.submit({ code: codeIn(one) }, 'Continue');
    expect(first.browser.title).toBe('You have an account already');
    expect(await accountsWith(server, email)).toBe(1);
  });
});

test('where a second factor is demanded it is set up before the app is reached', async () => {
  const visit = await visits(server, { acr_values: 'mfa' });
  const email = newAddress();
  await signsUp(visit.browser, { email });
  await enters(email, visit.browser);
  expect(visit.browser.title).toBe('Set up your authenticator app');
  await enrolsTotp(visit.browser);
  expect((await tokensOf(server, visit)).idToken).toMatchObject({ acr: 'mfa' });
});

test('consent is asked for after it', async () => {
  const visit = await visits(server, { client_id: 'ask' });
  const email = newAddress();
  await signsUp(visit.browser, { email });
  await enters(email, visit.browser);
  expect(visit.browser.title).toBe('Asking App asks for access');
  await visit.browser.submit({}, 'Allow');
  expect(isBackAtApp(visit)).toBe(true);
});
