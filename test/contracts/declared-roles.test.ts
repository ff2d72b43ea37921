// What roles.yaml declares meets the database: all of it or nothing, once whoever asks, and back in time as it was.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeclaredModel } from '../../src/config/roles/declared-model.ts';
import { nothingDeclared } from '../../src/config/roles/load-roles-file.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { clientRoles, grantClientRole } from '../../src/roles/client-roles.ts';
import { applyDeclared } from '../../src/roles/declared/apply.ts';
import { adoptGroup, changeGroup, createGroup, deleteGroup, findGroup } from '../../src/roles/groups.ts';
import { permissionsOf, rolesOf } from '../../src/roles/held.ts';
import { addMember } from '../../src/roles/members.ts';
import { adoptPermission, changePermission, createPermission, findPermission } from '../../src/roles/permissions.ts';
import { findRole } from '../../src/roles/role.ts';
import { adoptRole, changeRole, createRole, deleteRole } from '../../src/roles/roles.ts';
import { forgetGone, sweepExpiredRights } from '../../src/roles/sweep.ts';
import { depsFor, person } from '../rooms/accounts/people.ts';
import { type OpenTestDatabase, openTestDatabase } from '../support/database.ts';
import { atOnce, KINDS } from './racing.ts';

const API = 'https://api.example.test';
const place = { file: 'config/roles.yaml', line: 1, path: '' };
const DAY = 86_400;

const model = (more: Partial<DeclaredModel> = {}): DeclaredModel => ({
  ...nothingDeclared('config/roles.yaml'),
  exists: true,
  ...more,
});
const role = (name: string, more: Partial<DeclaredModel['roles'][number]> = {}) => ({
  name,
  description: '',
  mfa: 'optional' as const,
  clientId: undefined,
  resource: undefined,
  includes: [],
  permissions: [],
  place,
  ...more,
});
const POSTS = { resource: API, name: 'posts:add', description: 'Can add posts', place };
const FULL = model({
  permissions: [POSTS],
  // The one that includes stands before the one that is included.
  roles: [role('a-editor', { includes: ['b-author'] }), role('b-author', { permissions: [POSTS] })],
  groups: [{ name: 'staff', description: 'Staff', roles: ['a-editor'], place }],
  clients: [{ clientId: 'robot', roles: ['b-author'], place }],
});

describe.each(KINDS)('on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  const deps = () => depsFor(database.db);
  /** Events are never deleted: those of the tests before are passed over. */
  let seen = '0';
  /** Nothing declared, and nothing that could conflict. */
  const afresh = async () => {
    const { db } = database;
    await db.deleteFrom('client_roles').execute();
    await db.deleteFrom('groups').execute();
    await db.deleteFrom('roles').where('name', 'not like', 'gatehouse:%').execute();
    await db.deleteFrom('role_assignments').execute();
    await db.deleteFrom('permissions').where('resource', '<>', 'gatehouse').execute();
    const last = await db.selectFrom('audit_events').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
    seen = last?.id ?? '0';
  };
  const eventsNamed = async (event: string) =>
    (
      await database.db
        .selectFrom('audit_events')
        .select('details')
        .where('event', '=', event)
        .where('id', '>', seen)
        .execute()
    ).map(({ details }) => details);

  test('of eight processes that start at once one applies it, and one event says what', async () => {
    for (let round = 0; round < 3; round += 1) {
      await afresh();
      const applied = await atOnce(8, () => applyDeclared(deps(), FULL));
      expect(applied.map(({ outcome }) => outcome).sort()).toEqual(['applied', ...Array(7).fill('unchanged')]);
      expect(await eventsNamed('roles_file.applied')).toEqual([
        {
          added: [
            { what: `permission ${API} posts:add`, after: { description: 'Can add posts' } },
            { what: 'role a-editor', after: expect.objectContaining({ includes: ['b-author'] }) },
            { what: 'role b-author', after: expect.objectContaining({ permissions: [`${API} posts:add`] }) },
            { what: 'group staff', after: { description: 'Staff', roles: ['a-editor'] } },
            { what: 'client robot', after: { roles: ['b-author'] } },
          ],
          changed: [],
          removed: [],
          put_back: [],
        },
      ]);
    }
    expect(await clientRoles(database.db)).toEqual([{ clientId: 'robot', role: 'b-author', declared: true }]);
  });

  test('what is declared is read-only elsewhere', async () => {
    await afresh();
    await applyDeclared(deps(), FULL);
    expect(await changeRole(deps(), { name: 'b-author', description: 'x' })).toEqual({ outcome: 'declared' });
    expect(await deleteRole(database.db, 'b-author')).toEqual({ outcome: 'declared' });
    expect(await changeGroup(deps(), { name: 'staff', roles: [] })).toEqual({ outcome: 'declared' });
    expect(await deleteGroup(database.db, 'staff')).toEqual({ outcome: 'declared' });
    expect(await changePermission(deps(), { ...POSTS, description: 'x' })).toEqual({ outcome: 'declared' });
    expect(await createRole(deps(), { name: 'b-author', description: '' })).toEqual({ outcome: 'taken' });
  });

  test('what is declared no longer has no effect at once, and put back within a day everything is as it was', async () => {
    await afresh();
    const ours = deps();
    await applyDeclared(ours, FULL);
    const [ann, bob] = [await person(ours), await person(ours)];
    await grantRole(ours.db, { accountId: ann.id, role: 'b-author' });
    await addMember(ours, { group: 'staff', accountId: bob.id });
    expect(await rolesOf(ours, bob.id)).toEqual(['a-editor', 'b-author']);

    expect(await applyDeclared(ours, model())).toMatchObject({ outcome: 'applied' });
    expect(await rolesOf(ours, ann.id)).toEqual([]);
    expect(await rolesOf(ours, bob.id)).toEqual([]);
    expect(await grantRole(ours.db, { accountId: bob.id, role: 'b-author' })).toBe('unknown_role');
    expect(await findRole(ours.db, 'b-author')).toMatchObject({ origin: 'removed', goneAt: expect.any(Date) });
    ours.clock.advance(DAY - 60);
    expect(await forgetGone(ours)).toEqual([]);

    expect(await applyDeclared(ours, FULL)).toMatchObject({
      outcome: 'applied',
      difference: { added: [{ kind: 'client' }], putBack: expect.arrayContaining([expect.anything()]), removed: [] },
    });
    expect(await rolesOf(ours, ann.id)).toEqual(['b-author']);
    expect(await rolesOf(ours, bob.id)).toEqual(['a-editor', 'b-author']);
    expect(await permissionsOf(ours.db, { roles: ['b-author'], resource: API })).toEqual(['posts:add']);

    await applyDeclared(ours, model());
    ours.clock.advance(DAY + 60);
    expect(await forgetGone(ours)).toEqual([
      'group staff',
      'role a-editor',
      'role b-author',
      `permission ${API} posts:add`,
    ]);
    expect(await findRole(ours.db, 'b-author')).toBeUndefined();
    expect(await eventsNamed('role.deleted')).toEqual([
      { reason: 'declared_no_longer' },
      { reason: 'declared_no_longer' },
    ]);
    await applyDeclared(ours, FULL);
    expect(await rolesOf(ours, ann.id)).toEqual([]);
  });

  test('a role without its permission, and a permission without its role, take that one effect away', async () => {
    await afresh();
    const ours = deps();
    await applyDeclared(ours, FULL);
    const { id: accountId } = await person(ours);
    await grantRole(ours.db, { accountId, role: 'a-editor' });
    await applyDeclared(ours, model({ roles: [role('a-editor', { includes: ['b-author'] }), role('b-author')] }));
    const roles = await rolesOf(ours, accountId);
    expect(roles).toEqual(['a-editor', 'b-author']);
    expect(await permissionsOf(ours.db, { roles, resource: API })).toEqual([]);
  });

  test('what was made by hand and is declared too is told, and nothing at all is applied', async () => {
    await afresh();
    const ours = deps();
    await createRole(ours, { name: 'b-author', description: 'By hand' });
    await createGroup(ours, { name: 'staff', description: 'By hand' });
    await createPermission(ours, { ...POSTS, description: 'By hand' });
    const { id: accountId } = await person(ours);
    await grantRole(ours.db, { accountId, role: 'b-author' });
    expect(await applyDeclared(ours, FULL)).toMatchObject({
      outcome: 'conflicts',
      difference: {
        conflicts: [
          { kind: 'permission', name: `${API} posts:add`, place },
          { kind: 'role', name: 'b-author', place },
          { kind: 'group', name: 'staff', place },
        ],
      },
    });
    expect(await findRole(ours.db, 'a-editor')).toBeUndefined();
    expect(await findRole(ours.db, 'b-author')).toMatchObject({ description: 'By hand', origin: 'made_here' });

    expect(await adoptRole(ours, 'b-author')).toBe('adopted');
    expect(await adoptRole(ours, 'b-author')).toBe('already');
    expect(await adoptGroup(ours, 'staff')).toBe('adopted');
    expect(await adoptPermission(ours, POSTS)).toBe('adopted');
    expect(await adoptRole(ours, 'nothing')).toBe('unknown');
    expect(await adoptRole(ours, 'gatehouse:admin')).toBe('reserved');
    expect(await applyDeclared(ours, FULL)).toMatchObject({ outcome: 'applied' });
    expect(await findRole(ours.db, 'b-author')).toMatchObject({ description: '', origin: 'declared' });
    expect(await findGroup(ours.db, 'staff')).toMatchObject({ description: 'Staff', roles: ['a-editor'] });
    expect(await findPermission(ours.db, POSTS)).toMatchObject({ description: 'Can add posts', origin: 'declared' });
    expect(await rolesOf(ours, accountId)).toEqual(['b-author']);
  });

  test('of adopting a role and deleting it at once, one wins and the other is told', async () => {
    const ours = deps();
    for (let round = 0; round < 5; round += 1) {
      await afresh();
      await createRole(ours, { name: 'b-author', description: '' });
      const [adopted, deleted] = await Promise.all([
        database.db.transaction().execute((db) => adoptRole({ ...ours, db }, 'b-author')),
        deleteRole(ours.db, 'b-author'),
      ]);
      expect([
        ['adopted', 'declared'],
        ['unknown', 'deleted'],
      ]).toContainEqual([adopted, deleted.outcome]);
    }
  });

  test('a role that a service was given by hand becomes the file’s, and goes with it', async () => {
    await afresh();
    await createRole(deps(), { name: 'other', description: '' });
    await grantClientRole(database.db, { clientId: 'robot', role: 'other' });
    await applyDeclared(deps(), FULL);
    await applyDeclared(deps(), model());
    expect(await clientRoles(database.db)).toEqual([{ clientId: 'robot', role: 'other', declared: false }]);
  });

  test('a file after which nobody would administer is not applied', async () => {
    await afresh();
    const ours = deps();
    const admins = { name: 'admins', description: '', roles: ['gatehouse:admin'], place };
    await applyDeclared(ours, model({ groups: [admins] }));
    const { id: accountId } = await person(ours);
    await addMember(ours, { group: 'admins', accountId });
    expect(await applyDeclared(ours, model())).toEqual({ outcome: 'last_administrator' });
    expect(await rolesOf(ours, accountId)).toEqual(['gatehouse:admin']);
    await grantRole(ours.db, { accountId, role: 'gatehouse:admin' });
    expect(await applyDeclared(ours, model())).toMatchObject({ outcome: 'applied' });
  });

  test('what has expired is swept once, with an event for everybody who had it', async () => {
    await afresh();
    const ours = deps();
    await applyDeclared(ours, FULL);
    const expiresAt = new Date(0);
    for (let index = 0; index < 5; index += 1) {
      const { id: accountId } = await person(ours);
      await grantRole(ours.db, { accountId, role: 'b-author', expiresAt });
      await addMember(ours, { group: 'staff', accountId, expiresAt });
    }
    const swept = await atOnce(4, () => sweepExpiredRights(ours, 3));
    expect(swept.every((count) => count <= 3)).toBe(true);
    while ((await sweepExpiredRights(ours, 3)) > 0);
    const details = { reason: 'expired', expires_at: expiresAt.toISOString() };
    expect(await eventsNamed('role.revoked')).toEqual(Array(5).fill(details));
    expect(await eventsNamed('group.member_removed')).toEqual(Array(5).fill(details));
  });
});
