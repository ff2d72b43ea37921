// Roles and who has them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grantRole, revokeRole } from '../../../src/roles/assignments.ts';
import { heldRoles, rolesOf } from '../../../src/roles/held.ts';
import { findRole, listRoles } from '../../../src/roles/role.ts';
import { changeRole, createRole, deleteRole } from '../../../src/roles/roles.ts';
import { countsOf } from '../../../src/roles/usage.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../../support/database.ts';
import { depsFor, person } from '../accounts/people.ts';

const kinds = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

describe.each(kinds)('on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  test('a new database has the product’s own roles', async () => {
    const roles = await listRoles(database.db);
    expect(roles.map(({ name }) => name).filter((name) => name.startsWith('gatehouse:'))).toEqual([
      'gatehouse:admin',
      'gatehouse:auditor',
      'gatehouse:helpdesk',
    ]);
    for (const role of roles)
      expect(role).toMatchObject({ origin: 'product', description: expect.stringMatching(/./) });
  });

  test('a role is created once', async () => {
    const deps = depsFor(database.db);
    const creations = await Promise.all(
      Array.from({ length: 10 }, () => createRole(deps, { name: 'vendor', description: 'Manages own listings.' })),
    );
    expect(creations.map(({ outcome }) => outcome).sort()).toEqual(['created', ...Array(9).fill('taken')]);
    expect(await findRole(deps.db, 'vendor')).toEqual({
      name: 'vendor',
      description: 'Manages own listings.',
      mfa: 'optional',
      clientId: undefined,
      resource: undefined,
      origin: 'made_here',
      goneAt: undefined,
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
      includes: [],
      permissions: [],
    });
  });

  test.each([['sub'], ['__proto__'], ['gatehouse:admin'], ['gatehouse:new'], ['Vendor'], ['']])(
    'a role cannot be called %j (T18)',
    async (name) => {
      const before = await listRoles(database.db);
      expect(await createRole(depsFor(database.db), { name, description: '' })).toMatchObject({ outcome: 'invalid' });
      expect(await listRoles(database.db)).toEqual(before);
    },
  );

  test('a description is one line', async () => {
    const deps = depsFor(database.db);
    for (const description of ['two\nlines', 'nul\0', 'x'.repeat(201)]) {
      expect(await createRole(deps, { name: 'described', description })).toMatchObject({ outcome: 'invalid' });
    }
  });

  test('roles are granted, listed in order and revoked', async () => {
    const deps = depsFor(database.db);
    const { id: accountId } = await person(deps);
    for (const name of ['writer', 'reader']) await createRole(deps, { name, description: '' });
    expect(await rolesOf(deps, accountId)).toEqual([]);
    for (const role of ['writer', 'gatehouse:helpdesk', 'reader']) {
      expect(await grantRole(deps.db, { accountId, role })).toBe('granted');
    }
    expect(await grantRole(deps.db, { accountId, role: 'writer' })).toBe('already');
    expect(await rolesOf(deps, accountId)).toEqual(['gatehouse:helpdesk', 'reader', 'writer']);
    expect(await revokeRole(deps.db, { accountId, role: 'writer' })).toBe('revoked');
    expect(await revokeRole(deps.db, { accountId, role: 'writer' })).toBe('not_assigned');
    expect(await rolesOf(deps, accountId)).toEqual(['gatehouse:helpdesk', 'reader']);
  });

  test('a role nobody made cannot be granted, even with the product’s prefix', async () => {
    const deps = depsFor(database.db);
    const { id: accountId } = await person(deps);
    expect(await grantRole(deps.db, { accountId, role: 'unheard-of' })).toBe('unknown_role');
    expect(await grantRole(deps.db, { accountId, role: 'gatehouse:unheard-of' })).toBe('unknown_role');
  });

  test('a deleted role says how many accounts lost it, and leaves their other roles', async () => {
    const deps = depsFor(database.db);
    for (const name of ['doomed', 'kept']) await createRole(deps, { name, description: '' });
    const people = [await person(deps), await person(deps), await person(deps)];
    for (const { id } of people) {
      await grantRole(deps.db, { accountId: id, role: 'doomed' });
      await grantRole(deps.db, { accountId: id, role: 'kept' });
    }
    expect((await countsOf(deps.db)).roles.get('doomed')).toBe(3);
    expect(await deleteRole(deps.db, 'doomed', () => false)).toMatchObject({ outcome: 'in_use', use: { accounts: 3 } });
    for (const { id } of people) expect(await rolesOf(deps, id)).toEqual(['doomed', 'kept']);
    expect(await deleteRole(deps.db, 'doomed')).toMatchObject({ outcome: 'deleted', use: { accounts: 3 } });
    expect(await deleteRole(deps.db, 'doomed')).toEqual({ outcome: 'unknown' });
    for (const { id } of people) expect(await rolesOf(deps, id)).toEqual(['kept']);
  });

  test('the product’s own roles cannot be deleted', async () => {
    expect(await deleteRole(database.db, 'gatehouse:admin')).toEqual({ outcome: 'reserved' });
    expect((await listRoles(database.db)).map(({ name }) => name)).toContain('gatehouse:admin');
  });

  test('whoever has one role that demands a second factor needs one, from the moment that the role demands it', async () => {
    const deps = depsFor(database.db);
    const { id: accountId } = await person(deps);
    for (const name of ['plain', 'strict']) await createRole(deps, { name, description: 'As it was.' });
    expect(await heldRoles(deps, accountId)).toMatchObject({ roles: [], requireSecondFactor: false });
    for (const role of ['strict', 'plain']) await grantRole(deps.db, { accountId, role });
    expect(await heldRoles(deps, accountId)).toMatchObject({ roles: ['plain', 'strict'], requireSecondFactor: false });
    const changed = await changeRole(deps, { name: 'strict', mfa: 'required' });
    expect(changed).toMatchObject({
      outcome: 'changed',
      role: { name: 'strict', description: 'As it was.', mfa: 'required' },
    });
    expect(await heldRoles(deps, accountId)).toMatchObject({ roles: ['plain', 'strict'], requireSecondFactor: true });
    await changeRole(deps, { name: 'strict', description: 'Anew.' });
    expect((await listRoles(deps.db)).find(({ name }) => name === 'strict')).toMatchObject({
      description: 'Anew.',
      mfa: 'required',
    });
    await revokeRole(deps.db, { accountId, role: 'strict' });
    expect((await heldRoles(deps, accountId)).requireSecondFactor).toBe(false);
  });

  test('administrators of the product always need one, and not even a statement can change that', async () => {
    const { db } = database;
    const admin = async () => (await listRoles(db)).find(({ name }) => name === 'gatehouse:admin');
    const before = await admin();
    expect(before).toMatchObject({ mfa: 'required' });
    expect(await changeRole(depsFor(db), { name: 'gatehouse:admin', mfa: 'optional' })).toEqual({
      outcome: 'reserved',
    });
    await expect(
      db.updateTable('roles').set({ mfa: 'optional' }).where('name', '=', 'gatehouse:admin').execute(),
    ).rejects.toThrow('roles_admin_mfa_check');
    expect(await changeRole(depsFor(db), { name: 'gatehouse:admin', mfa: 'required' })).toMatchObject({
      outcome: 'changed',
    });
    expect(await admin()).toEqual({ ...before, updatedAt: expect.any(Date) });
    expect(await changeRole(depsFor(db), { name: 'gatehouse:helpdesk', mfa: 'required' })).toMatchObject({
      outcome: 'changed',
    });
    for (const mfa of [undefined, 'required'] as const) {
      const described = { name: 'gatehouse:helpdesk', description: 'Something else', mfa };
      expect(await changeRole(depsFor(db), described)).toEqual({ outcome: 'reserved' });
    }
  });

  test('a role that is not there, or a description of two lines, changes nothing', async () => {
    expect(await changeRole(depsFor(database.db), { name: 'nobody', mfa: 'required' })).toEqual({ outcome: 'unknown' });
    const change = { name: 'vendor', description: 'two\nlines', mfa: 'required' as const };
    expect(await changeRole(depsFor(database.db), change)).toMatchObject({ outcome: 'invalid' });
    expect((await listRoles(database.db)).find(({ name }) => name === 'vendor')).toMatchObject({ mfa: 'optional' });
  });

  test('a role that is deleted while it is granted ends up granted to nobody', async () => {
    const deps = depsFor(database.db);
    const people = [await person(deps), await person(deps), await person(deps), await person(deps)];
    for (let round = 0; round < 5; round += 1) {
      await createRole(deps, { name: 'fleeting', description: '' });
      const [deletion, ...grants] = await Promise.all([
        deleteRole(deps.db, 'fleeting'),
        ...people.map(({ id }) => grantRole(deps.db, { accountId: id, role: 'fleeting' })),
      ]);
      expect(deletion.outcome).toBe('deleted');
      for (const grant of grants) expect(['granted', 'unknown_role']).toContain(grant);
      for (const { id } of people) expect(await rolesOf(deps, id)).not.toContain('fleeting');
    }
  });
});
