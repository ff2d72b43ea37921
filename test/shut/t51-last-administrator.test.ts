// Two administrators who take each other's rights at the same moment, by every way there is: one of them stays.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { banAccountAs } from '../../src/administration/accounts/ban-account-as.ts';
import { createAccountAs } from '../../src/administration/accounts/create-account-as.ts';
import { deleteAccountAs } from '../../src/administration/accounts/delete-account-as.ts';
import type { Administrator } from '../../src/administration/administrator.ts';
import { changeGroupAs, deleteGroupAs } from '../../src/administration/model/group-model-as.ts';
import { changeRoleAs, deleteRoleAs } from '../../src/administration/model/role-model-as.ts';
import { addMemberAs, removeMemberAs } from '../../src/administration/rights/member-as.ts';
import { grantRoleAs, revokeRoleAs } from '../../src/administration/rights/role-as.ts';
import { type OpenDatabase, openDatabase } from '../../src/database/database.ts';
import { administratorsLeft, isLastAdministrator } from '../../src/roles/administrators.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { createGroup } from '../../src/roles/groups.ts';
import { addMember } from '../../src/roles/members.ts';
import { createRole } from '../../src/roles/roles.ts';
import { KINDS } from '../contracts/racing.ts';
import { as, newAccount, newName, OPERATOR, startQuiet, type VerbDeps, verbDeps } from '../support/administering.ts';
import { movingClock } from '../support/moving-clock.ts';
import type { TestServer } from '../support/start-server.ts';

const ADVISORIES = 'Keycloak CVE-2026-94001';
const ADMIN = 'gatehouse:admin';
const ROUNDS = Number(process.env['SHUT_ROUNDS'] ?? 3);

/** How somebody comes to administer: directly, by a group of their own, or by a role of their own that includes it. */
interface Seat {
  readonly id: string;
  readonly group: string;
  readonly role: string;
}

type Way = 'directly' | 'by a group' | 'by an included role' | 'by a role of a group';
type Answer = Promise<{ readonly outcome: string }>;
type Taking = (deps: VerbDeps, by: Administrator, from: Seat) => Answer;

const tomorrow = () => new Date(movingClock.now().getTime() + 86_400_000);

const ANY_WAY: Readonly<Record<string, Taking>> = {
  'bans the other': (deps, by, { id }) => banAccountAs(deps, by, { accountId: id, reason: 'rivalry' }),
  'deletes the other': (deps, by, { id }) => deleteAccountAs(deps, by, { accountId: id }),
};

const TAKINGS: Readonly<Record<Way, Readonly<Record<string, Taking>>>> = {
  directly: {
    ...ANY_WAY,
    'takes the role': (deps, by, { id }) => revokeRoleAs(deps, by, { accountId: id, role: ADMIN }),
    'lets the role end tomorrow': (deps, by, { id }) =>
      grantRoleAs(deps, by, { accountId: id, role: ADMIN, expiresAt: tomorrow() }),
  },
  'by a group': {
    ...ANY_WAY,
    'takes them out of the group': (deps, by, { id, group }) => removeMemberAs(deps, by, { group, accountId: id }),
    'lets the membership end tomorrow': (deps, by, { id, group }) =>
      addMemberAs(deps, by, { group, accountId: id, expiresAt: tomorrow() }),
    'takes the role from the group': (deps, by, { group }) => changeGroupAs(deps, by, { name: group, roles: [] }),
    'deletes the group': (deps, by, { group }) => deleteGroupAs(deps, by, { name: group, confirmed: true }),
  },
  'by an included role': {
    ...ANY_WAY,
    'takes the role that includes it': (deps, by, { id, role }) => revokeRoleAs(deps, by, { accountId: id, role }),
    'empties the role that includes it': (deps, by, { role }) => changeRoleAs(deps, by, { name: role, includes: [] }),
    'deletes the role that includes it': (deps, by, { role }) =>
      deleteRoleAs(deps, by, { name: role, confirmed: true }),
  },
  'by a role of a group': {
    'empties the role of the group': (deps, by, { role }) => changeRoleAs(deps, by, { name: role, includes: [] }),
    'deletes the role of the group': (deps, by, { role }) => deleteRoleAs(deps, by, { name: role, confirmed: true }),
  },
};

const CASES = Object.entries(TAKINGS).flatMap(([way, takings]) =>
  Object.entries(takings).map(([taking, take]) => ({ way: way as Way, taking, take })),
);

describe.each(KINDS)(`T51 on %s (${ADVISORIES})`, { timeout: 120_000 }, (kind) => {
  let server: TestServer;
  let deps: VerbDeps;
  /** As another process has it: within one, changes stand in line before they reach the lock. */
  let elsewhere: VerbDeps;
  let second: OpenDatabase;
  beforeAll(async () => {
    server = await startQuiet(kind);
    deps = verbDeps(server);
    const { databaseUrl: url, dataDir } = server;
    second = await openDatabase({ url, dataDir, poolSize: 10, embedded: 'attach-or-start' });
    elsewhere = { ...deps, db: second.db };
  });
  afterAll(async () => {
    await second.close();
    await server.stop();
  });
  afterEach(() => server.database.db.deleteFrom('accounts').execute());

  async function seat(way: Way): Promise<Seat> {
    const seated = { id: await newAccount(server), group: newName('group'), role: newName('role') };
    const { id, group, role } = seated;
    const { db } = server.database;
    if (way.includes('role')) await createRole(deps, { name: role, description: 'Runs it all', includes: [ADMIN] });
    const carried = way.includes('role') ? role : ADMIN;
    if (!way.includes('group')) await grantRole(db, { accountId: id, role: carried });
    else {
      await createGroup(deps, { name: group, description: 'Who run it all', roles: [carried] });
      await addMember(deps, { group, accountId: id });
    }
    return seated;
  }

  test.each(CASES)('of two who administer $way, when each $taking, one stays', async ({ way, take }) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await server.database.db.deleteFrom('accounts').execute();
      const [ada, ben] = [await seat(way), await seat(way)];
      const answers = await Promise.all([take(deps, as(ada.id), ben), take(elsewhere, as(ben.id), ada)]);
      const outcomes = answers.map(({ outcome }) => outcome).sort();
      expect(outcomes[0]).toBe('done');
      expect(['forbidden', 'last_administrator']).toContain(outcomes[1]);
      const left = await administratorsLeft(deps);
      expect(left).toMatchObject({ now: true, forGood: true });
    }
  });

  test('whatever two do to each other at once, one stays', async () => {
    for (const way of ['directly', 'by a group', 'by an included role'] as const) {
      const takings = Object.values(TAKINGS[way]);
      for (const [at, one] of takings.entries()) {
        const other = takings[(at + 1) % takings.length] ?? one;
        await server.database.db.deleteFrom('accounts').execute();
        const [ada, ben] = [await seat(way), await seat(way)];
        const answers = await Promise.all([one(deps, as(ada.id), ben), other(elsewhere, as(ben.id), ada)]);
        expect(answers.filter(({ outcome }) => outcome === 'done')).toHaveLength(1);
        expect(await administratorsLeft(deps)).toMatchObject({ now: true, forGood: true });
      }
    }
  });

  test('of ten who demote each other in a circle, somebody stays', async () => {
    const seats: Seat[] = [];
    for (let index = 0; index < 10; index += 1) seats.push(await seat('directly'));
    const next = (at: number) => seats[(at + 1) % seats.length]?.id ?? '';
    const answers = await Promise.all(
      seats.map(({ id }, at) =>
        revokeRoleAs(at % 2 === 0 ? deps : elsewhere, as(id), { accountId: next(at), role: ADMIN }),
      ),
    );
    const done = answers.filter(({ outcome }) => outcome === 'done').length;
    expect(done).toBeGreaterThan(0);
    expect(await administratorsLeft(deps)).toMatchObject({ now: true, people: 10 - done });
  });

  test.each(CASES)('nobody who administers $way $taking where the other is themselves', async ({ way, take }) => {
    const [ada] = [await seat(way), await seat('directly')];
    expect((await take(deps, as(ada.id), ada)).outcome).toBe('own_rights');
  });

  test.each(CASES)(
    'the last who administers $way stays when the command line $taking, unless it insists',
    async ({ way, take }) => {
      const last = await seat(way);
      const before = await server.database.db.selectFrom('accounts').selectAll().execute();
      expect((await take(deps, OPERATOR, last)).outcome).toBe('last_administrator');
      expect(await server.database.db.selectFrom('accounts').selectAll().execute()).toEqual(before);
      expect(await administratorsLeft(deps)).toMatchObject({ now: true, forGood: true });
      expect((await take(deps, { kind: 'operator', evenLast: true }, last)).outcome).toBe('done');
      expect((await administratorsLeft(deps)).forGood).toBe(false);
    },
  );

  test('whoever has it until tomorrow does not stand in for the last who has it for good', async () => {
    const last = await seat('directly');
    const guest = await newAccount(server);
    await grantRole(server.database.db, { accountId: guest, role: ADMIN, expiresAt: tomorrow() });
    const taken = await revokeRoleAs(deps, as(guest), { accountId: last.id, role: ADMIN });
    expect(taken.outcome).toBe('last_administrator');
  });

  test('whoever was invited to administer and has not come yet stands in for nobody', async () => {
    const last = await seat('directly');
    const invited = { email: `${newName('invited')}@example.test`, roles: [ADMIN], invite: true } as const;
    expect((await createAccountAs(deps, as(last.id), invited)).outcome).toBe('done');
    expect(await administratorsLeft(deps)).toMatchObject({ people: 1 });
    for (const taking of [
      revokeRoleAs(deps, OPERATOR, { accountId: last.id, role: ADMIN }),
      deleteAccountAs(deps, OPERATOR, { accountId: last.id }),
      banAccountAs(deps, OPERATOR, { accountId: last.id, reason: 'x' }),
    ]) {
      expect((await taking).outcome).toBe('last_administrator');
    }
    expect(await isLastAdministrator(deps, last.id)).toBe(true);
  });

  test('a request of somebody who has been banned meanwhile changes nothing', async () => {
    const [ada, ben, cy] = [await seat('directly'), await seat('directly'), await seat('directly')];
    expect((await banAccountAs(deps, as(ada.id), { accountId: ben.id, reason: 'left' })).outcome).toBe('done');
    const late = await revokeRoleAs(deps, as(ben.id), { accountId: cy.id, role: ADMIN });
    expect(late).toEqual({ outcome: 'forbidden', needs: 'roles:assign' });
  });
});
