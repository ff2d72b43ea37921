// An operator looks after people, beside a running server. Every test has a person of its own.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { findAccount } from '../../src/accounts/accounts.ts';
import { findCredentials } from '../../src/accounts/finding/find-credentials.ts';
import { listEventsOf } from '../../src/audit/audit-log.ts';
import { createSealedBox } from '../../src/crypto/sealed-box.ts';
import { reserveAttempt } from '../../src/limits/counters.ts';
import { confirmTotpEnrolment, startTotpEnrolment } from '../../src/second-factors/enrol-totp.ts';
import { refresh, signedIn, WEB } from '../protocol/apps.ts';
import { makeTestDatabase } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { totpCode } from '../support/sign-in.ts';
import { PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';
import { answerOf, developmentPlace, failureOf, gatehouse, type Place } from './command-line.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

const here = (): Place => developmentPlace(server.dataDir);

let people = 0;
const newAddress = (): string => `person-${++people}@example.test`;

/** Made at the command line, with PASSWORD. */
async function somebody(...more: string[]): Promise<{ email: string; id: string }> {
  const email = newAddress();
  const words = ['user', 'create', '--email', email, '--password-stdin', ...more];
  const { id } = await answerOf(here(), words, { stdin: `${PASSWORD}\n` });
  return { email, id: String(id) };
}

const OFFLINE = { params: { scope: 'openid offline_access' } };
const refreshed = async (refreshToken: string) => (await refresh(server.issuer, WEB, refreshToken)).status;

test('an account made here signs in at once', async () => {
  const { email } = await somebody();
  expect((await signedIn(server.issuer, { email })).tokens.idToken).toMatch(/^ey/);
});

test('everything about an account can be stated when it is made, and is shown', async () => {
  for (const role of ['clerk', 'auditor']) await answerOf(here(), ['role', 'create', role]);
  const { email, id } = await somebody(
    ...['--username', 'Jane.Doe', '--name', 'Jane Doe', '--email-verified'],
    ...['--role', 'clerk', '--role', 'auditor', '--role', 'clerk'],
  );
  const shown = await answerOf(here(), ['user', 'show', 'jane.doe']);
  expect(shown).toEqual({
    id,
    email,
    email_verified: true,
    username: 'Jane.Doe',
    name: 'Jane Doe',
    status: 'active',
    status_reason: null,
    delete_at: null,
    created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    last_sign_in_at: null,
    roles: ['auditor', 'clerk'],
    second_factor: false,
    second_factor_demanded_by_role: false,
    profile: {},
    attributes: {},
    recovery_codes_left: 0,
  });
  for (const who of [id, email.toUpperCase()]) expect((await answerOf(here(), ['user', 'show', who]))['id']).toBe(id);
  const { stdout } = await gatehouse(here(), ['user', 'show', id]);
  expect(stdout).toMatch(/^id +\S+\ne-mail +person.*\nusername +Jane.Doe\nname +Jane Doe\nstatus +active\n/);
});

test('where nobody can be asked and no password comes in, a strong one is made and shown once', async () => {
  const email = newAddress();
  const { stdout, exitCode } = await gatehouse(here(), ['user', 'create', '--email', email]);
  expect(exitCode).toBe(0);
  const password = /^Password: (\S+)\nIt is shown only this once\.$/m.exec(stdout)?.[1] ?? '';
  expect(password).toMatch(/^[a-z2-9]{5}(-[a-z2-9]{5}){4}$/);
  const answer = await answerOf(here(), ['user', 'create', '--email', newAddress()]);
  expect(answer['password']).not.toBe(password);
  expect(await hasherSays(email, password)).toBe(true);
  expect((await answerOf(here(), ['user', 'show', email]))['password']).toBeUndefined();
});

async function hasherSays(email: string, password: string): Promise<boolean> {
  const found = await findCredentials(server.database.db, email);
  return (await server.hasher.verify(found?.passwordHash, password)).matches;
}

test('a generated password meets the longest minimum there can be', async () => {
  const files = { 'config/gatehouse.yaml': 'passwords:\n  min_length: 64\n  max_length: 64\n' };
  const place = developmentPlace(server.dataDir, files);
  const { password } = await answerOf(place, ['user', 'create', '--email', newAddress()]);
  expect(String(password)).toHaveLength(64);
});

test('at a terminal the password is asked for twice and never shown', async () => {
  const email = newAddress();
  const typed = `${PASSWORD}\r${PASSWORD}\r`;
  const { exitCode, stdout, stderr } = await gatehouse(here(), ['user', 'create', '--email', email], { typed });
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 0,
    stdout: `Created ${email}.\n`,
    stderr: 'Password: \nThe same again: \n',
  });
  expect(await hasherSays(email, PASSWORD)).toBe(true);
});

test('the first password does not come back with the arrow key', async () => {
  const typed = `${PASSWORD}\r\u001b[A\r`;
  const { exitCode, stderr } = await gatehouse(here(), ['user', 'create', '--email', newAddress()], { typed });
  expect(exitCode).toBe(1);
  expect(stderr).toContain('The two passwords differ.');
});

test.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s at the question changes nothing', async (_key, typed) => {
  const email = newAddress();
  expect(await failureAtTerminal(['user', 'create', '--email', email], typed)).toMatch(/\nNothing was changed\.\n$/);
  expect(await failureOf(here(), ['user', 'show', email])).toMatchObject({ code: 'not_found' });
});

async function failureAtTerminal(words: string[], typed: string): Promise<string> {
  const { exitCode, stdout, stderr } = await gatehouse(here(), words, { typed });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  return stderr;
}

test('everything wrong with a new account is said at once, and nothing is made', async () => {
  const words = ['user', 'create', '--email', 'nobody', '--username', 'x', '--password-stdin'];
  const { exitCode, stderr } = await gatehouse(here(), words, { stdin: 'short' });
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /^No account was created:\n {2}--email: .+\n {2}--username: .+\n {2}password: Use at least 15/,
  );
});

test.each([
  ['nothing', ''],
  ['an empty line', '\n'],
  ['two lines', `${PASSWORD}\n${PASSWORD}\n`],
])('%s on stdin is no password', async (_what, stdin) => {
  const words = ['user', 'create', '--email', newAddress(), '--password-stdin'];
  expect(await failureOf(here(), words, { stdin })).toMatchObject({ exitCode: 1, code: 'invalid' });
});

test('an address or a username that is taken is refused, in any spelling', async () => {
  const { email } = await somebody('--username', 'taken.name');
  const again = ['user', 'create', '--email', email.toUpperCase()];
  expect(await failureOf(here(), again)).toMatchObject({ exitCode: 1, code: 'taken' });
  const sameName = ['user', 'create', '--email', newAddress(), '--username', 'TAKEN.name'];
  expect(await failureOf(here(), sameName)).toMatchObject({ exitCode: 1, code: 'taken' });
});

test('an unknown role is refused before anything is made', async () => {
  const email = newAddress();
  await answerOf(here(), ['role', 'create', 'known-role']);
  const words = ['user', 'create', '--email', email, '--role', 'known-role', '--role', 'unknown-role'];
  const failure = await failureOf(here(), words);
  expect(failure).toMatchObject({ exitCode: 1, code: 'not_found' });
  expect(failure.message).toMatch(
    /^There is no role "unknown-role", so no account was created\. Known roles: .*known-/,
  );
  expect(await failureOf(here(), ['user', 'show', email])).toMatchObject({ code: 'not_found' });
});

test('who is not there is not found, by any command, and the name given cannot reach the terminal', async () => {
  for (const command of ['show', 'ban', 'unban', 'delete', 'reset-mfa', 'set-password']) {
    const words = ['user', command, 'x\u001b[2J', ...(command === 'delete' ? ['--yes'] : [])];
    const { exitCode, stdout, stderr } = await gatehouse(here(), words);
    expect({ command, exitCode, stdout }).toEqual({ command, exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^There is no account "x\\u001b\[2J"/);
  }
});

test('the last administrator is shut out or deleted only by who says so', async () => {
  const database = await makeTestDatabase('pglite');
  onTestFinished(database.remove);
  const place = developmentPlace(database.dataDir);
  await answerOf(place, ['user', 'create', '--email', 'root@example.test', '--role', 'gatehouse:admin']);
  const failure = await failureOf(place, ['user', 'ban', 'root@example.test']);
  expect(failure).toMatchObject({ code: 'last_administrator', exitCode: 1 });
  const asked = await gatehouse(place, ['user', 'ban', 'root@example.test'], { typed: '\r' });
  expect(asked.exitCode).toBe(1);
  expect(await answerOf(place, ['user', 'show', 'root@example.test'])).toMatchObject({ status: 'active' });
  expect(await answerOf(place, ['user', 'ban', 'root@example.test', '--yes'])).toMatchObject({ status: 'banned' });
  expect(await answerOf(place, ['user', 'unban', 'root@example.test'])).toMatchObject({ status: 'active' });
  const deleted = await answerOf(place, ['user', 'delete', 'root@example.test', '--yes']);
  expect(deleted).toMatchObject({ deleted: true });
});

test('a ban ends sessions and tokens at once, and being let in again does not bring them back', async () => {
  const { email, id } = await somebody();
  const { tokens } = await signedIn(server.issuer, { email, ...OFFLINE });
  expect(await answerOf(here(), ['user', 'ban', email, '--reason', 'laptop\nstolen'])).toEqual({
    id,
    email,
    status: 'banned',
    status_reason: 'laptop\nstolen',
    sessions_ended: 1,
  });
  expect(await refreshed(tokens.refreshToken)).toBe(400);
  expect((await gatehouse(here(), ['user', 'show', email])).stdout).toMatch(/status +banned: laptop\\u000astolen\n/);
  expect(await answerOf(here(), ['user', 'unban', email])).toEqual({ id, email, status: 'active' });
  expect(await refreshed(tokens.refreshToken)).toBe(400);
  expect((await signedIn(server.issuer, { email })).tokens.idToken).toMatch(/^ey/);
});

test('a new password ends sessions and tokens; the old one is worth nothing', async () => {
  const { email } = await somebody();
  const { tokens } = await signedIn(server.issuer, { email, ...OFFLINE });
  const words = ['user', 'set-password', email, '--password-stdin'];
  const answer = await answerOf(here(), words, { stdin: 'another long enough phrase\r\n' });
  expect(answer).toEqual({ id: expect.any(String), email, sessions_ended: 1 });
  expect(await refreshed(tokens.refreshToken)).toBe(400);
  expect(await hasherSays(email, PASSWORD)).toBe(false);
  expect(await hasherSays(email, 'another long enough phrase')).toBe(true);
  const mails = await server.database.db
    .selectFrom('mail_outbox')
    .select('message')
    .where('recipient', '=', email)
    .execute();
  expect(mails).toEqual([{ message: 'password_changed' }]);
});

test('a refused new password changes nothing and ends nothing', async () => {
  const { email } = await somebody();
  const { tokens } = await signedIn(server.issuer, { email, ...OFFLINE });
  const words = ['user', 'set-password', email, '--password-stdin'];
  const { exitCode, stderr } = await gatehouse(here(), words, { stdin: 'short' });
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: `The password of ${email} was not changed:\n  Use at least 15 characters; this password has 5.\n`,
  });
  expect(await refreshed(tokens.refreshToken)).toBe(200);
});

test('a reset takes the authenticator and the recovery codes, forgets failed tries and ends sessions', async () => {
  const { email, id } = await somebody();
  const { tokens } = await signedIn(server.issuer, { email, ...OFFLINE });
  await enrol(id);
  await reserveAttempt(deps(), `second-factor:${id}`, { attempts: 1, windowSeconds: 900 });
  expect(await answerOf(here(), ['user', 'show', id])).toMatchObject({ second_factor: true, recovery_codes_left: 10 });
  const answer = await answerOf(here(), ['user', 'reset-mfa', email]);
  expect(answer).toEqual({ id, email, removed: true, sessions_ended: 1 });
  expect(await answerOf(here(), ['user', 'show', id])).toMatchObject({ second_factor: false, recovery_codes_left: 0 });
  expect(await refreshed(tokens.refreshToken)).toBe(400);
  const tries = await reserveAttempt(deps(), `second-factor:${id}`, { attempts: 1, windowSeconds: 900 });
  expect(tries.allowed).toBe(true);
  expect((await answerOf(here(), ['user', 'reset-mfa', email]))['removed']).toBe(false);
  // Once for what was taken, by mail too; not for the second try, which took nothing.
  const events = await listEventsOf(server.database.db, id, { limit: 10 });
  const ofFactors = events.filter(({ event }) => event.startsWith('factor.'));
  expect(ofFactors.map(({ event, actor }) => `${event} ${actor}`)).toEqual([
    'factor.removed operator',
    `factor.added account:${id}`,
  ]);
  const mails = await server.database.db
    .selectFrom('mail_outbox')
    .select('message')
    .where('account_id', '=', id)
    .execute();
  expect(mails.flatMap(({ message }) => (message.startsWith('factor_') ? [message] : [])).sort()).toEqual([
    'factor_added',
    'factor_removed',
  ]);
});

const deps = () => ({ db: server.database.db, clock: movingClock });

async function enrol(accountId: string): Promise<void> {
  const account = await findAccount(server.database.db, accountId);
  if (account === undefined) throw new Error(accountId);
  const { secret } = startTotpEnrolment({ issuerName: 'Test', account });
  const needed = { ...deps(), box: createSealedBox(randomBytes(32)), hasher: server.hasher, config: server.config };
  const by = { source: undefined } as const;
  const confirmation = { account, by, secret, code: totpCode(secret) };
  const enrolled = await confirmTotpEnrolment(needed, confirmation);
  expect(enrolled.outcome).toBe('enrolled');
}

test('deleting asks first at a terminal, and only yes means yes', async () => {
  const { email } = await somebody();
  const refusal = await failureAtTerminal(['user', 'delete', email], 'n\r');
  expect(refusal).toContain(`Delete ${email} with roles, second factors and consents? [y/N]`);
  expect(refusal).toMatch(/Nothing was changed\.\n$/);
  await answerOf(here(), ['user', 'show', email]);
  expect((await gatehouse(here(), ['user', 'delete', email], { typed: 'Yes\r' })).exitCode).toBe(0);
  expect(await failureOf(here(), ['user', 'show', email])).toMatchObject({ code: 'not_found' });
});

test('a deleted account is out at once, and its address is free', async () => {
  const { email, id } = await somebody();
  const { tokens } = await signedIn(server.issuer, { email, ...OFFLINE });
  expect(await answerOf(here(), ['user', 'delete', id, '--yes'])).toEqual({ id, email, deleted: true });
  expect(await refreshed(tokens.refreshToken)).toBe(400);
  const again = await answerOf(here(), ['user', 'create', '--email', email]);
  expect(again['id']).not.toBe(id);
});

test('the list can be cut and narrowed, and says when there is more', async () => {
  const banned = await somebody();
  await somebody();
  await answerOf(here(), ['user', 'ban', banned.email]);
  const first = await answerOf(here(), ['user', 'list', '--limit', '1']);
  expect(first).toMatchObject({ accounts: [expect.anything()], more: true });
  const { stdout } = await gatehouse(here(), ['user', 'list', '--limit', '1']);
  expect(stdout).toMatch(/^E-MAIL +USERNAME +NAME +STATUS +LAST SIGN-IN\n.*\nThere are more; --limit shows them\.\n$/);
  const { accounts } = (await answerOf(here(), ['user', 'list', '--status', 'banned'])) as {
    accounts: { email: string; status: string }[];
  };
  expect(accounts.map(({ email }) => email)).toContain(banned.email);
  expect(new Set(accounts.map(({ status }) => status))).toEqual(new Set(['banned']));
});

test('the last sign-in is shown', async () => {
  const { email } = await somebody();
  await signedIn(server.issuer, { email });
  expect((await answerOf(here(), ['user', 'show', email]))['last_sign_in_at']).toMatch(/^\d{4}-/);
});

test('where somebody is signed in is shown, and ended: one session, or all', async () => {
  const { email, id } = await somebody();
  const sessions = async () =>
    (await answerOf(here(), ['user', 'sessions', email]))['sessions'] as { session: string }[];
  expect(await sessions()).toEqual([]);
  const visits = [await signedIn(server.issuer, { email }), await signedIn(server.issuer, { email, ...OFFLINE })];
  const [one, ...others] = await sessions();
  expect(one).toMatchObject({ last_address: '127.0.0.1', kept: false, client_ids: ['web'] });
  expect(others).toHaveLength(1);
  const handle = one?.session ?? '';
  const end = (...more: string[]) => ['user', 'end-sessions', email, ...more];
  expect(await answerOf(here(), end('--session', handle))).toMatchObject({ sessions_ended: 1 });
  expect(await failureOf(here(), end('--session', handle))).toMatchObject({ code: 'not_found' });
  expect(await answerOf(here(), end())).toMatchObject({ sessions_ended: 1 });
  expect(await sessions()).toEqual([]);
  const events = await listEventsOf(server.database.db, id, { limit: 10 });
  const ended = events.filter(({ event }) => event.startsWith('session'));
  expect(ended.map(({ event, actor }) => [event, actor])).toEqual([
    ['sessions.ended', 'operator'],
    ['session.ended', 'operator'],
  ]);
  expect(visits).toHaveLength(2);
});
