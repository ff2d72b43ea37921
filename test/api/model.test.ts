// Roles, permissions, groups and roles of services, through the API.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grantClientRole } from '../../src/roles/client-roles.ts';
import { PROGRAMS, type Program, program } from '../support/api.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

const API = 'https://api.example.test';

let server: TestServer;
let keeper: Program;

beforeAll(async () => {
  server = await startTestServer({ clients: PROGRAMS });
  keeper = await program(server);
});

afterAll(() => server.stop());

const tagOf = async (path: string) => ({ 'if-match': String((await keeper.call('GET', path)).headers.get('etag')) });

const someone = async (more: object = {}) => {
  const email = `person-${Math.random().toString(36).slice(2)}@example.test`;
  return `/accounts/${(await keeper.call('POST', '/accounts', { body: { email, ...more } })).body.id}`;
};

describe('a role', () => {
  test('is made, carries permissions and roles, and says who has it and why', async () => {
    const permission = { resource: API, name: 'items:add', description: 'Add items' };
    expect((await keeper.call('POST', '/permissions', { body: permission })).status).toBe(201);
    const made = await keeper.call('POST', '/roles', {
      body: { name: 'vendor', description: 'Sells', permissions: [{ resource: API, name: 'items:add' }] },
    });
    expect(made.headers.get('location')).toBe(`${server.issuer}/api/v1/roles/vendor`);
    await keeper.call('POST', '/roles', { body: { name: 'boss', description: 'Leads', includes: ['vendor'] } });
    await keeper.call('POST', '/groups', { body: { name: 'bosses', description: 'Lead', roles: ['boss'] } });
    const path = await someone({ groups: ['bosses'] });
    await grantClientRole(server.database.db, { clientId: 'second', role: 'boss' });
    const { body } = await keeper.call('GET', '/roles/vendor/holders');
    expect(body.clients).toEqual([{ client_id: 'second', path: ['boss', 'vendor'] }]);
    expect(body.items).toMatchObject([
      { account_id: path.slice(10), ways: [{ group: 'bosses', path: ['boss', 'vendor'], expires_at: null }] },
    ]);
    const effect = { roles: ['boss', 'vendor'], permissions: [{ resource: API, name: 'items:add' }] };
    expect((await keeper.call('GET', '/groups/bosses/effect')).body).toEqual(effect);
    expect((await keeper.call('GET', '/roles/boss/effect')).body).toEqual(effect);
    const holders = await keeper.call('GET', `/permissions/${encodeURIComponent(API)}/items%3Aadd/holders`);
    expect(holders.body.clients).toEqual(body.clients);
    expect(holders.body.items.map(({ account_id }: { account_id: string }) => account_id)).toEqual([path.slice(10)]);
  });

  test('that would include itself, carries what is not there or has a name that is taken, is refused where it says so', async () => {
    await keeper.call('POST', '/roles', { body: { name: 'inner', description: '' } });
    await keeper.call('POST', '/roles', { body: { name: 'outer', description: '', includes: ['inner'] } });
    const headers = await tagOf('/roles/inner');
    const circle = await keeper.call('PATCH', '/roles/inner', { body: { includes: ['outer'] }, headers });
    expect([circle.status, circle.body.errors]).toEqual([
      422,
      [{ pointer: '/includes', detail: expect.stringContaining('inner → outer → inner') }],
    ]);
    for (const [body, pointer] of [
      [{ name: 'new', description: '', includes: ['nobody'] }, '/includes'],
      [{ name: 'new', description: '', permissions: [{ resource: API, name: 'items:none' }] }, '/permissions'],
      [{ name: 'new', description: '', resource: 'https://nowhere.example' }, '/resource'],
      [{ name: 'new', description: '', client_id: 'nobody' }, '/client_id'],
      [{ name: '__proto__', description: '' }, '/name'],
      [{ name: 'sub', description: '' }, '/name'],
      [{ name: 'gatehouse:root', description: '' }, '/name'],
    ] as const) {
      const { status, body: problem } = await keeper.call('POST', '/roles', { body });
      expect([status, problem.errors[0].pointer], JSON.stringify(body)).toEqual([422, pointer]);
    }
    const taken = await keeper.call('POST', '/roles', { body: { name: 'inner', description: '' } });
    expect([taken.status, taken.body.code]).toEqual([409, 'taken']);
  });

  test('in use is deleted only by who has been told what would be lost', async () => {
    await keeper.call('POST', '/roles', { body: { name: 'passing', description: '' } });
    const path = await someone({ roles: ['passing'] });
    const headers = await tagOf('/roles/passing');
    const asked = await keeper.call('DELETE', '/roles/passing', { headers });
    expect([asked.status, asked.body.code, asked.body.use]).toMatchObject([
      409,
      'in_use',
      { accounts: 1, groups: [], included_by: [] },
    ]);
    expect((await keeper.call('GET', '/roles/passing/use')).body).toEqual(asked.body.use);
    expect((await keeper.call('DELETE', '/roles/passing?confirm=yes', { headers })).status).toBe(400);
    expect((await keeper.call('DELETE', '/roles/passing?confirm=true', { headers })).status).toBe(204);
    expect((await keeper.call('GET', `${path}/rights`)).body.roles).toEqual([]);
  });

  test('of the product stays as it is', async () => {
    const path = '/roles/gatehouse:helpdesk';
    const headers = await tagOf(path);
    for (const answered of [
      await keeper.call('PATCH', path, { body: { description: 'Mine' }, headers }),
      await keeper.call('DELETE', `${path}?confirm=true`, { headers }),
    ]) {
      expect([answered.status, answered.body.code]).toEqual([409, 'reserved']);
    }
  });
});

describe('of two programs with the same ETag, one changes', () => {
  test.each([
    ['a role', '/roles', { name: 'raced', description: 'Raced' }, '/roles/raced'],
    ['a group', '/groups', { name: 'raced', description: 'Raced' }, '/groups/raced'],
    [
      'a permission',
      '/permissions',
      { resource: API, name: 'raced', description: 'Raced' },
      `/permissions/${encodeURIComponent(API)}/raced`,
    ],
  ])('%s', async (_, list, body, path) => {
    await keeper.call('POST', list, { body });
    expect((await keeper.call('PATCH', path, { body: { description: 'Blind' } })).status).toBe(428);
    expect((await keeper.call('DELETE', path)).status).toBe(428);
    const headers = await tagOf(path);
    const all = await Promise.all(
      ['one', 'two', 'three', 'four'].map((description) =>
        keeper.call('PATCH', path, { body: { description }, headers }),
      ),
    );
    expect(all.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
    expect((await keeper.call('DELETE', path, { headers })).status).toBe(412);
    expect((await keeper.call('DELETE', path, { headers: await tagOf(path) })).status).toBe(204);
  });
});

describe('a group', () => {
  test('lists its members, a page at a time', async () => {
    await keeper.call('POST', '/groups', { body: { name: 'many', description: 'Many' } });
    for (let n = 0; n < 5; n += 1) await someone({ groups: ['many'] });
    const first = (await keeper.call('GET', '/groups/many/members?limit=3')).body;
    const rest = (await keeper.call('GET', `/groups/many/members?limit=3&cursor=${first.next}`)).body;
    expect([first.items.length, rest.items.length, rest.next]).toEqual([3, 2, null]);
    const { status, body } = await keeper.call('DELETE', '/groups/many', { headers: await tagOf('/groups/many') });
    expect([status, body.use]).toEqual([409, { members: 5, roles: [] }]);
  });
});

describe('a program', () => {
  test('gives nobody what it does not have, and acts on nobody who has more', async () => {
    const root = `/accounts/${(await server.person({ email: 'root@example.test', roles: ['gatehouse:admin'] })).id}`;
    const path = await someone();
    const scope = 'accounts:read accounts:write accounts:factors roles:assign roles:write groups:write sessions:end';
    const lesser = await program(server, { clientId: 'second', scope });
    for (const [method, target, body] of [
      ['PUT', `${path}/roles/gatehouse:admin`, {}],
      ['POST', `${root}/ban`, { reason: 'coup' }],
      ['POST', `${root}/password-reset`, undefined],
      ['DELETE', `${root}/factors`, undefined],
      ['DELETE', `${root}/roles/gatehouse:admin`, undefined],
      ['PUT', '/clients/robot/roles/gatehouse:admin', undefined],
      ['POST', '/roles', { name: 'sneaky', description: '', includes: ['gatehouse:admin'] }],
      [
        'POST',
        '/roles',
        { name: 'sneaky', description: '', permissions: [{ resource: 'gatehouse', name: 'keys:rotate' }] },
      ],
      ['POST', '/groups', { name: 'sneaky', description: '', roles: ['gatehouse:admin'] }],
      ['POST', '/accounts', { email: 'sneaky@example.test', roles: ['gatehouse:admin'] }],
    ] as const) {
      const answered = await lesser.call(method, target, body === undefined ? {} : { body });
      expect([target, answered.status, answered.body.code]).toEqual([target, 403, 'beyond_own_rights']);
      expect(answered.body.permissions).toContain('keys:rotate');
    }
    expect((await keeper.call('GET', '/accounts?q=sneaky')).body.items).toEqual([]);
  });

  test('does not change its own rights, nor leaves nobody who administers', async () => {
    const own = await keeper.call('PUT', '/clients/keeper/roles/gatehouse:auditor');
    expect([own.status, own.body.code]).toEqual([403, 'own_rights']);
    const { body } = await keeper.call('GET', '/accounts?role=gatehouse:admin');
    const path = `/accounts/${body.items[0].id}`;
    for (const answered of [
      await keeper.call('DELETE', `${path}/roles/gatehouse:admin`),
      await keeper.call('POST', `${path}/ban`, { body: { reason: 'coup' } }),
    ]) {
      expect([answered.status, answered.body.code]).toEqual([409, 'last_administrator']);
    }
  });

  test('has roles of its file and roles that it was given, and the log says who gave them', async () => {
    await keeper.call('POST', '/roles', { body: { name: 'deployer', description: 'Deploys' } });
    await keeper.call('POST', '/roles', { body: { name: 'watcher', description: 'Watches' } });
    expect((await keeper.call('PUT', '/clients/robot/roles/watcher')).status).toBe(204);
    const { body } = await keeper.call('GET', '/clients/robot/rights');
    expect(body).toEqual({
      assigned: ['deployer'],
      granted: ['watcher'],
      effective: { roles: ['deployer', 'watcher'], permissions: [] },
    });
    const events = await keeper.call('GET', '/events?event=client_role.granted&client=robot');
    expect(events.body.items).toMatchObject([
      { actor: 'client:keeper', subject: 'client:robot', details: { role: 'watcher' } },
    ]);
    expect((await keeper.call('DELETE', '/clients/robot/roles/watcher')).status).toBe(204);
    expect((await keeper.call('PUT', '/clients/nobody/roles/watcher')).status).toBe(404);
  });
});
