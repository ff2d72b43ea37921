// What administrators do to people's accounts, and what these people get of it: mails, links, events, and an end to sessions.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAccount } from '../../src/accounts/accounts.ts';
import { banAccountAs, unbanAccountAs } from '../../src/administration/accounts/ban-account-as.ts';
import { type AccountChanges, changeAccountAs } from '../../src/administration/accounts/change-account-as.ts';
import { createAccountAs, inviteAccountAs } from '../../src/administration/accounts/create-account-as.ts';
import { deleteAccountAs } from '../../src/administration/accounts/delete-account-as.ts';
import { disconnectAppAs, endSessionAs, endSessionsAs } from '../../src/administration/accounts/end-sessions-as.ts';
import { exportAccountAs } from '../../src/administration/accounts/export-account-as.ts';
import { resetFactorsAs } from '../../src/administration/accounts/reset-factors-as.ts';
import { startResetAs } from '../../src/administration/accounts/start-reset-as.ts';
import type { Administrator } from '../../src/administration/administrator.ts';
import { dropMailAs, retryMailAs } from '../../src/administration/mails-as.ts';
import { versionOf } from '../../src/administration/outcomes.ts';
import { addMemberAs, removeMemberAs } from '../../src/administration/rights/member-as.ts';
import { grantRoleAs, revokeRoleAs } from '../../src/administration/rights/role-as.ts';
import { createGroup } from '../../src/roles/groups.ts';
import { rolesOf } from '../../src/roles/held.ts';
import { createRole } from '../../src/roles/roles.ts';
import { listSessions } from '../../src/sessions/list-sessions.ts';
import { refresh, WEB } from '../protocol/apps.ts';
import { as, newAccount, newName, SOURCE, type VerbDeps, verbDeps } from '../support/administering.ts';
import { GENEROUS, NEW_PASSWORD, type Posted, resetLink, resets, startPosted, tokenIn } from '../support/forgotten.ts';
import { lastLink } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser } from '../support/sign-in.ts';
import { PASSWORD } from '../support/start-server.ts';
import { enrols, tokensOf, visitsAndSignsIn } from '../support/visits.ts';

const ATTRIBUTES = `
attributes:
  department: { label: Department, type: enum, choices: [sales, care], scope: profile, edit: operator }
`;

let posted: Posted;
let deps: VerbDeps;
let ada: Administrator;

beforeAll(async () => {
  posted = await startPosted({ settings: `${GENEROUS}${ATTRIBUTES}` });
  deps = verbDeps(posted.server);
  ada = as(await newAccount(posted.server, ['gatehouse:admin']));
  await createRole(deps, { name: 'editor', description: 'Writes' });
  await createGroup(deps, { name: 'readers', description: 'Read', roles: ['editor'] });
});
afterAll(() => posted.stop());

async function somebody(): Promise<{ readonly id: string; readonly email: string }> {
  const email = `${newName('person')}@example.test`;
  const { id } = await posted.server.person({ email, name: 'Jane' });
  return { id, email };
}

async function lastEvent(accountId: string, event?: string) {
  const found = await posted.server.database.db
    .selectFrom('audit_events')
    .select(['event', 'actor', 'address', 'subject', 'details'])
    .where('account_id', '=', accountId)
    .$if(event !== undefined, (query) => query.where('event', '=', String(event)))
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return found;
}

const BY_ADA = () => ({ actor: ada.kind === 'account' ? `account:${ada.accountId}` : '', address: SOURCE.address });

const signsInWith = async (email: string, password = PASSWORD) =>
  (await visitsAndSignsIn(posted.server, { identifier: email, password })).browser;

test('a new account comes with its roles and groups, or not at all', async () => {
  const email = `${newName('new')}@example.test`;
  const wanted = { email, name: 'Nora', roles: ['editor'], groups: ['readers'], invite: false };
  expect(await createAccountAs(deps, ada, { ...wanted, roles: ['editor', 'nothing'] })).toEqual({
    outcome: 'unknown',
    what: 'role',
    name: 'nothing',
  });
  expect(await createAccountAs(deps, ada, { ...wanted, groups: ['nowhere'] })).toMatchObject({ what: 'group' });
  const created = await createAccountAs(deps, ada, wanted);
  if (created.outcome !== 'done') throw new Error(created.outcome);
  expect(created.account).toMatchObject({ email, displayName: 'Nora', emailVerified: false });
  expect(await rolesOf(deps, created.account.id)).toEqual(['editor']);
  expect(await lastEvent(created.account.id, 'account.created')).toMatchObject({
    ...BY_ADA(),
    details: { roles: ['editor'], groups: ['readers'] },
  });
  expect(await createAccountAs(deps, ada, wanted)).toEqual({ outcome: 'taken', field: 'email' });
  // Who administers from a browser or by a program never sets a password.
  await expect(createAccountAs(deps, ada, { ...wanted, passwordHash: 'x' })).rejects.toThrow('only operators');
  const wrong = { ...wanted, email: 'nobody', username: 'admin', name: '\u0000' };
  expect(await createAccountAs(deps, ada, wrong)).toEqual({
    outcome: 'invalid',
    problems: [
      { field: 'email', key: 'administration.problem.email' },
      { field: 'username', key: 'administration.problem.username' },
      { field: 'name', key: 'administration.problem.name' },
    ],
  });
});

test('whoever is invited sets the password; whoever was not asks for the link', async () => {
  const email = `${newName('invited')}@example.test`;
  const created = await createAccountAs(deps, ada, { email, emailVerified: true, invite: true });
  if (created.outcome !== 'done') throw new Error(created.outcome);
  const accountId = created.account.id;
  // An invitation proves the address; nobody's word does meanwhile.
  expect(created.account.emailVerified).toBe(false);
  const first = await posted.mailbox.waitFor(email, { subject: /invited/ });
  expect(await inviteAccountAs(deps, ada, { accountId })).toEqual({ outcome: 'done' });
  const second = await posted.mailbox.waitFor(email, { subject: /invited/, after: first });
  const browser = await newBrowser().open(lastLink(first, /invitation/));
  expect(browser.page.status).toBe(400);
  await browser.open(lastLink(second, /invitation/));
  expect(browser.page.status).toBe(200);
  const jane = await somebody();
  expect(await inviteAccountAs(deps, ada, { accountId: jane.id })).toMatchObject({ outcome: 'not_possible' });
});

test('an administrator starts a reset: the owner chooses, and the old password works until then', async () => {
  const { id, email } = await somebody();
  expect(await startResetAs(deps, ada, { accountId: id })).toEqual({ outcome: 'done' });
  const mail = await posted.mailbox.waitFor(email, { subject: /new password/ });
  expect(mail.text).toContain('Somebody who administers');
  expect(mail.text).not.toContain(SOURCE.address);
  expect((await signsInWith(email)).page.url).toMatch(/^https:\/\/app\.example\.test/);
  const browser = await resets(newBrowser(), lastLink(mail, /reset-password\?token=/));
  expect(browser.page.status).toBe(200);
  expect((await signsInWith(email)).page.status).toBe(400);
  expect((await signsInWith(email, NEW_PASSWORD)).page.url).toMatch(/^https:\/\/app\.example\.test/);
  expect(await lastEvent(id, 'password.reset_requested')).toMatchObject(BY_ADA());
  await banAccountAs(deps, ada, { accountId: id, reason: 'left' });
  expect(await startResetAs(deps, ada, { accountId: id })).toEqual({ outcome: 'not_possible', status: 'banned' });
});

test('a new address is in force at once, not proved, and told at both', async () => {
  const { id, email } = await somebody();
  const earlier = await resetLink(posted, email);
  const next = `${newName('next')}@example.test`;
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: email });
  const changed = await changeAccountAs(deps, ada, { accountId: id, changes: { email: next.toUpperCase() } });
  expect(changed).toMatchObject({ outcome: 'done', fields: ['email'] });
  expect(await findAccount(deps.db, id)).toMatchObject({ emailVerified: false });
  expect(await lastEvent(id, 'account.changed')).toMatchObject({
    ...BY_ADA(),
    details: { before: { email }, after: { email_verified: false } },
  });
  // Links to the old mailbox are void, and the session goes on.
  expect((await newBrowser().open(earlier)).page.status).toBe(400);
  await browser.open(`${posted.server.issuer}/account`);
  expect(browser.page.status).toBe(200);
  const proof = await posted.mailbox.waitFor(next.toUpperCase().replace('@EXAMPLE.TEST', '@example.test'));
  const confirming = await newBrowser().open(lastLink(proof, /confirm-email/));
  await confirming.submit({}, 'Confirm');
  expect(await findAccount(deps.db, id)).toMatchObject({ emailVerified: true });
  const told = await posted.mailbox.waitFor(email, { subject: /address was changed/ });
  const undoing = await newBrowser().open(lastLink(told, /undo-email-change/));
  await undoing.submit({}, 'Bring it back');
  expect(await findAccount(deps.db, id)).toMatchObject({ email });
});

test('whoever reads an address that nobody proved cannot take the account', async () => {
  const email = `${newName('mistyped')}@example.test`;
  const created = await createAccountAs(deps, ada, { email, invite: true });
  if (created.outcome !== 'done') throw new Error(created.outcome);
  const invitation = await posted.mailbox.waitFor(email, { subject: /invited/ });
  const next = `${newName('right')}@example.test`;
  await changeAccountAs(deps, ada, { accountId: created.account.id, changes: { email: next } });
  const told = await posted.mailbox.waitFor(email, { subject: /address was changed/ });
  expect(told.text).not.toContain('token=');
  expect((await newBrowser().open(lastLink(invitation, /invitation/))).page.status).toBe(400);
});

test('an address or a username of somebody else is taken, and nothing else is changed either', async () => {
  const [jane, ben] = [await somebody(), await somebody()];
  const change = (accountId: string, changes: AccountChanges) => changeAccountAs(deps, ada, { accountId, changes });
  expect(await change(jane.id, { username: 'jane.doe' })).toMatchObject({ outcome: 'done', fields: ['username'] });
  expect(await change(ben.id, { name: 'Benny', email: jane.email })).toEqual({ outcome: 'taken', field: 'email' });
  expect(await change(ben.id, { name: 'Benny', username: 'Jane.Doe' })).toEqual({
    outcome: 'taken',
    field: 'username',
  });
  expect(await change(ben.id, { email: 'x', username: 'root', name: 'Ben' })).toMatchObject({ outcome: 'invalid' });
  expect(await change(ben.id, { email: 'ben2@example.test', attributes: { department: 'none' } })).toMatchObject({
    outcome: 'invalid',
    problems: [{ field: 'department', key: 'profile.problem.choice' }],
  });
  expect(await findAccount(deps.db, ben.id)).toMatchObject({ email: ben.email, displayName: 'Jane' });
  expect(await change(jane.id, { username: '' })).toMatchObject({ outcome: 'done' });
  expect(await change(jane.id, { username: '', name: 'Jane', email: jane.email })).toEqual({ outcome: 'unchanged' });
});

test('another username is told by mail, without where the administrator sits', async () => {
  const jane = await somebody();
  await changeAccountAs(deps, ada, { accountId: jane.id, changes: { username: 'renamed.jane' } });
  const told = await posted.mailbox.waitFor(jane.email, { subject: /username was changed/ });
  expect(told.text).toContain('renamed.jane');
  expect(told.text).not.toContain('IP address');
});

test('a change says what was and what is, and none is lost that somebody else made meanwhile', async () => {
  const { id } = await somebody();
  const seen = await findAccount(deps.db, id);
  if (seen === undefined) throw new Error('no account');
  const changes = { name: 'Janet', claims: { nickname: 'Jay' }, attributes: { department: 'care' } };
  const change = { accountId: id, changes, version: versionOf(seen) };
  const changed = await changeAccountAs(deps, ada, change);
  expect(changed).toMatchObject({ outcome: 'done', fields: ['name', 'nickname', 'department'] });
  expect((await lastEvent(id, 'profile.changed'))?.details).toEqual({
    fields: ['name', 'nickname', 'department'],
    before: { name: 'Jane', nickname: null, department: null },
    after: { name: 'Janet', nickname: 'Jay', department: 'care' },
  });
  movingClock.advance({ seconds: 1 });
  expect(await changeAccountAs(deps, ada, { ...change, changes: { name: 'J' } })).toEqual({
    outcome: 'changed_meanwhile',
  });
  // Roles and groups are of the account too.
  const now = versionOf((await findAccount(deps.db, id)) ?? seen);
  await grantRoleAs(deps, ada, { accountId: id, role: 'editor' });
  const late = { accountId: id, changes: { name: 'J' }, version: now };
  expect(await changeAccountAs(deps, ada, late)).toEqual({ outcome: 'changed_meanwhile' });
  expect(await deleteAccountAs(deps, ada, { accountId: id, version: now })).toEqual({ outcome: 'changed_meanwhile' });
});

test('whoever is banned is out at once and told; why is for administrators', async () => {
  const { id, email } = await somebody();
  const visit = await visitsAndSignsIn(posted.server, {
    identifier: email,
    params: { scope: 'openid offline_access' },
  });
  const { refreshToken } = await tokensOf(posted.server, visit);
  expect(await banAccountAs(deps, ada, { accountId: id, reason: ' ' })).toMatchObject({ outcome: 'invalid' });
  expect(await banAccountAs(deps, ada, { accountId: id, reason: 'sent spam' })).toEqual({
    outcome: 'done',
    sessionsEnded: 1,
  });
  expect((await refresh(posted.server.issuer, WEB, refreshToken ?? '')).status).toBe(400);
  expect((await signsInWith(email)).page.status).toBe(403);
  expect((await posted.mailbox.waitFor(email, { subject: /suspended/ })).text).not.toContain('spam');
  expect(await lastEvent(id, 'account.banned')).toMatchObject({ ...BY_ADA(), details: { reason: 'sent spam' } });
  expect(await banAccountAs(deps, ada, { accountId: id, reason: 'sent spam' })).toEqual({ outcome: 'unchanged' });
  expect(await unbanAccountAs(deps, ada, { accountId: id })).toEqual({ outcome: 'done' });
  expect(await unbanAccountAs(deps, ada, { accountId: id })).toEqual({ outcome: 'unchanged' });
  expect((await signsInWith(email)).page.url).toMatch(/^https:\/\/app\.example\.test/);
});

test('what people learn of it does not say where an administrator sits, nor who it is', async () => {
  const { id, email } = await somebody();
  await banAccountAs(deps, ada, { accountId: id, reason: 'sent spam' });
  await unbanAccountAs(deps, ada, { accountId: id });
  const exported = await exportAccountAs(deps, ada, { accountId: id });
  if (exported.outcome !== 'done') throw new Error(exported.outcome);
  const events = exported.data['events'] as readonly Record<string, unknown>[];
  expect(events.find(({ event }) => event === 'account.banned')).toMatchObject({
    by: 'administrator',
    address: null,
    details: { sessions_ended: 0 },
  });
  expect(JSON.stringify(exported.data)).not.toMatch(/sent spam|192\.0\.2\.7/);
  expect(JSON.stringify(exported.data)).not.toContain(BY_ADA().actor);
  expect(await lastEvent(id)).toMatchObject({ event: 'account.data_downloaded', ...BY_ADA() });
  const { browser } = await visitsAndSignsIn(posted.server, { identifier: email });
  await browser.open(`${posted.server.issuer}/account/activity`);
  expect(browser.text).toContain('Account suspended');
  expect(browser.text).not.toMatch(/sent spam|192\.0\.2\.7/);
});

test('whoever has lost every factor starts anew, is told, and is signed out everywhere', async () => {
  const { id, email } = await somebody();
  await enrols(posted.server, { identifier: email });
  const reset = await resetFactorsAs(deps, ada, { accountId: id });
  expect(reset).toMatchObject({ outcome: 'done', removed: true });
  expect(await lastEvent(id)).toMatchObject({
    event: 'factors.reset',
    ...BY_ADA(),
    details: { authenticators: 1, recovery_codes: 10, sessions_ended: 1 },
  });
  await posted.mailbox.waitFor(email, { subject: /factor was removed/ });
  expect((await signsInWith(email)).page.url).toMatch(/^https:\/\/app\.example\.test/);
});

test('sessions end one by one or all, of that person only; an app has to ask anew', async () => {
  const [jane, ben] = [await somebody(), await somebody()];
  for (const { email } of [jane, jane, jane, ben]) await signsInWith(email);
  const listed = () => listSessions({ ...deps, limits: deps.config.sessions }, jane.id);
  const [first] = await listed();
  const handle = first?.handle ?? '';
  expect(await endSessionAs(deps, ada, { accountId: ben.id, handle })).toMatchObject({ outcome: 'unknown' });
  expect(await endSessionAs(deps, ada, { accountId: jane.id, handle })).toEqual({ outcome: 'done' });
  expect(await listed()).toHaveLength(2);
  expect(await lastEvent(jane.id)).toMatchObject({ event: 'session.ended', ...BY_ADA() });
  expect(await disconnectAppAs(deps, ada, { accountId: jane.id, clientId: 'web' })).toEqual({ outcome: 'done' });
  expect(await lastEvent(jane.id)).toMatchObject({ event: 'consent.revoked', ...BY_ADA() });
  expect(await disconnectAppAs(deps, ada, { accountId: jane.id, clientId: 'web' })).toMatchObject({ what: 'client' });
  expect(await endSessionsAs(deps, ada, { accountId: jane.id })).toEqual({ outcome: 'done', sessionsEnded: 2 });
  expect(await listed()).toEqual([]);
});

test('an account is deleted at once, and its owner told', async () => {
  const { id, email } = await somebody();
  expect(await deleteAccountAs(deps, ada, { accountId: id })).toEqual({ outcome: 'done', email });
  expect(await findAccount(deps.db, id)).toBeUndefined();
  expect(await lastEvent(id)).toMatchObject({ event: 'account.deleted', ...BY_ADA() });
  await posted.mailbox.waitFor(email, { subject: /deleted/ });
  expect(await deleteAccountAs(deps, ada, { accountId: id })).toMatchObject({ outcome: 'unknown', what: 'account' });
});

test('roles and memberships are given for good or until a day, and the log says what was and what is', async () => {
  const { id: accountId } = await somebody();
  const expiresAt = new Date(movingClock.now().getTime() + 3_600_000);
  expect(await grantRoleAs(deps, ada, { accountId, role: 'editor', expiresAt })).toEqual({ outcome: 'done' });
  expect(await lastEvent(accountId)).toMatchObject({
    event: 'role.granted',
    ...BY_ADA(),
    subject: 'role:editor',
    details: { before: [], after: ['editor'], expires_at: expiresAt.toISOString() },
  });
  expect(await grantRoleAs(deps, ada, { accountId, role: 'editor', expiresAt })).toEqual({ outcome: 'unchanged' });
  expect(await grantRoleAs(deps, ada, { accountId, role: 'editor' })).toEqual({ outcome: 'done' });
  expect(await revokeRoleAs(deps, ada, { accountId, role: 'editor' })).toEqual({ outcome: 'done' });
  expect(await revokeRoleAs(deps, ada, { accountId, role: 'editor' })).toEqual({ outcome: 'unchanged' });
  const over = new Date(movingClock.now().getTime() - 1000);
  for (const past of [over, new Date(Number.NaN)]) {
    const given = await grantRoleAs(deps, ada, { accountId, role: 'editor', expiresAt: past });
    expect(given).toMatchObject({ outcome: 'invalid', problems: [{ field: 'expires_at' }] });
  }
  expect(await addMemberAs(deps, ada, { accountId, group: 'readers', expiresAt })).toEqual({ outcome: 'done' });
  expect(await lastEvent(accountId)).toMatchObject({ event: 'group.member_added', subject: 'group:readers' });
  expect(await rolesOf(deps, accountId)).toEqual(['editor']);
  movingClock.advance({ seconds: 3601 });
  expect(await rolesOf(deps, accountId)).toEqual([]);
  expect(await addMemberAs(deps, ada, { accountId, group: 'readers' })).toEqual({ outcome: 'done' });
  expect(await removeMemberAs(deps, ada, { accountId, group: 'readers' })).toEqual({ outcome: 'done' });
  expect(await lastEvent(accountId)).toMatchObject({ details: { before: ['readers'], after: [] } });
});

test('names that nobody could have are unknown, whatever is in them', async () => {
  const { id: accountId } = await somebody();
  for (const name of ['nothing', '', '\u0000', "' or 1=1 --", 'x'.repeat(10_000)]) {
    expect(await grantRoleAs(deps, ada, { accountId, role: name })).toMatchObject({ outcome: 'unknown', what: 'role' });
    expect(await addMemberAs(deps, ada, { accountId, group: name })).toMatchObject({
      outcome: 'unknown',
      what: 'group',
    });
    expect(await banAccountAs(deps, ada, { accountId: name, reason: 'x' })).toMatchObject({ what: 'account' });
    expect(await dropMailAs(deps, ada, { id: name })).toMatchObject({ outcome: 'unknown', what: 'mail' });
    expect(await retryMailAs(deps, ada, { id: name })).toMatchObject({ outcome: 'unknown', what: 'mail' });
    const nobody = as(accountId);
    expect(await banAccountAs(deps, nobody, { accountId: name, reason: 'x' })).toMatchObject({ outcome: 'forbidden' });
  }
});

test('no link or password of anybody is in the log', async () => {
  const { id, email } = await somebody();
  await startResetAs(deps, ada, { accountId: id });
  const mail = await posted.mailbox.waitFor(email, { subject: /new password/ });
  const rows = await posted.server.database.db.selectFrom('audit_events').selectAll().execute();
  const log = JSON.stringify(rows);
  for (const secret of [tokenIn(lastLink(mail, /reset-password\?token=/)), PASSWORD]) expect(log).not.toContain(secret);
});

test('who was given the address of somebody else does not come to administer in their place', async () => {
  const helpdesk = as(await newAccount(posted.server, ['gatehouse:helpdesk']));
  await createGroup(deps, { name: 'helpers', description: 'Help', roles: ['gatehouse:helpdesk'] });
  const puppet = (await somebody()).id;
  const email = `${newName('boss')}@example.test`;
  expect(await changeAccountAs(deps, helpdesk, { accountId: puppet, changes: { email } })).toMatchObject({
    outcome: 'done',
  });
  const outcome = 'unproved_address';
  expect(await grantRoleAs(deps, ada, { accountId: puppet, role: 'gatehouse:admin' })).toEqual({ outcome });
  expect(await addMemberAs(deps, ada, { accountId: puppet, group: 'helpers' })).toEqual({ outcome });
  expect(await rolesOf(deps, puppet)).toEqual([]);
  expect(await addMemberAs(deps, ada, { accountId: puppet, group: 'readers' })).toEqual({ outcome: 'done' });
  const proof = await posted.mailbox.waitFor(email);
  await (await newBrowser().open(lastLink(proof, /confirm-email/))).submit({}, 'Confirm');
  expect(await addMemberAs(deps, ada, { accountId: puppet, group: 'helpers' })).toEqual({ outcome: 'done' });
});
