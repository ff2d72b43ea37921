// Accounts, through the API.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAMS, type Program, program } from '../support/api.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { enrols, visitsAndSignsIn } from '../support/visits.ts';

const SETTINGS = `
attributes:
  department: { label: Department, type: enum, choices: [Sales, Support], edit: operator, scope: company }
  floors: { label: Floors, type: list, edit: operator, scope: company }
${RESOURCES}`;

let server: TestServer;
let keeper: Program;

beforeAll(async () => {
  server = await startTestServer({ settings: SETTINGS, clients: PROGRAMS });
  keeper = await program(server);
});

afterAll(() => server.stop());

let made = 0;
const someone = async (more: object = {}) => {
  made += 1;
  const { body, headers } = await keeper.call('POST', '/accounts', {
    body: { email: `person-${made}@example.test`, ...more },
  });
  return { path: `/accounts/${body.id}`, body, etag: String(headers.get('etag')) };
};

describe('an account', () => {
  test('is made with what is said of it, with roles and groups, and found where Location says', async () => {
    await keeper.call('POST', '/roles', { body: { name: 'editor', description: 'Edits' } });
    await keeper.call('POST', '/groups', { body: { name: 'staff', description: 'Staff', roles: [] } });
    const wanted = { email: 'Ada@Example.test', username: 'ada', name: 'Ada', roles: ['editor'], groups: ['staff'] };
    const { status, body, headers } = await keeper.call('POST', '/accounts', { body: wanted });
    expect(status).toBe(201);
    expect(body).toMatchObject({ email: 'Ada@example.test', username: 'ada', name: 'Ada', email_verified: false });
    expect(headers.get('location')).toBe(`${server.issuer}/api/v1/accounts/${body.id}`);
    const rights = await keeper.call('GET', `/accounts/${body.id}/rights`);
    expect(rights.body.effective).toEqual({ roles: ['editor'], groups: ['staff'], permissions: [] });
  });

  test('is not made twice, nor of what is no address, and the body says where the fault is', async () => {
    await someone({ email: 'twice@example.test' });
    const again = await keeper.call('POST', '/accounts', { body: { email: 'twice@example.test' } });
    expect([again.status, again.body.code, again.body.errors]).toEqual([
      409,
      'taken',
      [{ pointer: '/email', detail: 'is taken' }],
    ]);
    const wrong = await keeper.call('POST', '/accounts', { body: { email: 'no address', invite: 'yes' } });
    expect([wrong.status, wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([
      422,
      ['/invite'],
    ]);
    const bad = await keeper.call('POST', '/accounts', { body: { email: 'no address' } });
    expect([bad.status, bad.body.errors[0].pointer]).toEqual([422, '/email']);
    const unknown = await keeper.call('POST', '/accounts', { body: { email: 'new@example.test', roles: ['nobody'] } });
    expect([unknown.status, unknown.body.errors]).toEqual([
      422,
      [{ pointer: '/roles', detail: 'there is no role nobody' }],
    ]);
  });

  test('is changed as RFC 7396 has it: what is left out stays, null takes away', async () => {
    const { path, etag } = await someone({ username: 'changing', name: 'Before' });
    const body = {
      name: 'After',
      claims: { given_name: 'Af' },
      attributes: { department: 'Sales', floors: ['1', '2'] },
    };
    const changed = await keeper.call('PATCH', path, { body, headers: { 'if-match': etag } });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ username: 'changing', ...body });
    const next = { name: null, claims: { given_name: null }, attributes: { floors: null } };
    const headers = { 'if-match': String(changed.headers.get('etag')) };
    const taken = await keeper.call('PATCH', path, { body: next, headers });
    expect(taken.body).toMatchObject({
      username: 'changing',
      name: null,
      claims: {},
      attributes: { department: 'Sales' },
    });
    expect((await keeper.call('GET', path)).headers.get('etag')).toBe(taken.headers.get('etag'));
  });

  test('takes no attribute that is not declared, of another type, or outside of the choices', async () => {
    const { path, etag } = await someone();
    for (const [attributes, detail] of [
      [{ shoe_size: 44 }, expect.any(String)],
      [{ department: 4 }, 'expected a string'],
      [{ department: 'Kitchen' }, expect.stringContaining('Sales')],
      [{ floors: 'one' }, 'expected a list'],
    ] as const) {
      const refused = await keeper.call('PATCH', path, { body: { attributes }, headers: { 'if-match': etag } });
      const [name] = Object.keys(attributes);
      expect([refused.status, refused.body.errors]).toEqual([422, [{ pointer: `/attributes/${name}`, detail }]]);
    }
    expect((await keeper.call('GET', path)).headers.get('etag')).toBe(etag);
  });

  test('is changed by nobody who has not seen it as it is', async () => {
    const { path, etag } = await someone({ name: 'One' });
    const blind = await keeper.call('PATCH', path, { body: { name: 'Two' } });
    expect([blind.status, blind.body.code]).toEqual([428, 'precondition_required']);
    const headers = { 'if-match': etag };
    const both = await Promise.all(
      ['Two', 'Three'].map((name) => keeper.call('PATCH', path, { body: { name }, headers })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    for (const ifMatch of [etag, `W/${etag}`, '"something-else"']) {
      const late = await keeper.call('PATCH', path, { body: { name: 'Four' }, headers: { 'if-match': ifMatch } });
      expect([late.status, late.body.code]).toEqual([412, 'changed_meanwhile']);
    }
    expect((await keeper.call('DELETE', path, { headers })).status).toBe(412);
    const now = await keeper.call('GET', path);
    const fresh = String(now.headers.get('etag'));
    expect((await keeper.call('GET', path, { headers: { 'if-none-match': fresh } })).status).toBe(304);
    expect(
      (await keeper.call('PATCH', path, { body: { name: 'Four' }, headers: { 'if-match': `"x", ${fresh}` } })).status,
    ).toBe(200);
  });

  test('of twenty programs with the same ETag, one changes it', async () => {
    const { path, etag } = await someone();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        keeper.call('PATCH', path, { body: { name: `Name ${n}` }, headers: { 'if-match': etag } }),
      ),
    );
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(all.filter(({ status }) => status === 412)).toHaveLength(19);
  });

  test('is banned with a reason, which ends its sessions, and let back in', async () => {
    const jane = await server.person({ email: 'jane@example.test' });
    const path = `/accounts/${jane.id}`;
    await visitsAndSignsIn(server, { identifier: 'jane@example.test' });
    expect((await keeper.call('GET', `${path}/sessions`)).body.items).toHaveLength(1);
    expect((await keeper.call('POST', `${path}/ban`, { body: {} })).status).toBe(422);
    expect((await keeper.call('POST', `${path}/ban`, { body: { reason: 'left' } })).status).toBe(204);
    expect((await keeper.call('GET', path)).body).toMatchObject({ status: 'banned', status_reason: 'left' });
    expect((await keeper.call('GET', `${path}/sessions`)).body.items).toEqual([]);
    expect((await keeper.call('DELETE', `${path}/ban`)).status).toBe(204);
    expect((await keeper.call('GET', path)).body.status).toBe('active');
  });

  test('loses the app that it is signed in to, one session, and all others', async () => {
    const tim = await server.person({ email: 'tim@example.test' });
    const path = `/accounts/${tim.id}`;
    for (const _ of [1, 2, 3]) await visitsAndSignsIn(server, { identifier: 'tim@example.test' });
    expect((await keeper.call('GET', `${path}/apps`)).body.items).toMatchObject([{ client_id: 'web' }]);
    expect((await keeper.call('DELETE', `${path}/apps/web`)).status).toBe(204);
    expect((await keeper.call('GET', `${path}/apps`)).body.items).toEqual([]);
    expect((await keeper.call('DELETE', `${path}/apps/web`)).status).toBe(404);
    const [first] = (await keeper.call('GET', `${path}/sessions`)).body.items;
    expect((await keeper.call('DELETE', `${path}/sessions/${first.id}`)).status).toBe(204);
    expect((await keeper.call('DELETE', `${path}/sessions/${first.id}`)).status).toBe(404);
    expect((await keeper.call('GET', `${path}/sessions`)).body.items).toHaveLength(2);
    expect((await keeper.call('DELETE', `${path}/sessions`)).status).toBe(204);
    expect((await keeper.call('GET', `${path}/sessions`)).body.items).toEqual([]);
  });

  test('is helped with its password and its factors', async () => {
    const eve = await server.person({ email: 'eve@example.test' });
    const path = `/accounts/${eve.id}`;
    await enrols(server, { identifier: 'eve@example.test' });
    expect((await keeper.call('GET', `${path}/factors`)).body).toMatchObject({
      authenticators: [{ name: expect.any(String) }],
      recovery_codes_left: 10,
    });
    expect((await keeper.call('DELETE', `${path}/factors`)).status).toBe(204);
    expect((await keeper.call('GET', `${path}/factors`)).body).toEqual({ authenticators: [], recovery_codes_left: 0 });
    expect((await keeper.call('POST', `${path}/password-reset`)).status).toBe(204);
    const invited = await someone({ invite: true });
    expect((await keeper.call('POST', `${invited.path}/invitation`)).status).toBe(204);
    const { status, body } = await keeper.call('POST', `${path}/invitation`);
    expect([status, body.code]).toEqual([409, 'not_possible']);
  });

  test('is downloaded, and deleted: it signs in no more', async () => {
    const bob = await server.person({ email: 'bob@example.test' });
    const path = `/accounts/${bob.id}`;
    const data = await keeper.call('POST', `${path}/export`);
    expect(data.body.account).toMatchObject({ sub: bob.id, email: 'bob@example.test' });
    const etag = String((await keeper.call('GET', path)).headers.get('etag'));
    expect((await keeper.call('DELETE', path, { headers: { 'if-match': etag } })).status).toBe(204);
    expect((await keeper.call('GET', path)).status).toBe(404);
    const browser = await newBrowser().open(`${server.issuer}/account`);
    await signsIn(browser, { identifier: 'bob@example.test' });
    expect(browser.text).toContain('do not match');
  });

  test('has roles and groups given and taken, for good or until a day', async () => {
    const { path } = await someone();
    await keeper.call('POST', '/roles', { body: { name: 'writer', description: 'Writes' } });
    await keeper.call('POST', '/groups', { body: { name: 'press', description: 'Press', roles: ['writer'] } });
    const until = new Date(Date.now() + 86_400_000).toISOString();
    expect((await keeper.call('PUT', `${path}/roles/writer`, { body: { expires_at: until } })).status).toBe(204);
    expect((await keeper.call('PUT', `${path}/roles/writer`, { body: { expires_at: until } })).status).toBe(204);
    expect((await keeper.call('PUT', `${path}/groups/press`, { body: {} })).status).toBe(204);
    const { body } = await keeper.call('GET', `${path}/rights`);
    expect(body).toMatchObject({
      roles: [{ role: 'writer', expires_at: until }],
      groups: [{ group: 'press', expires_at: null }],
    });
    const past = await keeper.call('PUT', `${path}/roles/writer`, {
      body: { expires_at: '2020-01-01T00:00:00+02:00' },
    });
    expect([past.status, past.body.errors[0].pointer]).toEqual([422, '/expires_at']);
    expect((await keeper.call('DELETE', `${path}/roles/writer`)).status).toBe(204);
    expect((await keeper.call('GET', `${path}/rights`)).body.effective.roles).toEqual(['writer']);
    expect((await keeper.call('DELETE', `${path}/groups/press`)).status).toBe(204);
    expect((await keeper.call('GET', `${path}/rights`)).body.effective.roles).toEqual([]);
    expect((await keeper.call('PUT', `${path}/roles/no-such-role`, { body: {} })).status).toBe(404);
  });
});
