// A stranger registers somebody's address first: it gives them nothing, then or later.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser } from '../support/sign-in.ts';
import { accountsWith, codeIn, linkIn, newAddress, OPEN, proofFor, signsUp } from '../support/sign-up.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { isBackAtApp, tokensOf, visits, visitsAndSignsIn } from '../support/visits.ts';

const ADVISORIES = 'better-auth CVE-2026-53516; Logto CVE-2026-15611; Keycloak CVE-2026-9087, CVE-2026-14781';
const MALLORY = 'the password of mallory only';
const OWNER = 'the password of the owner only';

describe(`T34 pre-registration hijack (${ADVISORIES})`, () => {
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

  async function malloryWaits() {
    const email = newAddress();
    const mallory = await visits(server);
    await signsUp(mallory.browser, { email, password: MALLORY });
    return { email, mallory, mail: await proofFor(mailbox, email) };
  }

  const signsInWith = async (email: string, password: string) =>
    isBackAtApp(await visitsAndSignsIn(server, { identifier: email, password }));

  test('the owner opens the link: Mallory’s password is dead, and Mallory’s browser is not signed in', async () => {
    const { email, mallory, mail } = await malloryWaits();
    const owner = await newBrowser().open(linkIn(mail, '/verify-email'));
    await owner.submit({ password: OWNER }, 'Confirm address');
    await mallory.browser.open(mallory.browser.page.url);
    expect(isBackAtApp(mallory)).toBe(false);
    expect(mallory.browser.text).toContain('another browser');
    expect(await signsInWith(email, MALLORY)).toBe(false);
    expect(await signsInWith(email, OWNER)).toBe(true);
  });

  test('the owner leaves out the password, or sends Mallory’s form as it is: nothing is confirmed', async () => {
    const { email, mail } = await malloryWaits();
    const owner = await newBrowser().open(linkIn(mail, '/verify-email'));
    const { action, data } = owner.form({}, 'Confirm address');
    const { password: _, ...without } = data;
    expect((await owner.request(action, { method: 'POST', form: without })).status).toBe(400);
    expect(await accountsWith(server, email)).toBe(0);
  });

  test('the owner signs up as well: whoever proves the address has the account, and Mallory’s try is over', async () => {
    const { email, mallory, mail } = await malloryWaits();
    const owner = await visits(server);
    await signsUp(owner.browser, { email, password: OWNER });
    const own = await proofFor(mailbox, email, mail);
    await owner.browser.submit({ code: codeIn(own) }, 'Continue');
    expect(isBackAtApp(owner)).toBe(true);
    const link = await newBrowser().open(linkIn(mail, '/verify-email'));
    await link.submit({ password: MALLORY }, 'Confirm address');
    expect(link.title).toBe('This address has an account by now');
    await mallory.browser.submit({ code: codeIn(own) }, 'Continue');
    expect(isBackAtApp(mallory)).toBe(false);
    expect(await signsInWith(email, MALLORY)).toBe(false);
    expect(await accountsWith(server, email)).toBe(1);
  });

  test('nobody clicks: after a day there is nothing left to confirm, and there never was an account', async () => {
    const { email, mallory, mail } = await malloryWaits();
    expect(await signsInWith(email, MALLORY)).toBe(false);
    movingClock.advance({ hours: 24, minutes: 1 });
    expect((await mallory.browser.newTab().open(linkIn(mail, '/verify-email'))).page.status).toBe(400);
    expect(await accountsWith(server, email)).toBe(0);
  });

  test('whoever is signed in by a sign-up has a proved address in every token', async () => {
    const email = newAddress();
    const visit = await visits(server, { scope: 'openid email' });
    await signsUp(visit.browser, { email });
    await visit.browser.submit({ code: codeIn(await proofFor(mailbox, email)) }, 'Continue');
    const { accessToken } = await tokensOf(server, visit);
    const me = await fetch(`${server.issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
    expect(await me.json()).toMatchObject({ email, email_verified: true });
  });
});
