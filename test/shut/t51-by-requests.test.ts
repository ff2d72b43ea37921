// T51 as it is done: by two people at the console, and by two programs through the API. (t51-last-administrator has the verbs.)
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { administratorsLeft } from '../../src/roles/administrators.ts';
import { atOnce, KINDS } from '../contracts/racing.ts';
import { newAccount } from '../support/administering.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { PROGRAMS, type Program, program } from '../support/api.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

const ADVISORIES = 'Keycloak CVE-2026-94001';
const ADMIN = 'gatehouse:admin';
const ROUNDS = Number(process.env['SHUT_ROUNDS'] ?? 3);
const ANY = { 'if-match': '*' };

const tomorrow = () => new Date(movingClock.now().getTime() + 86_400_000).toISOString();

const OVER_THE_API: Readonly<Record<string, (by: Program, id: string) => ReturnType<Program['call']>>> = {
  'takes the role of': (by, id) => by.call('DELETE', `/accounts/${id}/roles/${ADMIN}`),
  'lets the role end tomorrow of': (by, id) =>
    by.call('PUT', `/accounts/${id}/roles/${ADMIN}`, { body: { expires_at: tomorrow() } }),
  bans: (by, id) => by.call('POST', `/accounts/${id}/ban`, { body: { reason: 'rivalry' } }),
  deletes: (by, id) => by.call('DELETE', `/accounts/${id}`, { headers: ANY }),
};

describe.each(KINDS)(`T51 on %s (${ADVISORIES})`, { timeout: 120_000 }, (kind) => {
  let server: TestServer;
  let programs: readonly Program[];
  beforeAll(async () => {
    server = await startTestServer({ database: kind, clients: PROGRAMS });
    programs = [await program(server), await program(server, { clientId: 'second' })];
  });
  afterAll(() => server.stop());
  beforeEach(() => server.database.db.deleteFrom('accounts').execute());

  const left = () => administratorsLeft(server.deps);

  test.each(Object.keys(OVER_THE_API))(
    'of two people whom two programs at once want to be rid of, one administers after each %s one',
    async (what) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        await server.database.db.deleteFrom('accounts').execute();
        const people = [await newAccount(server, [ADMIN]), await newAccount(server, [ADMIN])];
        const answers = await atOnce(2, (at) => OVER_THE_API[what]!(programs[at]!, people[at]!));
        expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
        expect(answers.find(({ status }) => status === 409)?.body.code).toBe('last_administrator');
        expect(await left()).toMatchObject({ now: true, forGood: true });
      }
    },
  );

  test('a program that takes the role from group and account at once leaves somebody', async () => {
    const [keeper] = programs;
    const [ada, ben] = [await newAccount(server, [ADMIN]), await newAccount(server)];
    const group = `chiefs-${kind}`;
    await keeper!.call('POST', '/groups', { body: { name: group, description: 'Run it', roles: [ADMIN] } });
    await keeper!.call('PUT', `/accounts/${ben}/groups/${group}`, { body: {} });
    const answers = await Promise.all([
      keeper!.call('DELETE', `/accounts/${ada}/roles/${ADMIN}`),
      keeper!.call('PATCH', `/groups/${group}`, { body: { roles: [] }, headers: ANY }),
      keeper!.call('DELETE', `/groups/${group}?confirm=true`, { headers: ANY }),
      keeper!.call('DELETE', `/accounts/${ben}/groups/${group}`),
    ]);
    expect(answers.filter(({ status }) => status === 409).length).toBeGreaterThan(0);
    expect(await left()).toMatchObject({ now: true, people: 1 });
  });

  async function pressing({ browser }: AdministratorInTest, other: AdministratorInTest) {
    await browser.open(`${server.issuer}/admin/accounts/${other.id}/roles`);
    const { action, data } = browser.form({}, ADMIN);
    return () => browser.request(action, { method: 'POST', form: data });
  }

  test('of two people at the console who take the role from each other at once, one keeps it', async () => {
    const [ada, ben] = [await administrator(server), await administrator(server)];
    const presses = [await pressing(ada, ben), await pressing(ben, ada)];
    await atOnce(2, (at) => presses[at]!());
    expect(await left()).toMatchObject({ now: true, people: 1, forGood: true });
    const inside = await Promise.all(
      [ada, ben].map(async ({ browser }) => (await browser.request(`${server.issuer}/admin/accounts`)).status),
    );
    expect(inside.sort()).toEqual([200, 403]);
    const taken = await server.database.db
      .selectFrom('audit_events')
      .select('event')
      .where('event', 'in', ['role.revoked', 'administration.refused'])
      .where('actor', 'in', [`account:${ada.id}`, `account:${ben.id}`])
      .execute();
    expect(taken.map(({ event }) => event).filter((event) => event === 'role.revoked')).toHaveLength(1);
  });

  test('nobody at the console takes the role from themselves, whatever they post', async () => {
    const [ada, ben] = [await administrator(server), await administrator(server)];
    await ada.browser.open(`${server.issuer}/admin/accounts/${ben.id}/roles`);
    const { action, data } = ada.browser.form({}, ADMIN);
    const own = await ada.browser.request(action.replace(ben.id, ada.id), { method: 'POST', form: data });
    expect(own.status).toBeGreaterThanOrEqual(300);
    expect(await left()).toMatchObject({ people: 2 });
  });
});
