// What administrators may do to whom: every verb, by everybody who may not, on both databases.
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { banAccountAs, unbanAccountAs } from '../../src/administration/accounts/ban-account-as.ts';
import { changeAccountAs } from '../../src/administration/accounts/change-account-as.ts';
import { createAccountAs, inviteAccountAs } from '../../src/administration/accounts/create-account-as.ts';
import { deleteAccountAs } from '../../src/administration/accounts/delete-account-as.ts';
import { disconnectAppAs, endSessionAs, endSessionsAs } from '../../src/administration/accounts/end-sessions-as.ts';
import { exportAccountAs } from '../../src/administration/accounts/export-account-as.ts';
import { keepAccountAs } from '../../src/administration/accounts/keep-account-as.ts';
import { resetFactorsAs } from '../../src/administration/accounts/reset-factors-as.ts';
import { startResetAs } from '../../src/administration/accounts/start-reset-as.ts';
import type { Administrator } from '../../src/administration/administrator.ts';
import { dropMailAs, retryMailAs } from '../../src/administration/mails-as.ts';
import { changeGroupAs, createGroupAs, deleteGroupAs } from '../../src/administration/model/group-model-as.ts';
import {
  changePermissionAs,
  createPermissionAs,
  deletePermissionAs,
} from '../../src/administration/model/permission-model-as.ts';
import { changeRoleAs, createRoleAs, deleteRoleAs } from '../../src/administration/model/role-model-as.ts';
import { grantClientRoleAs, revokeClientRoleAs } from '../../src/administration/rights/client-role-as.ts';
import { addMemberAs, removeMemberAs } from '../../src/administration/rights/member-as.ts';
import { grantRoleAs, revokeRoleAs } from '../../src/administration/rights/role-as.ts';
import type { ProductPermission } from '../../src/config/roles/product-permissions.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { grantClientRole } from '../../src/roles/client-roles.ts';
import { createGroup } from '../../src/roles/groups.ts';
import { addMember } from '../../src/roles/members.ts';
import { createRole } from '../../src/roles/roles.ts';
import {
  as,
  newAccount,
  newName,
  OPERATOR,
  SOURCE,
  startQuiet,
  type VerbDeps,
  verbDeps,
} from '../support/administering.ts';
import { movingClock } from '../support/moving-clock.ts';
import { API, type TestServer } from '../support/start-server.ts';
import { KINDS } from './racing.ts';

const ADMIN = 'gatehouse:admin';
const HELPDESK = 'gatehouse:helpdesk';
const POSTS = { resource: API, name: 'posts:add', description: 'Can add post' };

interface Verb {
  readonly needs: ProductPermission;
  readonly run: (deps: VerbDeps, by: Administrator, id: string) => Promise<{ readonly outcome: string }>;
}

/** To an account; each would be done, or come to nothing, if it were allowed. */
const TO_ACCOUNTS: Readonly<Record<string, Verb>> = {
  change: {
    needs: 'accounts:write',
    run: (deps, by, accountId) => changeAccountAs(deps, by, { accountId, changes: { name: 'Mallory' } }),
  },
  'change the address': {
    needs: 'accounts:write',
    run: (deps, by, accountId) => changeAccountAs(deps, by, { accountId, changes: { email: 'mallory@example.test' } }),
  },
  invite: { needs: 'accounts:write', run: (deps, by, accountId) => inviteAccountAs(deps, by, { accountId }) },
  ban: {
    needs: 'accounts:write',
    run: (deps, by, accountId) => banAccountAs(deps, by, { accountId, reason: 'spite' }),
  },
  unban: { needs: 'accounts:write', run: (deps, by, accountId) => unbanAccountAs(deps, by, { accountId }) },
  keep: { needs: 'accounts:write', run: (deps, by, accountId) => keepAccountAs(deps, by, { accountId }) },
  'start a reset': { needs: 'accounts:write', run: (deps, by, accountId) => startResetAs(deps, by, { accountId }) },
  'reset factors': { needs: 'accounts:factors', run: (deps, by, accountId) => resetFactorsAs(deps, by, { accountId }) },
  'end a session': {
    needs: 'sessions:end',
    run: (deps, by, accountId) => endSessionAs(deps, by, { accountId, handle: 'none' }),
  },
  'end sessions': { needs: 'sessions:end', run: (deps, by, accountId) => endSessionsAs(deps, by, { accountId }) },
  'disconnect an app': {
    needs: 'sessions:end',
    run: (deps, by, accountId) => disconnectAppAs(deps, by, { accountId, clientId: 'web' }),
  },
  delete: { needs: 'accounts:delete', run: (deps, by, accountId) => deleteAccountAs(deps, by, { accountId }) },
  export: { needs: 'accounts:delete', run: (deps, by, accountId) => exportAccountAs(deps, by, { accountId }) },
  'grant a role': {
    needs: 'roles:assign',
    run: (deps, by, accountId) => grantRoleAs(deps, by, { accountId, role: 'editor' }),
  },
  'revoke a role': {
    needs: 'roles:assign',
    run: (deps, by, accountId) => revokeRoleAs(deps, by, { accountId, role: 'editor' }),
  },
  'add to a group': {
    needs: 'groups:write',
    run: (deps, by, accountId) => addMemberAs(deps, by, { group: 'readers', accountId }),
  },
  'take out of a group': {
    needs: 'groups:write',
    run: (deps, by, accountId) => removeMemberAs(deps, by, { group: 'readers', accountId }),
  },
};

const OTHERS: Readonly<Record<string, Verb>> = {
  create: {
    needs: 'accounts:write',
    run: (deps, by) => createAccountAs(deps, by, { email: 'new@example.test', invite: true }),
  },
  'make a role': { needs: 'roles:write', run: (deps, by) => createRoleAs(deps, by, { name: 'new', description: 'x' }) },
  'change a role': {
    needs: 'roles:write',
    run: (deps, by) => changeRoleAs(deps, by, { name: 'editor', description: newName('x') }),
  },
  'delete a role': {
    needs: 'roles:write',
    run: (deps, by) => deleteRoleAs(deps, by, { name: 'editor', confirmed: true }),
  },
  'make a group': {
    needs: 'groups:write',
    run: (deps, by) => createGroupAs(deps, by, { name: 'new', description: 'x' }),
  },
  'change a group': {
    needs: 'groups:write',
    run: (deps, by) => changeGroupAs(deps, by, { name: 'readers', description: newName('x') }),
  },
  'delete a group': {
    needs: 'groups:write',
    run: (deps, by) => deleteGroupAs(deps, by, { name: 'readers', confirmed: true }),
  },
  'make a permission': { needs: 'roles:write', run: (deps, by) => createPermissionAs(deps, by, POSTS) },
  'change a permission': { needs: 'roles:write', run: (deps, by) => changePermissionAs(deps, by, POSTS) },
  'delete a permission': { needs: 'roles:write', run: (deps, by) => deletePermissionAs(deps, by, POSTS) },
  'grant a client role': {
    needs: 'roles:assign',
    run: (deps, by) => grantClientRoleAs(deps, by, { clientId: 'robot', role: 'editor' }),
  },
  'revoke a client role': {
    needs: 'roles:assign',
    run: (deps, by) => revokeClientRoleAs(deps, by, { clientId: 'robot', role: 'editor' }),
  },
  'retry mails': { needs: 'outbox:write', run: (deps, by) => retryMailAs(deps, by, {}) },
  'drop a mail': { needs: 'outbox:write', run: (deps, by) => dropMailAs(deps, by, { id: 'none' }) },
};

const ALL = Object.entries({ ...TO_ACCOUNTS, ...OTHERS });
const OF_ACCOUNTS = Object.entries(TO_ACCOUNTS);
/** What people do to their own account on its own pages. */
const NOT_TO_ONESELF = ['change the address', 'ban', 'unban', 'keep', 'reset factors', 'delete'];

describe.each(KINDS)('administration on %s', { timeout: 60_000 }, (kind) => {
  let server: TestServer;
  let deps: VerbDeps;
  beforeAll(async () => {
    server = await startQuiet(kind);
    deps = verbDeps(server);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    const { db } = server.database;
    for (const table of ['accounts', 'groups', 'client_roles'] as const) await db.deleteFrom(table).execute();
    await db.deleteFrom('roles').where('name', 'not like', 'gatehouse:%').execute();
    await createRole(deps, { name: 'editor', description: 'Writes' });
    await createGroup(deps, { name: 'readers', description: 'Read' });
  });

  /** Everything but the log, as text. */
  async function state(): Promise<string> {
    const tables = ['accounts', 'role_assignments', 'group_members', 'roles', 'role_includes', 'role_permissions'];
    const others = ['groups', 'group_roles', 'client_roles', 'permissions', 'mailed_tokens', 'profiles'];
    const dumps = [...tables, ...others].map(async (table) => {
      const { rows } = await sql<{ row: string }>`
        select t::text as row from ${sql.table(table)} t order by 1`.execute(server.database.db);
      return `${table}\n${rows.map(({ row }) => row).join('\n')}`;
    });
    // The worker goes on delivering them meanwhile.
    const mails = await server.database.db
      .selectFrom('mail_outbox')
      .select(['id', 'recipient'])
      .orderBy('id')
      .execute();
    return [...(await Promise.all(dumps)), JSON.stringify(mails)].join('\n');
  }

  const refusals = () =>
    server.database.db
      .selectFrom('audit_events')
      .select(['actor', 'account_id', 'outcome', 'details', 'address'])
      .where('event', '=', 'administration.refused')
      .orderBy('id', 'desc')
      .execute();

  async function expectUntouched(work: () => Promise<{ readonly outcome: string }>, outcome: object) {
    const [before, count] = [await state(), (await refusals()).length];
    expect(await work()).toMatchObject(outcome);
    expect(await state()).toBe(before);
    expect(await refusals()).toHaveLength(count + 1);
  }

  test.each(ALL)('to %s takes the permission', async (_name, { needs, run }) => {
    const [nobody, jane] = [await newAccount(server, ['editor']), await newAccount(server)];
    await expectUntouched(() => run(deps, as(nobody), jane), { outcome: 'forbidden', needs });
    const [refused] = await refusals();
    expect(refused).toMatchObject({ actor: `account:${nobody}`, outcome: 'failure', address: SOURCE.address });
    expect(refused?.details).toMatchObject({ needs, reason: 'forbidden' });
  });

  test.each(ALL)('a program whose token lacks the scope cannot %s', async (_name, { needs, run }) => {
    const jane = await newAccount(server);
    const program = { kind: 'client', clientId: 'robot', assigned: [], source: SOURCE } as const;
    await grantClientRole(server.database.db, { clientId: 'robot', role: ADMIN });
    await expectUntouched(() => run(deps, { ...program, scopes: [] }, jane), { outcome: 'forbidden', needs });
    // A scope is nothing without the role, and the role nothing that only the file gives.
    for (const assigned of [[], [ADMIN]]) {
      const other = { ...program, clientId: 'other', assigned, scopes: [needs] };
      await expectUntouched(() => run(deps, other, jane), { outcome: 'forbidden', needs });
    }
    expect((await run(deps, { ...program, scopes: [needs] }, jane)).outcome).not.toBe('forbidden');
  });

  test.each(OF_ACCOUNTS)('nobody can %s somebody with rights that they lack', async (_name, { needs, run }) => {
    await createRole(deps, { name: 'lesser', description: 'One thing', permissions: [permission(needs)] });
    const [ada, lesser] = [await newAccount(server, [ADMIN]), await newAccount(server, ['lesser'])];
    await expectUntouched(() => run(deps, as(lesser), ada), { outcome: 'beyond_own_rights' });
    // By a group, by an included role: rights all the same.
    await createRole(deps, { name: 'chief', description: 'All', includes: [ADMIN] });
    await createGroup(deps, { name: 'chiefs', description: 'All', roles: ['chief'] });
    const ben = await newAccount(server);
    await addMember(deps, { group: 'chiefs', accountId: ben });
    await expectUntouched(() => run(deps, as(lesser), ben), { outcome: 'beyond_own_rights' });
    const jane = await newAccount(server);
    expect((await run(deps, as(lesser), jane)).outcome).not.toBe('beyond_own_rights');
  });

  test.each(OF_ACCOUNTS)('what administrators may %s of their own', async (name, { run }) => {
    const [ada] = [await newAccount(server, [ADMIN]), await newAccount(server, [ADMIN])];
    if (NOT_TO_ONESELF.includes(name)) {
      await expectUntouched(() => run(deps, as(ada), ada), { outcome: 'own_rights' });
    } else expect((await run(deps, as(ada), ada)).outcome).not.toBe('own_rights');
  });

  test.each(ALL)('an administrator of all can %s', async (_name, { run }) => {
    const [ada, jane] = [await newAccount(server, [ADMIN]), await newAccount(server)];
    const refusing = ['forbidden', 'own_rights', 'beyond_own_rights', 'last_administrator'];
    expect(refusing).not.toContain((await run(deps, as(ada), jane)).outcome);
  });

  describe('nobody gives or takes what they do not have', () => {
    const permissions = (names: readonly ProductPermission[]) => names.map(permission);

    /** Has what it takes to try, and nothing else. */
    async function meddler(): Promise<string> {
      const carried = permissions(['roles:assign', 'roles:write', 'groups:write', 'accounts:write']);
      await createRole(deps, { name: 'meddler', description: 'Tries', permissions: carried });
      return newAccount(server, ['meddler']);
    }

    const TRIES: Readonly<
      Record<string, (deps: VerbDeps, by: Administrator, jane: string) => Promise<{ readonly outcome: string }>>
    > = {
      'a role': (d, by, accountId) => grantRoleAs(d, by, { accountId, role: HELPDESK }),
      'a role that includes one': (d, by, accountId) => grantRoleAs(d, by, { accountId, role: 'wrapped' }),
      'a membership': (d, by, accountId) => addMemberAs(d, by, { accountId, group: 'helpers' }),
      'a role at the making of an account': (d, by) =>
        createAccountAs(d, by, { email: 'x@example.test', roles: [HELPDESK], invite: true }),
      'a group at the making of an account': (d, by) =>
        createAccountAs(d, by, { email: 'x@example.test', groups: ['helpers'], invite: false }),
      'a new role with a permission': (d, by) =>
        createRoleAs(d, by, { name: 'x', description: 'x', permissions: permissions(['audit:read']) }),
      'a new role that includes one': (d, by) =>
        createRoleAs(d, by, { name: 'x', description: 'x', includes: ['wrapped'] }),
      'a permission to a role': (d, by) =>
        changeRoleAs(d, by, { name: 'editor', permissions: permissions(['audit:read']) }),
      'an included role to a role': (d, by) => changeRoleAs(d, by, { name: 'editor', includes: [HELPDESK] }),
      'a role emptied': (d, by) => changeRoleAs(d, by, { name: 'wrapped', includes: [] }),
      'a role deleted': (d, by) => deleteRoleAs(d, by, { name: 'wrapped', confirmed: true }),
      'an easier way to rights': (d, by) => changeRoleAs(d, by, { name: HELPDESK, mfa: 'required' }),
      'a new group with a role': (d, by) => createGroupAs(d, by, { name: 'x', description: 'x', roles: [HELPDESK] }),
      'a role to a group': (d, by) => changeGroupAs(d, by, { name: 'readers', roles: ['wrapped'] }),
      'a role taken from a group': (d, by) => changeGroupAs(d, by, { name: 'helpers', roles: [] }),
      'a group deleted': (d, by) => deleteGroupAs(d, by, { name: 'helpers', confirmed: true }),
      'a role to a service client': (d, by) => grantClientRoleAs(d, by, { clientId: 'robot', role: HELPDESK }),
      'a role taken from a service client': (d, by) => revokeClientRoleAs(d, by, { clientId: 'robot', role: HELPDESK }),
    };

    beforeEach(async () => {
      await createRole(deps, { name: 'wrapped', description: 'Help', includes: [HELPDESK] });
      await createGroup(deps, { name: 'helpers', description: 'Help', roles: ['wrapped'] });
    });

    test.each(Object.entries(TRIES))('%s', async (_name, tries) => {
      const [ada, jane] = [await newAccount(server, [ADMIN]), await newAccount(server)];
      const mallory = await meddler();
      const outcome = 'beyond_own_rights';
      await expectUntouched(() => tries(deps, as(mallory), jane), { outcome });
      expect((await tries(deps, as(ada), jane)).outcome).not.toBe(outcome);
    });

    test('nor to themselves, in however many steps', async () => {
      const mallory = await meddler();
      const by = as(mallory);
      await expectUntouched(() => grantRoleAs(deps, by, { accountId: mallory, role: ADMIN }), OWN);
      await expectUntouched(() => grantRoleAs(deps, by, { accountId: mallory, role: 'wrapped' }), OWN);
      await expectUntouched(() => addMemberAs(deps, by, { accountId: mallory, group: 'helpers' }), OWN);
      const more = permissions(['roles:write', 'accounts:delete']);
      await expectUntouched(() => changeRoleAs(deps, by, { name: 'meddler', permissions: more }), OWN);
      await expectUntouched(() => changeRoleAs(deps, by, { name: 'meddler', includes: [HELPDESK] }), OWN);
      await expectUntouched(() => deleteRoleAs(deps, by, { name: 'meddler', confirmed: true }), OWN);
      // Even what they have may not be made to last.
      await expectUntouched(() => grantRoleAs(deps, by, { accountId: mallory, role: 'meddler' }), OWN);
      // A role of theirs that permits nothing here, first taken and then filled.
      expect(await grantRoleAs(deps, by, { accountId: mallory, role: 'editor' })).toEqual({ outcome: 'done' });
      const writing = permissions(['roles:write']);
      await expectUntouched(() => changeRoleAs(deps, by, { name: 'editor', permissions: writing }), OWN);
      expect(await addMemberAs(deps, by, { accountId: mallory, group: 'readers' })).toEqual({ outcome: 'done' });
      await expectUntouched(() => changeGroupAs(deps, by, { name: 'readers', roles: ['meddler'] }), OWN);
    });

    test('nor a program to itself', async () => {
      await meddler();
      const scopes = ['roles:assign', 'roles:write'];
      const by = { kind: 'client', clientId: 'robot', assigned: [], scopes, source: SOURCE } as const;
      await grantClientRole(server.database.db, { clientId: 'robot', role: 'meddler' });
      await expectUntouched(() => grantClientRoleAs(deps, by, { clientId: 'robot', role: 'meddler' }), OWN);
      const writing = permissions(['roles:write']);
      await expectUntouched(() => changeRoleAs(deps, by, { name: 'meddler', permissions: writing }), OWN);
      // What its token leaves out it cannot hand on.
      const jane = await newAccount(server);
      const handing = () => grantRoleAs(deps, by, { accountId: jane, role: 'meddler' });
      await expectUntouched(handing, { outcome: 'beyond_own_rights', permissions: ['accounts:write', 'groups:write'] });
    });

    describe('nor for longer than they have it', () => {
      const hours = (count: number) => new Date(movingClock.now().getTime() + count * 3_600_000);
      const carried = permissions(['accounts:write', 'groups:write', 'roles:assign', 'roles:write']);
      const outcome = 'beyond_own_rights';

      beforeEach(async () => {
        await createRole(deps, { name: 'stand-in', description: 'Stands in', permissions: carried });
        await createGroup(deps, { name: 'stand-ins', description: 'Stand in', roles: ['stand-in'] });
      });

      test.each(['themselves', 'by a group'])('where they have it %s until tomorrow', async (way) => {
        const { db } = server.database;
        const [jane, mallory] = [await newAccount(server), await newAccount(server)];
        const [by, tomorrow] = [as(mallory), hours(24)];
        const theirs = { accountId: mallory, expiresAt: tomorrow };
        if (way === 'by a group') await addMember(deps, { group: 'stand-ins', ...theirs });
        else await grantRole(db, { role: 'stand-in', ...theirs });
        const given = { accountId: jane, role: 'stand-in' };
        const put = { accountId: jane, group: 'stand-ins' };
        for (const expiresAt of [undefined, hours(25)]) {
          await expectUntouched(() => grantRoleAs(deps, by, { ...given, expiresAt }), { outcome });
          await expectUntouched(() => addMemberAs(deps, by, { ...put, expiresAt }), { outcome });
        }
        const made = { email: 'x@example.test', roles: ['stand-in'], invite: false };
        await expectUntouched(() => createAccountAs(deps, by, made), { outcome });
        const robot = { clientId: 'robot', role: 'stand-in' };
        await expectUntouched(() => grantClientRoleAs(deps, by, robot), { outcome });
        const writing = { name: 'editor', permissions: permissions(['roles:write']) };
        await expectUntouched(() => changeRoleAs(deps, by, writing), { outcome });
        await expectUntouched(() => changeGroupAs(deps, by, { name: 'readers', roles: ['stand-in'] }), { outcome });
        for (const expiresAt of [hours(1), tomorrow]) {
          expect(await grantRoleAs(deps, by, { ...given, expiresAt })).toEqual({ outcome: 'done' });
          expect(await addMemberAs(deps, by, { ...put, expiresAt })).toEqual({ outcome: 'done' });
        }
        expect(await revokeRoleAs(deps, by, given)).toEqual({ outcome: 'done' });
        expect(await grantRoleAs(deps, by, { accountId: jane, role: 'editor' })).toMatchObject({ outcome: 'done' });
      });
    });

    test('what roles.yaml could put back counts as if it were there', async () => {
      const mallory = await meddler();
      const gone = { gone_at: movingClock.now(), declared: true };
      await server.database.db.updateTable('roles').set(gone).where('name', '=', 'wrapped').execute();
      await server.database.db.updateTable('groups').set(gone).where('name', '=', 'helpers').execute();
      const outcome = 'beyond_own_rights';
      await expectUntouched(() => changeRoleAs(deps, as(mallory), { name: 'editor', includes: ['wrapped'] }), {
        outcome,
      });
      const ben = await newAccount(server);
      await server.database.db.insertInto('group_members').values({ group_name: 'helpers', account_id: ben }).execute();
      await expectUntouched(() => startResetAs(deps, as(mallory), { accountId: ben }), { outcome });
    });
  });

  test('of twenty who change a role at once with one version, one does', async () => {
    const ada = as(await newAccount(server, [ADMIN]));
    const { updatedAt } = (await createRole(deps, { name: 'raced', description: 'x' }).then((made) => {
      if (made.outcome !== 'created') throw new Error(made.outcome);
      return made.role;
    })) as { updatedAt: Date };
    const version = updatedAt.toISOString();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => changeRoleAs(deps, ada, { name: 'raced', description: `${at}`, version })),
    );
    expect(answers.filter(({ outcome }) => outcome === 'done')).toHaveLength(1);
    expect(answers.filter(({ outcome }) => outcome === 'changed_meanwhile')).toHaveLength(19);
  });

  test('whatever is done at once to the same people, nobody waits for each other for ever', async () => {
    const ada = await newAccount(server, [ADMIN]);
    const people = await Promise.all(Array.from({ length: 3 }, () => newAccount(server)));
    const runs = OF_ACCOUNTS.filter(([name]) => name !== 'delete').flatMap(([, { run }]) =>
      people.flatMap((id) => [run(deps, as(ada), id), run(deps, OPERATOR, id)]),
    );
    const settled = await Promise.allSettled(runs);
    expect(settled.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []))).toEqual([]);
  });
});

const OWN = { outcome: 'own_rights' };

const permission = (name: ProductPermission) => ({ resource: 'gatehouse', name });
