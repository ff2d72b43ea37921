// Closed means closed for invitations too: none is sent from anywhere, and none that was sent before makes an account usable.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPasswordHash } from '../../src/accounts/finding/find-credentials.ts';
import { canonicalEmail } from '../../src/accounts/identifiers.ts';
import { inviteAccount } from '../../src/accounts/invite-account.ts';
import { issueMailedToken } from '../../src/accounts/mailed-tokens.ts';
import { passwordRulesFor } from '../../src/accounts/password-rules.ts';
import { answerOf, developmentPlace, failureOf } from '../cli/command-line.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { PROGRAMS, type Program, program } from '../support/api.ts';
import {
  forgets,
  mailsHaveArrived,
  NEW_PASSWORD,
  type Posted,
  resetLink,
  resets,
  startPosted,
} from '../support/forgotten.ts';
import { lastLink } from '../support/mailbox.ts';
import { newBrowser } from '../support/sign-in.ts';
import { newAddress } from '../support/sign-up.ts';
import { PASSWORD, RESOURCES } from '../support/start-server.ts';
import { createAccount } from '../support/stored-account.ts';
import { isBackAtApp, visitsAndSignsIn } from '../support/visits.ts';

const settings = (policy: string) =>
  `mfa: optional\nlimits: { mails_per_recipient: 100, mails_per_network: 100 }\nregistration: { policy: ${policy} }\n${RESOURCES}`;

describe('T36 with registration closed (Zitadel CVE-2024-49757, CVE-2026-29193; authentik CVE-2022-46145)', () => {
  let posted: Posted;
  let root: AdministratorInTest;
  let keeper: Program;

  const options = (policy: string) => ({ settings: settings(policy), clients: PROGRAMS });

  beforeAll(async () => {
    posted = await startPosted(options('closed'));
    root = await administrator(posted.server);
    keeper = await program(posted.server);
  });
  afterAll(() => posted.stop());

  /** The operator changes the policy. */
  async function is(policy: string): Promise<void> {
    posted = { ...posted, server: await posted.server.restart({ ...options(policy), mailbox: posted.mailbox }) };
  }

  /** An account that waits for its first password. */
  async function waiting() {
    const { server } = posted;
    const email = newAddress();
    const rules = passwordRulesFor(server.config.accounts, server.config.name);
    const created = await createAccount(
      { ...server.deps, hasher: server.hasher, rules },
      { email, emailVerified: false },
    );
    if (created.outcome !== 'created') throw new Error(created.outcome);
    return { email, id: created.account.id };
  }

  const mailsTo = async (email: string) => {
    await mailsHaveArrived(posted.server);
    return posted.mailbox.all(email).map(({ subject }) => subject);
  };

  const accountOf = (email: string) =>
    posted.server.database.db.selectFrom('accounts').select('id').where('email', '=', email).execute();

  test('a link that was sent before opens nothing, at its page and in a form that was open; it is good again when the door is', async () => {
    await is('invite');
    const { email, id } = await waiting();
    const deps = { ...posted.server.deps, config: posted.server.config };
    const invitation = await inviteAccount(deps, { accountId: id, actor: 'operator' });
    if (invitation.outcome !== 'invited') throw new Error(invitation.outcome);
    const atForm = await newBrowser().open(invitation.link);
    await is('closed');
    await atForm.submit({ password: PASSWORD }, 'Accept');
    expect(atForm.page.status).toBe(403);
    expect((await newBrowser().open(invitation.link)).page.status).toBe(403);
    expect(await findPasswordHash(posted.server.database.db, id)).toBeUndefined();
    await is('invite');
    const browser = await newBrowser().open(invitation.link);
    await browser.submit({ password: PASSWORD }, 'Accept');
    expect(isBackAtApp(await visitsAndSignsIn(posted.server, { identifier: email }))).toBe(true);
  });

  test('"forgot your password" gives no first password: no mail, and a link from before is void', async () => {
    await is('invite');
    const { email, id } = await waiting();
    const link = await resetLink(posted, email);
    const { length } = await mailsTo(email);
    await is('closed');
    expect((await newBrowser().open(link)).title).toBe('This link does not work any more');
    expect((await forgets(posted.server, email)).title).toBe('Look at your mailbox');
    expect(await mailsTo(email)).toHaveLength(length);
    expect(await findPasswordHash(posted.server.database.db, id)).toBeUndefined();
    const { email: has } = await posted.server.person({ email: newAddress() });
    await resets(newBrowser(), await resetLink(posted, has));
    expect(isBackAtApp(await visitsAndSignsIn(posted.server, { identifier: has, password: NEW_PASSWORD }))).toBe(true);
  });

  /** Whoever reads the old address of this account brings it back. */
  async function takesBack({ email, id: accountId }: { email: string; id: string }) {
    const [old, key] = [newAddress(), canonicalEmail(email)?.key ?? email];
    const boundTo = { address: old, to: key };
    const token = await issueMailedToken(posted.server.deps, { accountId, purpose: 'undo_email_change', boundTo });
    const browser = await newBrowser().open(`${posted.server.issuer}/undo-email-change?token=${token}`);
    return { old, browser: await browser.submit({}, 'Bring it back') };
  }

  test('whoever takes an address back, and the password with it, comes to a new one: at once, or later by a mail', async () => {
    await is('closed');
    const { browser } = await takesBack(await posted.server.person({ email: newAddress() }));
    await browser.submit({ password: NEW_PASSWORD }, 'Set the new password');
    expect(browser.title).toBe('Your password is changed');
    const { old } = await takesBack(await posted.server.person({ email: newAddress() }));
    await resets(newBrowser(), await resetLink(posted, old));
    expect(isBackAtApp(await visitsAndSignsIn(posted.server, { identifier: old, password: NEW_PASSWORD }))).toBe(true);
  });

  test('an account that waits for its first password comes to none by an address that is taken back', async () => {
    await is('closed');
    const account = await waiting();
    const { old, browser } = await takesBack(account);
    expect(browser.title).toBe('This link does not work any more');
    const told = await mailsTo(old);
    await forgets(posted.server, old);
    expect(await mailsTo(old)).toEqual(told);
    expect(await findPasswordHash(posted.server.database.db, account.id)).toBeUndefined();
  });

  test('an administrator who makes an account without an invitation sends its owner a link for a password', async () => {
    await is('closed');
    const { email, id } = await waiting();
    await root.does(`/admin/accounts/${id}`, {}, 'Send a link for a new password');
    const mail = await posted.mailbox.waitFor(email);
    await resets(newBrowser(), lastLink(mail, /reset-password\?token=/));
    expect(isBackAtApp(await visitsAndSignsIn(posted.server, { identifier: email, password: NEW_PASSWORD }))).toBe(
      true,
    );
  });

  test('the console offers no invitation, and takes none', async () => {
    await is('closed');
    const { email, id } = await waiting();
    const { browser } = root;
    await browser.open(`${posted.server.issuer}/admin/accounts`);
    expect(browser.text).not.toContain('Invite somebody');
    await browser.open(`${posted.server.issuer}/admin/accounts/${id}`);
    expect(browser.text).not.toContain('Send the invitation again');
    const invited = newAddress();
    await root.does('/admin/invite-account', { email: invited }, 'Send the invitation');
    expect([browser.page.status, browser.text]).toEqual([409, expect.stringContaining('Nobody is invited here')]);
    const { action, data } = browser.form({}, 'Send the invitation');
    const again = action.replace('/invite-account', `/accounts/${id}/invite`);
    const answer = await browser.request(again, { method: 'POST', form: { csrf: data['csrf'] ?? '' } });
    expect(answer.status).toBe(409);
    expect([await accountOf(invited), await mailsTo(email), await mailsTo(invited)]).toEqual([[], [], []]);
  });

  test('the API says so, and makes no account', async () => {
    await is('closed');
    const { email, id } = await waiting();
    const invited = newAddress();
    const created = await keeper.call('POST', '/accounts', { body: { email: invited, invite: true } });
    expect([created.status, created.body.code]).toEqual([409, 'invitations_closed']);
    const again = await keeper.call('POST', `/accounts/${id}/invitation`);
    expect([again.status, again.body.code]).toEqual([409, 'invitations_closed']);
    expect([await accountOf(invited), await mailsTo(email), await mailsTo(invited)]).toEqual([[], [], []]);
  });

  test('the command line says what to change, and makes an account with a password all the same', async () => {
    await is('closed');
    const place = developmentPlace(posted.server.dataDir, { 'config/gatehouse.yaml': settings('closed') });
    const invited = newAddress();
    const { email } = await waiting();
    for (const words of [
      ['user', 'create', '--email', invited, '--invite'],
      ['user', 'invite', email],
    ]) {
      const failure = await failureOf(place, words);
      expect(failure).toMatchObject({ code: 'invalid', message: expect.stringContaining('registration.policy') });
    }
    expect([await accountOf(invited), await mailsTo(email), await mailsTo(invited)]).toEqual([[], [], []]);
    const made = ['user', 'create', '--email', invited, '--password-stdin'];
    expect(await answerOf(place, made, { stdin: PASSWORD })).toMatchObject({ email: invited });
    expect(isBackAtApp(await visitsAndSignsIn(posted.server, { identifier: invited }))).toBe(true);
  });
});
