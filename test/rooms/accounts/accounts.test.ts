// What happens to accounts after they were made.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isUsable } from '../../../src/accounts/account.ts';
import {
  deleteAccount,
  findAccount,
  liftBan,
  recordSignIn,
  renewPasswordHash,
  setBanned,
  setDeleting,
  setPasswordHash,
  takeDueAccount,
  unsetDeleting,
} from '../../../src/accounts/accounts.ts';
import { findCredentials } from '../../../src/accounts/finding/find-credentials.ts';
import { listAccounts } from '../../../src/accounts/finding/list-accounts.ts';
import { preparePassword } from '../../../src/accounts/prepare-password.ts';
import { grantRole } from '../../../src/roles/assignments.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../support/database.ts';
import { depsFor, person } from './people.ts';

let database: OpenTestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const NOBODY = '00000000-0000-4000-8000-000000000000';

test('a banned account is not usable until it is unbanned', async () => {
  const deps = depsFor(database.db);
  const { id } = await person(deps);
  expect(await setBanned(deps, { accountId: id, reason: 'spam' })).toMatchObject({ id, status: 'banned' });
  const banned = await findAccount(deps.db, id);
  expect(banned).toMatchObject({ status: 'banned', statusReason: 'spam' });
  expect(banned && isUsable(banned)).toBe(false);
  expect(await liftBan(deps, id)).toMatchObject({ status: 'active' });
  expect(await liftBan(deps, id)).toBeUndefined();
  const unbanned = await findAccount(deps.db, id);
  expect(unbanned).toMatchObject({ status: 'active', statusReason: undefined });
  expect(unbanned && isUsable(unbanned)).toBe(true);
});

test('an account that is being deleted is not usable, can be kept, and is due when its time is over', async () => {
  const deps = depsFor(database.db);
  const { id } = await person(deps);
  const leaving = await setDeleting(deps, { accountId: id, inSeconds: 60 });
  expect(leaving && isUsable(leaving)).toBe(false);
  expect(leaving?.deleteAt?.getTime()).toBeGreaterThan(deps.clock.now().getTime());
  expect(await setDeleting(deps, { accountId: id, inSeconds: 60 })).toBeUndefined();
  expect(await unsetDeleting(deps, id)).toMatchObject({ status: 'active', deleteAt: undefined });
  expect(await unsetDeleting(deps, id)).toBeUndefined();
  await setDeleting(deps, { accountId: id, inSeconds: 60 });
  expect(await takeDueAccount(deps)).toBeUndefined();
  deps.clock.advance(61);
  expect(await takeDueAccount(deps)).toMatchObject({ id });
  await deleteAccount(deps.db, id);
});

test('a ban takes the way to keep the account, and lifting it goes on with the deletion', async () => {
  const deps = depsFor(database.db);
  const { id } = await person(deps);
  await setDeleting(deps, { accountId: id, inSeconds: 60 });
  expect(await setBanned(deps, { accountId: id, reason: undefined })).toMatchObject({ status: 'banned' });
  expect(await unsetDeleting(deps, id)).toBeUndefined();
  expect(await liftBan(deps, id)).toMatchObject({ status: 'deleting' });
  await setBanned(deps, { accountId: id, reason: undefined });
  deps.clock.advance(61);
  expect(await takeDueAccount(deps)).toMatchObject({ id, status: 'banned' });
  await deleteAccount(deps.db, id);
});

test('accounts are listed oldest first, some at a time, by status', async () => {
  const deps = depsFor(database.db);
  await deps.db.deleteFrom('accounts').execute();
  const made = [];
  for (let i = 0; i < 3; i += 1) {
    made.push((await person(deps)).email);
    deps.clock.advance(60);
  }
  expect((await listAccounts(deps.db, { limit: 10 })).map(({ email }) => email)).toEqual(made);
  expect((await listAccounts(deps.db, { limit: 2 })).map(({ email }) => email)).toEqual(made.slice(0, 2));
  expect(await listAccounts(deps.db, { limit: 10, status: 'banned' })).toEqual([]);
});

test('the last sign-in is noted by database time', async () => {
  const deps = depsFor(database.db);
  const account = await person(deps);
  deps.clock.advance(3600);
  await recordSignIn(deps, { accountId: account.id, language: 'en' });
  const lastSignInAt = (await findAccount(deps.db, account.id))?.lastSignInAt;
  expect(lastSignInAt && Math.abs(lastSignInAt.getTime() - deps.clock.now().getTime())).toBeLessThan(5_000);
});

test('a deleted account is gone with its roles, and its address makes another account (T46)', async () => {
  const deps = depsFor(database.db);
  const account = await person(deps, { email: 'again@example.test' });
  await grantRole(deps.db, { accountId: account.id, role: 'gatehouse:auditor' });
  expect(await deleteAccount(deps.db, account.id)).toMatchObject({ email: 'again@example.test' });
  expect(await findAccount(deps.db, account.id)).toBeUndefined();
  expect(
    await deps.db.selectFrom('role_assignments').selectAll().where('account_id', '=', account.id).execute(),
  ).toEqual([]);
  const successor = await person(deps, { email: 'again@example.test' });
  expect(successor.id).not.toBe(account.id);
});

test('a new password is hashed when it follows the rules, those about the names of its owner among them', async () => {
  const deps = depsFor(database.db);
  const account = await person(deps);
  for (const password of ['too short', account.email]) {
    expect(await preparePassword(deps, { account, password })).toMatchObject({ outcome: 'invalid' });
  }
  const prepared = await preparePassword(deps, { account, password: 'another good password' });
  const hash = prepared.outcome === 'prepared' ? prepared.passwordHash : '';
  expect((await deps.hasher.verify(hash, 'another good password')).matches).toBe(true);
});

test('a hash is not renewed when the password was changed meanwhile', async () => {
  const deps = depsFor(database.db);
  const account = await person(deps);
  const verified = (await findCredentials(deps.db, account.email))?.passwordHash ?? '';
  const passwordHash = await deps.hasher.hash('another good password');
  await setPasswordHash(deps.db, { accountId: account.id, passwordHash }, deps.clock);
  const changed = (await findCredentials(deps.db, account.email))?.passwordHash;
  await renewPasswordHash(deps.db, { accountId: account.id, verified, renewed: 'of the old password' });
  expect((await findCredentials(deps.db, account.email))?.passwordHash).toBe(changed);
});

test('what is done to nobody says so', async () => {
  const deps = depsFor(database.db);
  expect(await setBanned(deps, { accountId: NOBODY, reason: undefined })).toBeUndefined();
  expect(await setDeleting(deps, { accountId: NOBODY, inSeconds: 60 })).toBeUndefined();
  expect(await unsetDeleting(deps, NOBODY)).toBeUndefined();
  expect(await deleteAccount(deps.db, NOBODY)).toBeUndefined();
  expect(await setPasswordHash(deps.db, { accountId: NOBODY, passwordHash: 'hash' }, deps.clock)).toBe(false);
});
