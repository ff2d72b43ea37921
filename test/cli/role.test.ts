// An operator looks after roles. Every test has roles and a person of its own.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { provideDemoRoles } from '../../src/server/demo.ts';
import { type OpenTestDatabase, openTestDatabase } from '../support/database.ts';
import { answerOf, developmentPlace, failureOf, gatehouse, type Place } from './command-line.ts';

let database: OpenTestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});

afterAll(() => database.close());

const here = (): Place => developmentPlace(database.dataDir);
const person = async (email: string) => {
  await answerOf(here(), ['user', 'create', '--email', email]);
  return email;
};

interface Listed {
  readonly name: string;
  readonly description: string;
  readonly mfa: string;
  readonly accounts: number;
}

const listed = async (name: string): Promise<Listed | undefined> => {
  const { roles } = (await answerOf(here(), ['role', 'list'])) as unknown as { roles: Listed[] };
  return roles.find((role) => role.name === name);
};

test('a role is made, given, counted, taken and deleted', async () => {
  const jane = await person('jane@example.test');
  const created = await answerOf(here(), ['role', 'create', 'editor', '--description', 'Writes articles']);
  expect(created).toMatchObject({
    name: 'editor',
    description: 'Writes articles',
    mfa: 'optional',
    origin: 'made_here',
  });
  expect(await answerOf(here(), ['role', 'grant', 'editor', jane])).toMatchObject({ email: jane, changed: true });
  expect(await answerOf(here(), ['role', 'grant', 'editor', jane])).toMatchObject({ changed: false });
  expect(await listed('editor')).toMatchObject({ description: 'Writes articles', accounts: 1 });
  expect((await answerOf(here(), ['user', 'show', jane]))['roles']).toEqual(['editor']);
  expect(await answerOf(here(), ['role', 'revoke', 'editor', jane])).toMatchObject({ changed: true });
  expect(await answerOf(here(), ['role', 'revoke', 'editor', jane])).toMatchObject({ changed: false });
  expect(await answerOf(here(), ['role', 'delete', 'editor', '--yes'])).toMatchObject({ name: 'editor', accounts: 0 });
  expect(await listed('editor')).toBeUndefined();
});

test('a role demands a second factor from the beginning, or from when it is changed, and the list says so', async () => {
  const made = await answerOf(here(), ['role', 'create', 'treasurer', '--mfa', 'required']);
  expect(made).toMatchObject({ name: 'treasurer', description: '', mfa: 'required' });
  await answerOf(here(), ['role', 'create', 'clerk', '--description', 'Files things']);
  expect(await listed('treasurer')).toMatchObject({ mfa: 'required' });
  expect(await listed('clerk')).toMatchObject({ mfa: 'optional' });
  expect(await listed('gatehouse:admin')).toMatchObject({ mfa: 'required' });
  const changed = await answerOf(here(), ['role', 'change', 'clerk', '--mfa', 'required']);
  expect(changed).toMatchObject({ name: 'clerk', description: 'Files things', mfa: 'required' });
  const carl = await person('carl@example.test');
  await answerOf(here(), ['role', 'grant', 'clerk', carl]);
  const shown = await answerOf(here(), ['user', 'show', carl]);
  expect(shown).toMatchObject({ roles: ['clerk'], second_factor: false, second_factor_demanded_by_role: true });
  await answerOf(here(), ['role', 'revoke', 'clerk', carl]);
  await answerOf(here(), ['role', 'change', 'clerk', '--description', 'Files more']);
  expect(await listed('clerk')).toMatchObject({ mfa: 'required', description: 'Files more' });
  await answerOf(here(), ['role', 'change', 'clerk', '--mfa', 'optional']);
  const { stdout } = await gatehouse(here(), ['role', 'list']);
  expect(stdout).toMatch(/^ROLE +ACCOUNTS +MFA +FROM +DESCRIPTION$/m);
  expect(stdout).toMatch(/^treasurer +0 +required +made_here/m);
  expect(stdout).toMatch(/^clerk +0 +optional +made_here +Files more$/m);
});

test('what a change cannot be is refused with its reason, and nothing is changed', async () => {
  const admin = await listed('gatehouse:admin');
  const reserved = await failureOf(here(), ['role', 'change', 'gatehouse:admin', '--mfa', 'optional']);
  expect(reserved).toMatchObject({ exitCode: 1, code: 'reserved' });
  expect(await listed('gatehouse:admin')).toEqual(admin);
  await answerOf(here(), ['role', 'create', 'porter']);
  expect(await failureOf(here(), ['role', 'change', 'porter'])).toMatchObject({ exitCode: 1, code: 'invalid' });
  expect((await gatehouse(here(), ['role', 'change', 'porter', '--mfa', 'yes'])).exitCode).toBe(2);
  expect((await gatehouse(here(), ['role', 'create', 'usher', '--mfa', ''])).exitCode).toBe(2);
  expect(await listed('porter')).toMatchObject({ mfa: 'optional' });
  expect(await listed('usher')).toBeUndefined();
});

test('deleting a role says first how many accounts have it', async () => {
  await answerOf(here(), ['role', 'create', 'courier']);
  for (const email of ['one@example.test', 'two@example.test']) {
    await answerOf(here(), ['role', 'grant', 'courier', await person(email)]);
  }
  const kept = await gatehouse(here(), ['role', 'delete', 'courier'], { typed: '\r' });
  expect(kept.exitCode).toBe(1);
  expect(kept.stderr).toContain('Delete the role courier, which 2 accounts have? [y/N]');
  expect(await listed('courier')).toMatchObject({ accounts: 2 });
  const { stdout } = await gatehouse(here(), ['role', 'delete', 'courier', '--yes']);
  expect(stdout).toBe('Deleted the role courier; 2 accounts had it.\n');
  expect((await answerOf(here(), ['user', 'show', 'one@example.test']))['roles']).toEqual([]);
});

test('names that are taken, malformed or reserved are refused', async () => {
  await answerOf(here(), ['role', 'create', 'packer']);
  expect(await failureOf(here(), ['role', 'create', 'packer'])).toMatchObject({ exitCode: 1, code: 'taken' });
  for (const name of ['Packer', 'gatehouse:root', 'email', '']) {
    expect(await failureOf(here(), ['role', 'create', name])).toMatchObject({ exitCode: 1, code: 'invalid' });
  }
});

test("Gatehouse's own roles can be given but not deleted", async () => {
  const boss = await person('boss@example.test');
  await answerOf(here(), ['role', 'grant', 'gatehouse:admin', boss]);
  const failure = await failureOf(here(), ['role', 'delete', 'gatehouse:admin', '--yes']);
  expect(failure).toMatchObject({ exitCode: 1, code: 'reserved' });
  expect(await listed('gatehouse:admin')).toMatchObject({ accounts: 1 });
});

test('a role or person that is not there is not found', async () => {
  const joe = await person('joe@example.test');
  for (const words of [
    ['role', 'grant', 'no-such-role', joe],
    ['role', 'revoke', 'no-such-role', joe],
    ['role', 'delete', 'no-such-role', '--yes'],
    ['role', 'change', 'no-such-role', '--mfa', 'required'],
    ['role', 'grant', 'gatehouse:admin', 'nobody@example.test'],
  ]) {
    expect(await failureOf(here(), words)).toMatchObject({ exitCode: 1, code: 'not_found' });
  }
});

test("the demo's roles are made once where no file declares them: who deletes one does not find it again", async () => {
  const deps = { db: database.db, clock: systemClock };
  const nothing = { roles: [] };
  await provideDemoRoles(deps, nothing);
  expect(await listed('vendor')).toMatchObject({ description: 'Manages their own listings' });
  expect(await listed('shop-admin')).toMatchObject({ description: 'Adds and deletes products' });
  await answerOf(here(), ['role', 'delete', 'vendor', '--yes']);
  await provideDemoRoles(deps, nothing);
  expect(await listed('vendor')).toBeUndefined();
  expect(await listed('shop-admin')).toBeDefined();
});
