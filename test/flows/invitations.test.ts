// Invitations: an account without a password, and a link by mail that gives it one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAcceptedTerms } from '../../src/accounts/accepted-terms.ts';
import { inviteAccount } from '../../src/accounts/invite-account.ts';
import { passwordRulesFor } from '../../src/accounts/password-rules.ts';
import { listEventsOf } from '../../src/audit/audit-log.ts';
import { answerOf, developmentPlace, failureOf } from '../cli/command-line.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser } from '../support/sign-in.ts';
import { linkIn, newAddress } from '../support/sign-up.ts';
import { PASSWORD, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { createAccount } from '../support/stored-account.ts';
import { isBackAtApp, tokensOf, visitsAndSignsIn } from '../support/visits.ts';

let mailbox: Mailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await startMailbox();
  server = await startTestServer({ mailbox, settings: `mfa: optional${RESOURCES}` });
});

afterAll(async () => {
  await server.stop();
  await mailbox.close();
});

async function invited({ name }: { name?: string } = {}, at = server) {
  const email = newAddress();
  const rules = passwordRulesFor(at.config.accounts, at.config.name);
  const deps = { ...at.deps, hasher: at.hasher, rules };
  const created = await createAccount(deps, { email, displayName: name, emailVerified: false });
  if (created.outcome !== 'created') throw new Error(created.outcome);
  const accountId = created.account.id;
  const invites = () => inviteAccount({ ...at.deps, config: at.config }, { accountId, actor: 'operator' });
  const invitation = await invites();
  if (invitation.outcome !== 'invited') throw new Error(invitation.outcome);
  return { email, accountId, link: invitation.link, invites };
}

const accepts = async (link: string, fields: Record<string, string> = {}) => {
  const browser = await newBrowser().open(link);
  return browser.submit({ password: PASSWORD, ...fields }, 'Accept');
};

test('somebody opens the link of the mail, chooses name and password, and signs in; nobody signs up there', async () => {
  const { email } = await invited();
  const link = linkIn(await mailbox.waitFor(email), '/invitation');
  const browser = await newBrowser().open(link);
  expect(browser.text).toContain(email);
  await browser.submit({ name: 'Ina Invited', password: PASSWORD }, 'Accept');
  expect(browser.title).toBe('Your account is ready');
  const visit = await visitsAndSignsIn(server, { identifier: email });
  const { idToken } = await tokensOf(server, visit);
  const account = await server.database.db
    .selectFrom('accounts')
    .select(['display_name', 'email_verified_at'])
    .where('id', '=', String(idToken['sub']))
    .executeTakeFirst();
  expect(account).toEqual({ display_name: 'Ina Invited', email_verified_at: expect.any(Date) });
});

test('what is wrong is said, and the link stays good; a name that the operator gave is not asked for', async () => {
  const { link } = await invited({ name: 'Otto Operated' });
  const browser = await accepts(link, { password: 'short' });
  expect([browser.page.status, browser.text]).toEqual([400, expect.stringContaining('at least 15 characters')]);
  expect(browser.text).not.toContain('Your name');
  await browser.submit({ password: PASSWORD }, 'Accept');
  expect(browser.title).toBe('Your account is ready');
});

test('a link works once, for seven days, and the newest only', async () => {
  const used = await invited();
  await accepts(used.link);
  expect((await newBrowser().open(used.link)).page.status).toBe(400);
  expect((await used.invites()).outcome).toBe('not_waiting');
  const old = await invited();
  const newer = await old.invites();
  expect((await newBrowser().open(old.link)).title).toBe('This link does not work any more');
  if (newer.outcome !== 'invited') throw new Error(newer.outcome);
  const waiting = await newBrowser().open(newer.link);
  movingClock.advance({ days: 7, minutes: 1 });
  await waiting.submit({ password: PASSWORD }, 'Accept');
  expect(waiting.page.status).toBe(400);
});

test('is void for who was banned, and after the address was changed', async () => {
  const banned = await invited();
  const moved = await invited();
  const { db } = server.database;
  await db.updateTable('accounts').set({ status: 'banned' }).where('id', '=', banned.accountId).execute();
  await db
    .updateTable('accounts')
    .set({ email: 'moved@example.test', email_key: 'moved@example.test' })
    .where('id', '=', moved.accountId)
    .execute();
  for (const { link } of [banned, moved]) expect((await newBrowser().open(link)).page.status).toBe(400);
});

test('of twenty at once one is accepted', async () => {
  const { email, link } = await invited();
  const browsers = await Promise.all(Array.from({ length: 20 }, () => newBrowser().open(link)));
  await Promise.all(browsers.map((browser, at) => browser.submit({ password: `${PASSWORD} number ${at}` }, 'Accept')));
  expect(browsers.filter(({ page }) => page.status === 200)).toHaveLength(1);
  const winner = browsers.findIndex(({ page }) => page.status === 200);
  const visit = await visitsAndSignsIn(server, { identifier: email, password: `${PASSWORD} number ${winner}` });
  expect(isBackAtApp(visit)).toBe(true);
});

test('an operator invites at the command line, and once more, but nobody who has a password', async () => {
  const place = developmentPlace(server.dataDir);
  const email = newAddress();
  const created = await answerOf(place, ['user', 'create', '--email', email, '--invite']);
  expect(created).toMatchObject({
    email,
    email_verified: false,
    invitation_url: expect.stringContaining('/invitation?token='),
  });
  expect(created['password']).toBeUndefined();
  const again = await answerOf(place, ['user', 'invite', email]);
  expect(again['invitation_url']).not.toBe(created['invitation_url']);
  const { email: has } = await server.person({ email: newAddress() });
  expect(await failureOf(place, ['user', 'invite', has])).toMatchObject({ code: 'invalid' });
  expect(
    await failureOf(place, ['user', 'create', '--email', newAddress(), '--invite', '--email-verified']),
  ).toMatchObject({ code: 'invalid' });
});

test('where a name has to be filled in, whoever is invited without one chooses it', async () => {
  const registration = 'registration: { required_fields: [name] }';
  const strict = await startTestServer({ mailbox, settings: `mfa: optional\n${registration}${RESOURCES}` });
  try {
    const browser = await accepts((await invited({}, strict)).link, { name: ' ' });
    expect([browser.page.status, browser.text]).toEqual([400, expect.stringContaining('Enter your name')]);
    await browser.submit({ name: 'Ina', password: PASSWORD }, 'Accept');
    expect(browser.title).toBe('Your account is ready');
    const { link } = await invited({ name: 'Ina Named' }, strict);
    expect((await accepts(link)).title).toBe('Your account is ready');
  } finally {
    await strict.stop();
  }
});

test('whoever is invited accepts the terms that there are, and which ones is kept', async () => {
  const terms = 'registration: { terms_version: "7" }\nbranding: { terms_url: https://example.test/terms }';
  const strict = await startTestServer({ mailbox, settings: `mfa: optional\n${terms}${RESOURCES}` });
  try {
    const { accountId, link } = await invited({}, strict);
    const browser = await accepts(link);
    expect(browser.page.status).toBe(400);
    expect(browser.text).toContain('consent to the terms');
    expect(browser.document.querySelector('a[href="https://example.test/terms"]')).toBeTruthy();
    await browser.submit({ password: PASSWORD, terms: 'yes' }, 'Accept');
    expect(browser.title).toBe('Your account is ready');
    const kept = await findAcceptedTerms(strict.database.db, accountId);
    expect(kept).toEqual({ version: '7', acceptedAt: expect.any(Date) });
    const [accepted] = await listEventsOf(strict.database.db, accountId, { limit: 1 });
    expect(accepted).toMatchObject({ event: 'invitation.accepted', details: { terms_version: '7' } });
  } finally {
    await strict.stop();
  }
});
