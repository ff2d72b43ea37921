// What roles bring along, groups, ends, who has what and why, and that somebody always administers.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { administratorsLeft, isLastAdministrator, keepingAnAdministrator } from '../../../src/roles/administrators.ts';
import { countRefused } from '../../../src/roles/admission.ts';
import { assignmentsOf, grantRole, revokeRole, takeExpiredAssignments } from '../../../src/roles/assignments.ts';
import { grantClientRole } from '../../../src/roles/client-roles.ts';
import { changeGroup, createGroup, deleteGroup, findGroup, listGroups } from '../../../src/roles/groups.ts';
import { heldRoles, permissionsOf, rolesOf } from '../../../src/roles/held.ts';
import {
  addMember,
  listMembers,
  membershipsOf,
  removeMember,
  takeExpiredMemberships,
} from '../../../src/roles/members.ts';
import {
  changePermission,
  createPermission,
  deletePermission,
  listPermissions,
} from '../../../src/roles/permissions.ts';
import { findRole } from '../../../src/roles/role.ts';
import { changeRole, createRole, deleteRole, updateRole, wasEverGranted } from '../../../src/roles/roles.ts';
import { useOfRole } from '../../../src/roles/usage.ts';
import { clientsThatHave, whoHas } from '../../../src/roles/who-has.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../../support/database.ts';
import { depsFor, person } from '../accounts/people.ts';

const kinds = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);
const API = 'https://api.example.test';
const HOUR = 3600;

describe.each(kinds)('on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  let names = 0;
  const fresh = (kindOf: string) => {
    names += 1;
    return `${kindOf}-${names}`;
  };
  /** A role of a name that no other test has. */
  const role = async (more: Partial<Parameters<typeof createRole>[1]> = {}) => {
    const name = fresh('role');
    expect(await createRole(depsFor(database.db), { name, description: '', ...more })).toMatchObject({
      outcome: 'created',
    });
    return name;
  };
  const group = async (roles: readonly string[] = []) => {
    const name = fresh('group');
    const created = await createGroup(depsFor(database.db), { name, description: 'Some people', roles });
    expect(created).toMatchObject({ outcome: 'created', group: { name, roles, origin: 'made_here' } });
    return name;
  };
  const inAnHour = (deps: ReturnType<typeof depsFor>) => new Date(deps.clock.now().getTime() + HOUR * 1000);

  test('whoever has a role has what it includes, at every remove, and what that permits', async () => {
    const deps = depsFor(database.db);
    await createPermission(deps, { resource: API, name: 'posts:read', description: 'Can read posts' });
    const reader = await role({ permissions: [{ resource: API, name: 'posts:read' }] });
    const writer = await role({ includes: [reader] });
    const chief = await role({ includes: [writer] });
    const { id: accountId } = await person(deps);
    await grantRole(deps.db, { accountId, role: chief });
    const roles = await rolesOf(deps, accountId);
    expect(roles).toEqual([chief, reader, writer].sort());
    expect(await permissionsOf(deps.db, { roles, resource: API })).toEqual(['posts:read']);
    await changeRole(deps, { name: writer, includes: [] });
    expect(await rolesOf(deps, accountId)).toEqual([chief, writer].sort());
  });

  test('roles cannot include each other in a circle; the way round is told', async () => {
    const deps = depsFor(database.db);
    const a = await role();
    const b = await role({ includes: [a] });
    const c = await role({ includes: [b] });
    expect(await changeRole(deps, { name: a, includes: [c] })).toEqual({ outcome: 'circle', path: [a, c, b, a] });
    expect(await changeRole(deps, { name: a, includes: [a] })).toEqual({ outcome: 'circle', path: [a, a] });
    expect(await findRole(deps.db, a)).toMatchObject({ includes: [] });
  });

  test('of two changes at once that would close a circle together, one is refused', async () => {
    const deps = depsFor(database.db);
    for (let round = 0; round < 5; round += 1) {
      const [a, b] = [await role(), await role()];
      const changes = await Promise.all([
        changeRole(deps, { name: a, includes: [b] }),
        changeRole(deps, { name: b, includes: [a] }),
      ]);
      expect(changes.map(({ outcome }) => outcome).sort()).toEqual(['changed', 'circle']);
    }
  });

  test('a role cannot bring along what is not there, and nothing of it is made', async () => {
    const deps = depsFor(database.db);
    const wanted = { name: 'hollow', description: '' };
    expect(await createRole(deps, { ...wanted, includes: ['nothing'] })).toEqual({
      outcome: 'unknown_role',
      role: 'nothing',
    });
    const permission = { resource: API, name: 'nothing' };
    expect(await createRole(deps, { ...wanted, permissions: [permission] })).toEqual({
      outcome: 'unknown_permission',
      permission,
    });
    expect(await createRole(deps, { ...wanted, clientId: 'shop', resource: API })).toMatchObject({
      outcome: 'invalid',
      field: 'client_id',
    });
    expect(await findRole(deps.db, 'hollow')).toBeUndefined();
  });

  test('a permission is made once, described anew, and taken out of every role', async () => {
    const deps = depsFor(database.db);
    const permission = { resource: API, name: 'orders:refund' };
    expect(await createPermission(deps, { ...permission, description: 'Can refund' })).toMatchObject({
      outcome: 'created',
    });
    expect(await createPermission(deps, { ...permission, description: 'Again' })).toEqual({ outcome: 'taken' });
    expect(await changePermission(deps, { ...permission, description: 'Can give money back' })).toMatchObject({
      outcome: 'changed',
      before: { description: 'Can refund' },
    });
    const clerk = await role({ permissions: [permission] });
    const use = { roles: [clerk] };
    expect(await deletePermission(deps.db, permission, () => false)).toMatchObject({ outcome: 'in_use', use });
    expect(await deletePermission(deps.db, permission)).toMatchObject({ outcome: 'deleted', use });
    expect(await findRole(deps.db, clerk)).toMatchObject({ permissions: [] });
    expect(await listPermissions(deps.db, { resource: API })).not.toContainEqual(expect.objectContaining(permission));
  });

  test.each([['sub'], ['__proto__'], ['a.__proto__'], ['constructor'], ['two words'], ['SUB'], ['']])(
    'neither a permission nor a group can be called %j (T18)',
    async (name) => {
      const deps = depsFor(database.db);
      expect(await createPermission(deps, { resource: API, name, description: '' })).toMatchObject({
        outcome: 'invalid',
        field: 'name',
      });
      expect(await createGroup(deps, { name, description: '' })).toMatchObject({ outcome: 'invalid', field: 'name' });
      expect(await createRole(deps, { name, description: '' })).toMatchObject({ outcome: 'invalid', field: 'name' });
    },
  );

  test('the product’s own permissions and roles stay as they are', async () => {
    const deps = depsFor(database.db);
    const own = { resource: 'gatehouse', name: 'accounts:read' };
    expect(await changePermission(deps, { ...own, description: 'x' })).toEqual({ outcome: 'reserved' });
    expect(await deletePermission(deps.db, own)).toEqual({ outcome: 'reserved' });
    expect(await createPermission(deps, { ...own, name: 'more', description: '' })).toEqual({ outcome: 'reserved' });
    for (const change of [{ includes: [] }, { permissions: [] }, { clientId: 'shop' }]) {
      expect(await changeRole(deps, { name: 'gatehouse:helpdesk', ...change })).toEqual({ outcome: 'reserved' });
    }
  });

  test('a member has the roles of the group, until the membership or the group ends', async () => {
    const deps = depsFor(database.db);
    const editor = await role();
    const editors = await group([editor]);
    const { id: accountId } = await person(deps);
    const member = { group: editors, accountId };
    expect(await addMember(deps, { ...member, expiresAt: inAnHour(deps) })).toBe('added');
    expect(await heldRoles(deps, accountId)).toMatchObject({ roles: [editor], groups: [editors] });
    expect(await membershipsOf(deps, accountId)).toMatchObject([{ group: editors, expiresAt: expect.any(Date) }]);
    deps.clock.advance(HOUR + 60);
    expect(await heldRoles(deps, accountId)).toMatchObject({ roles: [], groups: [] });
    expect(await membershipsOf(deps, accountId)).toEqual([]);
    expect(await listMembers(deps, { group: editors, limit: 10 })).toEqual([]);
    expect(await takeExpiredMemberships(deps, 10)).toMatchObject([{ accountId, group: editors }]);
    expect(await addMember(deps, member)).toBe('added');
    expect(await addMember(deps, member)).toBe('already');
    expect(await listMembers(deps, { group: editors, limit: 10 })).toMatchObject([{ accountId }]);
    expect(await removeMember(deps.db, member)).toBe('removed');
    expect(await removeMember(deps.db, member)).toBe('not_a_member');
    await addMember(deps, member);
    expect(await deleteGroup(deps.db, editors, () => false)).toMatchObject({ outcome: 'in_use', use: { members: 1 } });
    expect(await rolesOf(deps, accountId)).toEqual([editor]);
    expect(await deleteGroup(deps.db, editors)).toMatchObject({ outcome: 'deleted', use: { members: 1 } });
    expect(await rolesOf(deps, accountId)).toEqual([]);
    expect(await addMember(deps, member)).toBe('unknown_group');
  });

  test('a group is changed as a whole, and never to roles that are not there', async () => {
    const deps = depsFor(database.db);
    const [one, two] = [await role(), await role()];
    const name = await group([one]);
    expect(await changeGroup(deps, { name, roles: [two, 'nothing'] })).toEqual({
      outcome: 'unknown_role',
      role: 'nothing',
    });
    expect(await changeGroup(deps, { name, roles: [two] })).toMatchObject({
      outcome: 'changed',
      before: { roles: [one] },
      group: { roles: [two] },
    });
    expect(await findGroup(deps.db, name)).toMatchObject({ roles: [two], description: 'Some people' });
    expect((await listGroups(deps.db)).map((each) => each.name)).toContain(name);
  });

  test('a role that was given until a day is given no longer after it, and swept', async () => {
    const deps = depsFor(database.db);
    const { id: accountId } = await person(deps);
    const given = { accountId, role: await role() };
    const expiresAt = inAnHour(deps);
    expect(await grantRole(deps.db, { ...given, expiresAt })).toBe('granted');
    expect(await grantRole(deps.db, { ...given, expiresAt })).toBe('already');
    expect(await assignmentsOf(deps, accountId)).toMatchObject([{ role: given.role, expiresAt }]);
    expect(await takeExpiredAssignments(deps, 10)).toEqual([]);
    deps.clock.advance(HOUR + 60);
    expect(await rolesOf(deps, accountId)).toEqual([]);
    expect(await assignmentsOf(deps, accountId)).toEqual([]);
    expect(await takeExpiredAssignments(deps, 10)).toEqual([{ ...given, expiresAt }]);
    expect(await grantRole(deps.db, given)).toBe('granted');
    expect(await grantRole(deps.db, { ...given, expiresAt: inAnHour(deps) })).toBe('changed');
  });

  test('who has a role, and why: directly, through a group, by what includes it; page by page', async () => {
    const deps = depsFor(database.db);
    const base = await role();
    const wide = await role({ includes: [base] });
    const team = await group([wide]);
    const [ann, bob, eve, zoe] = [await person(deps), await person(deps), await person(deps), await person(deps)];
    await grantRole(deps.db, { accountId: ann.id, role: base });
    await grantRole(deps.db, { accountId: bob.id, role: wide });
    await addMember(deps, { group: team, accountId: eve.id });
    await addMember(deps, { group: team, accountId: ann.id });
    await grantRole(deps.db, { accountId: zoe.id, role: base, expiresAt: new Date(0) });
    const all = await whoHas(deps, { role: base }, { limit: 10 });
    const found = new Map(all.holders.map((holder) => [holder.accountId, holder]));
    expect([...found.keys()]).toEqual([ann.id, bob.id, eve.id].sort());
    expect(all.next).toBeUndefined();
    const way = { group: undefined, expiresAt: undefined };
    expect(found.get(ann.id)?.ways).toEqual([
      { ...way, path: [base] },
      { ...way, group: team, path: [wide, base] },
    ]);
    expect(found.get(bob.id)?.ways).toEqual([{ ...way, path: [wide, base] }]);
    const paged: string[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await whoHas(deps, { role: base }, { after, limit: 1 });
      paged.push(...page.holders.map(({ accountId }) => accountId));
      after = page.next;
    }
    expect(paged).toEqual([...found.keys()]);
    await updateRole(deps, { name: wide, declared: true, gone: true });
    expect((await whoHas(deps, { role: base }, { limit: 10 })).holders.map(({ accountId }) => accountId)).toEqual([
      ann.id,
    ]);
  });

  test('who has a permission is who has a role that carries it', async () => {
    const deps = depsFor(database.db);
    const permission = { resource: 'shop', name: 'stock.count' };
    await createPermission(deps, { ...permission, description: 'Can count stock' });
    const counter = await role({ permissions: [permission] });
    const boss = await role({ includes: [counter] });
    const { id: accountId, email } = await person(deps);
    await grantRole(deps.db, { accountId, role: boss });
    await grantClientRole(deps.db, { clientId: 'robot', role: counter });
    expect(await whoHas(deps, { permission }, { limit: 10 })).toMatchObject({
      holders: [{ accountId, email, status: 'active', ways: [{ path: [boss, counter] }] }],
    });
    const byFile = [{ clientId: 'filed', roles: { assign: [boss] } }];
    expect(await clientsThatHave(deps.db, { permission }, byFile)).toEqual([
      { clientId: 'filed', path: [boss, counter] },
      { clientId: 'robot', path: [counter] },
    ]);
    expect(await useOfRole(deps.db, counter)).toEqual({
      accounts: 0,
      groups: [],
      members: 0,
      includedBy: [boss],
      clients: ['robot'],
    });
    expect(await deleteRole(deps.db, counter)).toMatchObject({ outcome: 'deleted', use: { includedBy: [boss] } });
    expect(await whoHas(deps, { permission }, { limit: 10 })).toEqual({ holders: [], next: undefined });
  });

  test('no service has a permission of the product by its file', async () => {
    const deps = depsFor(database.db);
    const permission = { resource: 'gatehouse', name: 'keys:read' };
    const keys = await role({ permissions: [permission] });
    const byFile = [{ clientId: 'loader', roles: { assign: [keys] } }];
    expect(await clientsThatHave(deps.db, { permission }, byFile)).toEqual([]);
    expect(await clientsThatHave(deps.db, { role: keys }, byFile)).toEqual([{ clientId: 'loader', path: [keys] }]);
    await grantClientRole(deps.db, { clientId: 'loader', role: keys });
    expect(await clientsThatHave(deps.db, { permission }, byFile)).toEqual([{ clientId: 'loader', path: [keys] }]);
  });

  test('who would be refused is counted by what people really have', async () => {
    const deps = depsFor(database.db);
    const base = await role();
    const team = await group([await role({ includes: [base] })]);
    const [member, former, other] = [await person(deps), await person(deps), await person(deps)];
    await addMember(deps, { group: team, accountId: member.id });
    await grantRole(deps.db, { accountId: former.id, role: base, expiresAt: new Date(0) });
    const ids = [member.id, former.id, other.id];
    expect(await countRefused(deps, ids, { before: [], after: [base] })).toBe(2);
  });
});

describe.each(kinds)('administrators on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  const admin = 'gatehouse:admin';

  test('somebody who administers through a group has ended the set-up link, and is the last of them', async () => {
    const deps = depsFor(database.db);
    await createRole(deps, { name: 'it-lead', description: '', includes: [admin] });
    await createGroup(deps, { name: 'it', description: '', roles: ['it-lead'] });
    const [ann, bob] = [await person(deps), await person(deps)];
    expect(await wasEverGranted(deps.db, admin)).toBe(false);
    await addMember(deps, { group: 'it', accountId: ann.id });
    expect(await wasEverGranted(deps.db, admin)).toBe(true);
    expect(await administratorsLeft(deps)).toEqual({ now: true, people: 1, forGood: true });
    const isLast = () => deps.db.transaction().execute((db) => isLastAdministrator({ ...deps, db }, ann.id));
    expect(await isLast()).toBe(true);
    const soon = new Date(deps.clock.now().getTime() + 60_000);
    await grantRole(deps.db, { accountId: bob.id, role: admin, expiresAt: soon });
    expect(await isLast()).toBe(true);
    await grantRole(deps.db, { accountId: bob.id, role: admin });
    expect(await isLast()).toBe(false);
    await revokeRole(deps.db, { accountId: bob.id, role: admin });
  });

  test.each([
    ['leaves the group', (deps: Deps, id: string) => removeMember(deps.db, { group: 'it', accountId: id })],
    ['stays until a day', (deps: Deps, id: string) => addMember(deps, { group: 'it', accountId: id, expiresAt: FAR })],
    ['has a group without the role', (deps: Deps) => changeGroup(deps, { name: 'it', roles: [] })],
    ['has a role that includes it no longer', (deps: Deps) => changeRole(deps, { name: 'it-lead', includes: [] })],
    ['sees the group deleted', (deps: Deps) => deleteGroup(deps.db, 'it')],
    ['sees the role deleted', (deps: Deps) => deleteRole(deps.db, 'it-lead')],
  ] as const)('nothing is done where the last one %s', async (_, work) => {
    const deps = depsFor(database.db);
    const [last] = (await whoHas(deps, { role: admin }, { limit: 2 })).holders;
    const kept = await keepingAnAdministrator(deps, async (inside) => await work(inside, last?.accountId ?? ''));
    expect(kept).toEqual({ outcome: 'last_administrator' });
    expect(await administratorsLeft(deps)).toEqual({ now: true, people: 1, forGood: true });
  });

  test('of two who take it from each other at once, one directly and one through a group, one stays', async () => {
    const deps = depsFor(database.db);
    const [last] = (await whoHas(deps, { role: admin }, { limit: 2 })).holders;
    const other = await person(deps);
    for (let round = 0; round < 5; round += 1) {
      await grantRole(deps.db, { accountId: other.id, role: admin });
      await addMember(deps, { group: 'it', accountId: last?.accountId ?? '' });
      await Promise.all([
        keepingAnAdministrator(deps, ({ db }) => revokeRole(db, { accountId: other.id, role: admin })),
        keepingAnAdministrator(deps, ({ db }) => removeMember(db, { group: 'it', accountId: last?.accountId ?? '' })),
      ]);
      expect(await administratorsLeft(deps)).toMatchObject({ people: 1 });
    }
  });
});

type Deps = ReturnType<typeof depsFor>;
const FAR = new Date('2100-01-01T00:00:00Z');
