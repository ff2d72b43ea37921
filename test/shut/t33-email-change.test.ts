// T33: an address is an account's once its own mailbox has said so, and nothing else makes it one.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccount } from '../../src/accounts/accounts.ts';
import { countRecoveryCodes } from '../../src/second-factors/recovery-codes.ts';
import { listAuthenticators } from '../../src/second-factors/totp-secrets.ts';
import type { Browser } from '../support/browser.ts';
import { NEW_PASSWORD, type Posted, resetLink, startPosted } from '../support/forgotten.ts';
import { lastLink } from '../support/mailbox.ts';
import { newBrowser, totpCode } from '../support/sign-in.ts';
import { enrols, isBackAtApp, visitsAndSignsIn } from '../support/visits.ts';

describe('T33 change of address: Pocket ID CVE-2026-115770; Zitadel CVE-2026-27946, CVE-2026-54693; Keycloak GHSA-xhpr-465j-7p9q', () => {
  let posted: Posted;
  beforeAll(async () => {
    posted = await startPosted();
  });
  afterAll(() => posted.stop());

  let people = 0;
  async function somebody(): Promise<{ email: string; id: string; a: string; b: string }> {
    people += 1;
    const email = `owner-${people}@example.test`;
    const { id } = await posted.server.person({ email });
    return { email, id, a: `a-${people}@example.test`, b: `b-${people}@example.test` };
  }

  const accountOf = (id: string) => findAccount(posted.server.database.db, id);

  async function asks(email: string, ...wanted: string[]): Promise<void> {
    const { browser } = await visitsAndSignsIn(posted.server, { identifier: email });
    for (const other of wanted) {
      await browser.open(`${posted.server.issuer}/account/email`);
      await browser.submit({ email: other }, 'Send the link');
    }
  }

  const linkTo = async (address: string): Promise<string> =>
    lastLink(await posted.mailbox.waitFor(address), /confirm-email/);

  const VOID = 'This link does not work any more';

  test('whoever asks for A and then for B cannot use the link to A', async () => {
    const { email, id, a, b } = await somebody();
    await asks(email, a, b);
    const [toA, toB] = [await linkTo(a), await linkTo(b)];
    expect((await newBrowser().open(toA)).title).toBe(VOID);
    expect(await accountOf(id)).toMatchObject({ email });
    await (await newBrowser().open(toB)).submit({}, 'Use this address');
    expect(await accountOf(id)).toMatchObject({ email: b, emailVerified: true });
  });

  test('opened by somebody else who is signed in, the link does nothing to their account', async () => {
    const alice = await somebody();
    const bob = await somebody();
    await asks(alice.email, alice.a);
    const { browser } = await visitsAndSignsIn(posted.server, { identifier: bob.email });
    await browser.open(await linkTo(alice.a));
    expect(await accountOf(alice.id)).toMatchObject({ email: alice.email });
    await browser.submit({}, 'Use this address');
    expect(await accountOf(bob.id)).toMatchObject({ email: bob.email });
    expect(await accountOf(alice.id)).toMatchObject({ email: alice.a });
  });

  test('nothing that a form sends along verifies an address', async () => {
    const { email, id, a } = await somebody();
    await posted.server.database.db
      .updateTable('accounts')
      .set({ email_verified_at: null })
      .where('id', '=', id)
      .execute();
    const { browser } = await visitsAndSignsIn(posted.server, { identifier: email });
    await browser.open(`${posted.server.issuer}/account/email`);
    const { action, data } = browser.form({ email: a }, 'Send the link');
    const more = { email_verified: 'true', emailVerified: 'true', verified: '1' };
    await browser.request(action, { method: 'POST', form: { ...data, ...more } });
    expect(await accountOf(id)).toMatchObject({ email, emailVerified: false });
  });

  test('a link to a new password that went to the old address is void with the change', async () => {
    const { email, id, a } = await somebody();
    const reset = await resetLink(posted, email);
    await asks(email, a);
    await (await newBrowser().open(await linkTo(a))).submit({}, 'Use this address');
    expect(await accountOf(id)).toMatchObject({ email: a });
    expect((await newBrowser().open(reset)).title).toBe(VOID);
  });

  test('a new password voids a change that waits, and the way to undo one is left', async () => {
    const { email, id, a, b } = await somebody();
    await asks(email, a);
    await (await newBrowser().open(await linkTo(a))).submit({}, 'Use this address');
    await asks(a, b);
    const pending = await linkTo(b);
    const reset = await newBrowser().open(await resetLink(posted, a));
    await reset.submit({ password: NEW_PASSWORD }, 'Set the new password');
    expect((await newBrowser().open(pending)).title).toBe(VOID);
    const told = await posted.mailbox.waitFor(email, { subject: /changed/i });
    const undo = await newBrowser().open(lastLink(told, /undo-email-change/));
    await undo.submit({}, 'Bring it back');
    expect(await accountOf(id)).toMatchObject({ email });
  });

  test('20 at once with one link change the address once; of two accounts that want one address one gets it', async () => {
    const one = await somebody();
    const two = await somebody();
    await asks(one.email, one.a);
    const form = (await newBrowser().open(await linkTo(one.a))).form({}, 'Use this address');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => newBrowser().request(form.action, { method: 'POST', form: form.data })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const wanted = two.b;
    const links: string[] = [];
    for (const email of [one.a, two.email]) {
      const before = posted.mailbox.all(wanted).at(-1);
      await asks(email, wanted);
      links.push(lastLink(await posted.mailbox.waitFor(wanted, before && { after: before }), /confirm-email/));
    }
    const forms = await Promise.all(
      links.map(async (link) => (await newBrowser().open(link)).form({}, 'Use this address')),
    );
    await Promise.all(forms.map(({ action, data }) => newBrowser().request(action, { method: 'POST', form: data })));
    const emails = [(await accountOf(one.id))?.email, (await accountOf(two.id))?.email];
    expect(emails.filter((email) => email === wanted)).toHaveLength(1);
  });

  /** By the link in the mail to the old address, up to the page for a new password. */
  async function undoes(email: string): Promise<Browser> {
    const told = await posted.mailbox.waitFor(email, { subject: /changed/i });
    const browser = await newBrowser().open(lastLink(told, /undo-email-change/));
    return browser.submit({}, 'Bring it back');
  }

  test('an authenticator that an intruder adds after the change goes with it: its owner is not asked for its codes', async () => {
    const { email, id, a } = await somebody();
    await asks(email, a);
    await (await newBrowser().open(await linkTo(a))).submit({}, 'Use this address');
    const { browser: intruder } = await visitsAndSignsIn(posted.server, { identifier: a });
    await intruder.open(`${posted.server.issuer}/account/authenticators/new`);
    const key = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(intruder.text)?.[0]?.replaceAll(' ', '') ?? '';
    await intruder.submit({ name: 'Mine now', code: totpCode(key) }, 'Confirm');
    expect(await listAuthenticators(posted.server.database.db, id)).toHaveLength(1);
    const owner = await undoes(email);
    await owner.submit({ password: NEW_PASSWORD }, 'Set the new password');
    expect(await listAuthenticators(posted.server.database.db, id)).toEqual([]);
    expect(await countRecoveryCodes(posted.server.database.db, id)).toBe(0);
    expect(isBackAtApp(await visitsAndSignsIn(posted.server, { identifier: email, password: NEW_PASSWORD }))).toBe(
      true,
    );
  });

  test('the authenticator that its owner had before stays, and so do its recovery codes', async () => {
    const { email, id, a } = await somebody();
    const { browser } = await enrols(posted.server, { identifier: email });
    await browser.open(`${posted.server.issuer}/account/email`);
    await browser.submit({ email: a }, 'Send the link');
    await (await newBrowser().open(await linkTo(a))).submit({}, 'Use this address');
    const owner = await undoes(email);
    await owner.submit({ password: NEW_PASSWORD }, 'Set the new password');
    expect(await listAuthenticators(posted.server.database.db, id)).toHaveLength(1);
    expect(await countRecoveryCodes(posted.server.database.db, id)).toBe(10);
    const again = await visitsAndSignsIn(posted.server, { identifier: email, password: NEW_PASSWORD });
    expect(isBackAtApp(again)).toBe(false);
    expect(again.browser.text).toContain('code');
  });
});
