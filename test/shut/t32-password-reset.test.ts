// T32: a link to a new password is good once, for its account, for 20 minutes, and there is no way around it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { replaceEmail } from '../../src/accounts/accounts.ts';
import { NEW_PASSWORD, type Posted, resetLink, resets, startPosted, tokenIn } from '../support/forgotten.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, redeem } from '../support/sign-in.ts';
import { PASSWORD } from '../support/start-server.ts';
import { enrols, isBackAtApp, tokensOf, userinfo, visitsAndSignsIn } from '../support/visits.ts';

describe('T32 password reset: Keycloak CVE-2026-18963; authentik CVE-2022-23555, CVE-2025-64708; CVE-2026-73431', () => {
  let posted: Posted;
  beforeAll(async () => {
    posted = await startPosted();
  });
  afterAll(() => posted.stop());

  let people = 0;
  async function somebody(): Promise<{ email: string; id: string }> {
    people += 1;
    const email = `victim-${people}@example.test`;
    return { email, id: (await posted.server.person({ email })).id };
  }

  const signsInWith = async (email: string, password: string): Promise<boolean> =>
    isBackAtApp(await visitsAndSignsIn(posted.server, { identifier: email, password }));

  /** The last step alone, as somebody sends it who never saw the page; its form's own token comes from another link. */
  async function posts(form: Record<string, string>): Promise<number> {
    const answer = await newBrowser().request(`${posted.server.issuer}/reset-password`, { method: 'POST', form });
    await answer.arrayBuffer();
    return answer.status;
  }

  async function formBehind(link: string): Promise<Record<string, string>> {
    const browser = await newBrowser().open(link);
    return browser.form({ password: NEW_PASSWORD }, 'Set the new password').data;
  }

  test('the last step alone changes nothing: without a token, with a made-up one, with another link’s form', async () => {
    const { email } = await somebody();
    const mallory = await somebody();
    const { csrf = '' } = await formBehind(await resetLink(posted, mallory.email));
    const token = tokenIn(await resetLink(posted, email));
    const tries: Record<string, string>[] = [
      { password: NEW_PASSWORD },
      { password: NEW_PASSWORD, csrf },
      { password: NEW_PASSWORD, csrf, token: '' },
      { password: NEW_PASSWORD, csrf, token: 'A'.repeat(43) },
      { password: NEW_PASSWORD, csrf, token },
      { password: NEW_PASSWORD, csrf, token, email, account: email },
    ];
    for (const form of tries) expect(await posts(form)).toBeGreaterThanOrEqual(400);
    expect(await signsInWith(email, PASSWORD)).toBe(true);
  });

  test('a link is for its own account, whatever else is sent along', async () => {
    const { email } = await somebody();
    const mallory = await somebody();
    const form = await formBehind(await resetLink(posted, mallory.email));
    expect(await posts({ ...form, identifier: email, email, account_id: email, username: email })).toBe(400);
    await posts({ ...form, identifier: email });
    expect(await signsInWith(email, PASSWORD)).toBe(true);
    expect(await signsInWith(mallory.email, NEW_PASSWORD)).toBe(true);
  });

  test('a used link is void', async () => {
    const { email } = await somebody();
    const link = await resetLink(posted, email);
    const form = await formBehind(link);
    await resets(newBrowser(), link);
    expect(await posts({ ...form, password: 'somebody else’s long phrase' })).toBe(400);
    expect(await signsInWith(email, NEW_PASSWORD)).toBe(true);
  });

  test('an older link is void with the newer one', async () => {
    const { email } = await somebody();
    const older = await formBehind(await resetLink(posted, email));
    const newer = await resetLink(posted, email);
    expect(await posts(older)).toBe(400);
    expect((await resets(newBrowser(), newer)).title).toBe('Your password is changed');
  });

  test('after 20 minutes it is void: not a minute earlier, not a second later', async () => {
    const { email } = await somebody();
    const early = await formBehind(await resetLink(posted, email));
    movingClock.advance({ minutes: 19 });
    expect(await posts({ ...early, password: 'short' })).toBe(400);
    expect((await newBrowser().open(`${posted.server.issuer}/reset-password?token=${early['token']}`)).title).toBe(
      'Choose a new password',
    );
    movingClock.advance({ minutes: 1 });
    expect(await posts(early)).toBe(400);
    expect(await signsInWith(email, PASSWORD)).toBe(true);
  });

  test('20 at once with one link: one has set the password', async () => {
    const { email } = await somebody();
    const form = await formBehind(await resetLink(posted, email));
    const phrases = Array.from({ length: 20 }, (_, at) => `one of twenty phrases, number ${at}`);
    const answers = await Promise.all(phrases.map((password) => posts({ ...form, password })));
    expect(answers.filter((status) => status === 303)).toHaveLength(1);
    expect(answers.filter((status) => status === 400)).toHaveLength(19);
    const [won] = phrases.filter((_, at) => answers[at] === 303);
    expect(await signsInWith(email, won ?? '')).toBe(true);
  });

  test('with another address the link that went to the old one is void', async () => {
    const { email, id } = await somebody();
    const form = await formBehind(await resetLink(posted, email));
    const to = { address: `moved-${email}`, key: `moved-${email}` };
    await replaceEmail({ db: posted.server.database.db, clock: movingClock }, { accountId: id, from: email, to });
    expect(await posts(form)).toBe(400);
    expect(await signsInWith(to.address, PASSWORD)).toBe(true);
  });

  test('sessions, access and refresh tokens of before are dead, and the second factor is still asked for', async () => {
    const { email } = await somebody();
    const { browser, ...enrolled } = await enrols(posted.server, { identifier: email });
    expect(isBackAtApp({ browser, ...enrolled })).toBe(true);
    const other = await somebody();
    const visit = await visitsAndSignsIn(posted.server, {
      identifier: other.email,
      params: { scope: 'openid email offline_access' },
    });
    const tokens = await tokensOf(posted.server, visit);
    for (const each of [email, other.email]) await resets(newBrowser(), await resetLink(posted, each));
    expect((await browser.open(`${posted.server.issuer}/account`)).title).toContain('Sign in');
    expect((await userinfo(posted.server, tokens)).status).toBe(401);
    const refreshed = await redeem(posted.server.issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refreshToken,
    });
    expect(refreshed).toMatchObject({ status: 400 });
    const again = await visitsAndSignsIn(posted.server, { identifier: email, password: NEW_PASSWORD });
    expect(again.browser.title).toBe('Enter your code');
  });
});
