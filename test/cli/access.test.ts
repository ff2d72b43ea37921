// An operator looks after permissions, groups, what roles include, services, and who has what and why.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configFiles } from '../support/config-files.ts';
import { type OpenTestDatabase, openTestDatabase } from '../support/database.ts';
import { answerOf, developmentPlace, failureOf, gatehouse, type Place } from './command-line.ts';

const API = 'https://api.example.test';
const FILES = {
  'config/gatehouse.yaml': `resources: {"${API}": {name: API, scopes: {read: Read}}}\n`,
  'config/clients/robot.yaml':
    'client_id: robot\npreset: service\nclient_secrets: [{value: kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e}]\nroles: {assign: [by-file]}\n',
};

let database: OpenTestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

/** With an API, a service, and what a test adds. */
const here = (more: Record<string, string> = {}): Place => ({
  ...developmentPlace(database.dataDir),
  ...configFiles({ ...FILES, ...more }),
});
const person = async (email: string) => {
  await answerOf(here(), ['user', 'create', '--email', email]);
  return email;
};
const made = (...words: string[]) => answerOf(here(), words);

const operatorsEvents = async () =>
  (await database.db.selectFrom('audit_events').select(['event', 'actor', 'details']).orderBy('id').execute()).filter(
    ({ actor }) => actor === 'operator',
  );

test('a permission is made, carried by a role, asked after and deleted', async () => {
  const ann = await person('ann@example.test');
  const created = await made('permission', 'create', API, 'posts:add', '--description', 'Can add posts');
  expect(created).toMatchObject({ resource: API, name: 'posts:add', origin: 'made_here' });
  await made('role', 'create', 'author', '--permission', `${API}:posts:add`);
  await made('role', 'create', 'editor', '--include', 'author');
  await made('role', 'grant', 'editor', ann);
  await made('role', 'grant', 'author', '--client', 'robot');
  expect(await made('permission', 'who', API, 'posts:add')).toMatchObject({
    accounts: [{ email: ann, ways: [{ group: null, path: ['editor', 'author'], expires_at: null }] }],
    clients: [{ client_id: 'robot', path: ['author'] }],
    next: null,
  });
  const { stdout } = await gatehouse(here(), ['role', 'who', 'author']);
  expect(stdout).toMatch(/^ann@example\.test +has editor → author +-$/m);
  expect(stdout).toMatch(/^robot +service: author/m);
  expect(await made('role', 'show', 'author')).toMatchObject({
    permissions: [{ resource: API, name: 'posts:add' }],
    included_by: ['editor'],
    clients: ['robot'],
  });
  const asked = await gatehouse(here(), ['permission', 'delete', API, 'posts:add'], { typed: '\r' });
  expect(asked.stderr).toContain('which author would lose? [y/N]');
  expect(await made('permission', 'delete', API, 'posts:add', '--yes')).toMatchObject({ roles: ['author'] });
  expect(await made('role', 'show', 'author')).toMatchObject({ permissions: [] });
  expect((await operatorsEvents()).map(({ event }) => event)).toEqual(
    expect.arrayContaining([
      'permission.created',
      'role.created',
      'role.granted',
      'client_role.granted',
      'permission.deleted',
    ]),
  );
});

test('roles that a service has by its file count too', async () => {
  await made('role', 'create', 'by-file');
  expect(await made('role', 'who', 'by-file')).toMatchObject({ clients: [{ client_id: 'robot', path: ['by-file'] }] });
});

test('a role is changed piece by piece, and never into a circle', async () => {
  for (const role of ['one', 'two', 'three']) await made('role', 'create', role);
  await made('role', 'change', 'one', '--include', 'two', '--include', 'three');
  expect(await made('role', 'change', 'one', '--exclude', 'three', '--resource', API)).toMatchObject({
    includes: ['two'],
    resource: API,
  });
  expect(await made('role', 'change', 'one', '--everywhere')).toMatchObject({ resource: null, includes: ['two'] });
  expect(await failureOf(here(), ['role', 'change', 'two', '--include', 'one'])).toMatchObject({
    exitCode: 1,
    code: 'invalid',
    message: expect.stringContaining('two → one → two'),
  });
  const unknown = ['role', 'change', 'two', '--permission', `${API}:nothing`];
  expect(await failureOf(here(), unknown)).toMatchObject({ exitCode: 1, code: 'not_found' });
});

test('a group gives its members its roles, until the day that was said', async () => {
  const bob = await person('bob@example.test');
  await made('role', 'create', 'reader');
  await made('group', 'create', 'club', '--role', 'reader', '--description', 'Members of the club');
  expect(await made('group', 'add', 'club', bob, '--until', '2100-01-01')).toMatchObject({
    changed: true,
    expires_at: '2100-01-01T00:00:00.000Z',
  });
  expect(await made('group', 'show', 'club')).toMatchObject({
    roles: ['reader'],
    members: [{ email: bob }],
    next: null,
  });
  expect((await made('user', 'show', bob))['roles']).toEqual(['reader']);
  expect(await failureOf(here(), ['group', 'add', 'club', bob, '--until', '2001-01-01'])).toMatchObject({
    code: 'invalid',
  });
  expect(await failureOf(here(), ['group', 'add', 'club', bob, '--until', 'soon'])).toMatchObject({ code: 'invalid' });
  expect(await made('group', 'change', 'club', '--remove-role', 'reader')).toMatchObject({ roles: [] });
  expect(await made('group', 'remove', 'club', bob)).toMatchObject({ changed: true });
  await made('group', 'add', 'club', bob);
  const asked = await gatehouse(here(), ['group', 'delete', 'club'], { typed: '\r' });
  expect(asked.stderr).toContain('which 1 member would lose? [y/N]');
  expect(await made('group', 'delete', 'club', '--yes')).toMatchObject({ members: 1 });
});

test('the last administrator is asked about, and taken away all the same where that is meant', async () => {
  const admin = await person('admin@example.test');
  await made('group', 'create', 'admins', '--role', 'gatehouse:admin');
  await made('group', 'add', 'admins', admin);
  for (const words of [
    ['group', 'remove', 'admins', admin],
    ['group', 'change', 'admins', '--remove-role', 'gatehouse:admin'],
    ['group', 'add', 'admins', admin, '--until', '2100-01-01'],
  ]) {
    expect(await failureOf(here(), words)).toMatchObject({ exitCode: 1, code: 'last_administrator' });
  }
  const asked = await gatehouse(here(), ['group', 'remove', 'admins', admin], { typed: '\r' });
  expect(asked.stderr).toContain('Nobody would be left');
  expect((await made('user', 'show', admin))['roles']).toEqual(['gatehouse:admin']);
  expect(await made('group', 'remove', 'admins', admin, '--yes')).toMatchObject({ changed: true });
  expect((await made('user', 'show', admin))['roles']).toEqual([]);
});

test('what roles.yaml declares is changed there, and what was made by hand is handed over by name', async () => {
  await made('role', 'create', 'curator', '--description', 'By hand');
  await made('group', 'create', 'museum');
  await made('permission', 'create', API, 'items:show', '--description', 'By hand');
  const eve = await person('eve@example.test');
  await made('role', 'grant', 'curator', eve);
  const place = here({
    'config/roles.yaml': `permissions: {"${API}": {"items:show": Can show}}\nroles: {curator: {description: By file}}\ngroups: {museum: {roles: [curator]}}\n`,
  });
  expect(await failureOf(here(), ['role', 'adopt', 'curator'])).toMatchObject({ exitCode: 1, code: 'not_declared' });
  const { stdout } = await gatehouse(place, ['role', 'adopt', 'curator']);
  expect(stdout).toContain(`gatehouse permission adopt ${API} items:show`);
  expect(stdout).toContain('gatehouse group adopt museum');
  expect(await answerOf(place, ['permission', 'adopt', API, 'items:show'])).toMatchObject({ applied: 'conflicts' });
  expect(await answerOf(place, ['group', 'adopt', 'museum'])).toMatchObject({ changed: true, applied: 'applied' });
  expect(await answerOf(place, ['role', 'show', 'curator'])).toMatchObject({
    description: 'By file',
    origin: 'declared',
    accounts: 1,
  });
  expect(await failureOf(place, ['role', 'change', 'curator', '--description', 'x'])).toMatchObject({
    code: 'declared',
  });
  expect(await failureOf(place, ['role', 'delete', 'curator', '--yes'])).toMatchObject({ code: 'declared' });
  expect((await operatorsEvents()).map(({ event }) => event)).toEqual(
    expect.arrayContaining(['role.adopted', 'group.adopted', 'permission.adopted', 'roles_file.applied']),
  );
});

test('a person or a service has to be named, and only one of them', async () => {
  await made('role', 'create', 'lonely');
  expect(await failureOf(here(), ['role', 'grant', 'lonely'])).toMatchObject({ code: 'usage' });
  expect(await failureOf(here(), ['role', 'grant', 'lonely', 'x', '--client', 'robot'])).toMatchObject({
    code: 'usage',
  });
  expect(await failureOf(here(), ['role', 'grant', 'lonely', '--client', 'nobody'])).toMatchObject({
    code: 'not_found',
  });
});

test.each(['role', 'group'])(
  'whoever took the name of a %s by hand does not come to administer unasked',
  async (kind) => {
    const name = `${kind}-of-operators`;
    const mallory = await person(`mallory-${kind}@example.test`);
    await made(kind, 'create', name);
    await made(...(kind === 'role' ? ['role', 'grant', name] : ['group', 'add', name]), mallory);
    const carried = kind === 'role' ? 'includes' : 'roles';
    const roles = kind === 'group' ? 'roles: {runs-it: {includes: ["gatehouse:helpdesk"]}}\n' : '';
    const given = kind === 'group' ? 'runs-it' : 'gatehouse:helpdesk';
    const place = here({ 'config/roles.yaml': `${roles}${kind}s: {${name}: {${carried}: ["${given}"]}}\n` });
    expect(await failureOf(place, [kind, 'adopt', name])).toMatchObject({ exitCode: 1, code: 'would_administer' });
    const asked = await gatehouse(place, [kind, 'adopt', name], { typed: '\r' });
    expect(asked.stderr).toContain(`1 person has the ${kind} ${name}`);
    expect(asked.stderr).toContain('accounts:factors, accounts:read, accounts:write');
    expect((await made('user', 'show', mallory))['roles']).not.toContain('gatehouse:helpdesk');
    await made(...(kind === 'role' ? ['role', 'revoke', name] : ['group', 'remove', name]), mallory);
    expect(await answerOf(place, [kind, 'adopt', name])).toMatchObject({ changed: true });
  },
);
