// An administrator makes roles, groups and permissions in the console, and sees who has what, and why.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grantRole } from '../../src/roles/assignments.ts';
import { grantClientRole } from '../../src/roles/client-roles.ts';
import { createGroup } from '../../src/roles/groups.ts';
import { heldRoles } from '../../src/roles/held.ts';
import { addMember, listMembers } from '../../src/roles/members.ts';
import { createPermission } from '../../src/roles/permissions.ts';
import { createRole } from '../../src/roles/roles.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { someModel } from '../support/console-model.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;
let root: AdministratorInTest;

beforeAll(async () => {
  server = await startTestServer();
  root = await administrator(server);
});

afterAll(() => server.stop());

const opens = (path: string) => root.browser.open(`${server.issuer}/admin/${path}`);

/** Presses the toggle of that name. */
async function presses(label: string): Promise<void> {
  const { browser } = root;
  const form = browser.document
    .querySelectorAll('form.toggle-form')
    .find((each) => each.querySelector('.toggle-label')?.text === label);
  const data = Object.fromEntries(
    (form?.querySelectorAll('input') ?? []).map((input) => [input.getAttribute('name'), input.getAttribute('value')]),
  ) as Record<string, string>;
  const action = `${server.issuer}${form?.getAttribute('action')}`;
  const answer = await browser.request(action, { method: 'POST', form: data });
  expect([303, 403, 409]).toContain(answer.status);
}

const isOn = (label: string): boolean =>
  root.browser.document
    .querySelectorAll('button.toggle')
    .some((each) => each.text.includes(label) && each.getAttribute('aria-pressed') === 'true');

test('from a permission to a person, and back', async () => {
  await opens('new-permission');
  await root.browser.submit(
    { resource: 'https://api.example.test', name: 'posts:add', description: 'Can add a post' },
    'New permission',
  );
  expect(root.browser.title).toBe('posts:add');
  await opens('new-role');
  await root.browser.submit({ name: 'author', description: 'Writes posts', scope: '' }, 'New role');
  expect(root.browser.title).toBe('author');
  await presses('posts:add');
  await opens('roles/author');
  expect(isOn('posts:add')).toBe(true);
  await opens('new-group');
  await root.browser.submit({ name: 'newsroom', description: 'Who writes' }, 'New group');
  await presses('author');
  await opens('groups/newsroom');
  expect(isOn('author')).toBe(true);
  const { id } = await server.person({ email: 'ada@example.test' });
  await root.browser.submit({ who: 'ada@example.test' }, 'Add somebody');
  expect(root.browser.text).toContain('Added.');
  expect((await heldRoles(server.deps, id)).roles).toEqual(['author']);
  await opens('roles/author');
  expect(root.browser.text).toContain('group newsroom: author');
  await opens(`permissions/one?${new URLSearchParams({ resource: 'https://api.example.test', name: 'posts:add' })}`);
  expect(root.browser.text).toContain('ada@example.test');
  await opens('groups/newsroom');
  await root.browser.submit({}, 'Remove');
  expect((await heldRoles(server.deps, id)).roles).toEqual([]);
});

test('services stand beside people, also those that have it through another role', async () => {
  const { db } = server.database;
  const permission = { resource: 'https://api.example.test', name: 'items:pack' };
  const deps = { db, clock: movingClock };
  await createPermission(deps, { ...permission, description: 'Can pack items' });
  await createRole(deps, { name: 'packer', description: '', permissions: [permission] });
  await createRole(deps, { name: 'robots', description: '', includes: ['packer'] });
  await grantClientRole(db, { clientId: 'web', role: 'robots' });
  for (const path of ['roles/packer', `permissions/one?${new URLSearchParams(permission)}`]) {
    await opens(path);
    expect(root.browser.text).toContain('Web App');
    expect(root.browser.text).toContain('given: robots → packer');
  }
  await opens('clients/web');
  const [given, has] = root.browser.document
    .querySelectorAll('section[aria-labelledby=service] dd')
    .map(({ text }) => text.trim());
  expect([given, has]).toEqual(['robots', 'packer, robots']);
});

test('deleting what is in use says what it takes away, and asks', async () => {
  const model = await someModel(server);
  await opens(`roles/${model.role}/delete`);
  expect(root.browser.text).toContain(`The groups ${model.group} no longer carry it: 1 account is in them.`);
  await root.browser.submit({}, 'Delete');
  expect(root.browser.text).toContain('The role was deleted.');
  expect((await heldRoles(server.deps, model.accountId)).roles).toEqual([]);
});

test.each([
  ['role', 'somebody else is given it', 'The role was deleted.'],
  ['group', 'somebody else comes into it', 'The group was deleted.'],
  ['permission', 'another role carries it', 'The permission was deleted.'],
] as const)(
  'what is confirmed is what was shown: of a %s, where %s meanwhile, it is shown anew',
  async (what, _meanwhile, deleted) => {
    const { db } = server.deps;
    const model = await someModel(server);
    const permission = { resource: 'https://api.example.test', name: `seen:${what}` };
    await createPermission(server.deps, { ...permission, description: '' });
    const { id: accountId } = await server.person({ email: `late-${what}@example.test` });
    const page = {
      role: `roles/${model.role}/delete`,
      group: `groups/${model.group}/delete`,
      permission: `permissions/delete?${new URLSearchParams(permission)}`,
    }[what];
    const meanwhile = {
      role: () => grantRole(db, { accountId, role: model.role }),
      group: () => addMember(server.deps, { accountId, group: model.group }),
      permission: () => createRole(server.deps, { name: 'late', description: '', permissions: [permission] }),
    }[what];
    const { browser } = root;
    await opens(page);
    await meanwhile();
    await browser.submit({}, 'Delete');
    expect(browser.text).toContain('This has changed since you looked, and nothing was deleted.');
    await browser.submit({}, 'Delete');
    expect(browser.text).toContain(deleted);
  },
);

test('a page of the release before, which does not say what it has shown, deletes', async () => {
  const model = await someModel(server);
  const { browser } = root;
  await opens(`roles/${model.role}/delete`);
  const { action, data } = browser.form({}, 'Delete');
  expect(Object.keys(data)).toEqual(['csrf']);
  await browser.request(action.split('?')[0] ?? '', { method: 'POST', form: data });
  await opens('roles');
  expect(browser.text).toContain('The role was deleted.');
});

test('a name that no role can have is refused beside its field, and nothing typed is lost', async () => {
  await opens('new-role');
  await root.browser.submit({ name: '__proto__', description: 'Mine', scope: '' }, 'New role');
  expect(root.browser.page.status).toBe(400);
  expect(root.browser.document.querySelector('#name-error')).not.toBeNull();
  expect(root.browser.document.querySelector('#description')?.getAttribute('value')).toBe('Mine');
});

test('roles of the product are read, not changed, and circles are named', async () => {
  await opens('roles/gatehouse%3Aadmin');
  expect(
    root.browser.document.querySelectorAll('form.toggle-form').filter((form) => form.text.includes('accounts:')),
  ).toHaveLength(0);
  const model = await someModel(server);
  await opens(`roles/${model.other}`);
  const { browser } = root;
  const { data } = browser.form({}, 'Save');
  const answer = await browser.request(`${server.issuer}/admin/roles/${model.other}/include`, {
    method: 'POST',
    form: { csrf: data['csrf'] ?? '', role: model.role, on: 'yes' },
  });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain(model.role);
});

test('a preview says what an app would read of somebody, and through what', async () => {
  const model = await someModel(server);
  await opens(
    `preview?${new URLSearchParams({ user: model.email, client: 'web', resource: 'https://api.example.test' })}`,
  );
  expect(root.browser.text).toContain('ID token');
  expect(root.browser.text).toContain(`group ${model.group}: ${model.role}`);
  const wrong = await root.browser.request(`${server.issuer}/admin/preview?user=nobody&client=web`);
  expect(wrong.status).toBe(400);
});

test('whoever may only read is offered nothing to change', async () => {
  const auditor = await administrator(server, { roles: ['gatehouse:auditor'] });
  const model = await someModel(server);
  await auditor.browser.open(`${server.issuer}/admin/roles/${model.role}`);
  expect(auditor.browser.title).toBe(model.role);
  expect(auditor.browser.document.querySelectorAll('main form')).toHaveLength(0);
});

test('a username that is somebody else’s id brings nobody into that person’s groups', async () => {
  await createGroup(server.deps, { name: 'trusted', description: 'Few', roles: [] });
  const boss = await server.person({ email: 'boss@example.test' });
  await server.database.db.updateTable('accounts').set({ id: 'boss-1871' }).where('id', '=', boss.id).execute();
  const mallory = await server.person({ email: 'mallory@example.test', username: 'boss-1871' });
  await opens('groups/trusted');
  await root.browser.submit({ who: 'boss-1871' }, 'Add');
  expect(root.browser.page.status).toBe(400);
  expect(root.browser.text).toContain(`Write id:boss-1871 for the first and id:${mallory.id} for the second.`);
  expect(await memberIds('trusted')).toEqual([]);
  await opens('preview?user=boss-1871&client=shop');
  expect(root.browser.page.status).toBe(400);
  expect(root.browser.text).toContain('id:boss-1871 for the first');
  await opens('groups/trusted');
  await root.browser.submit({ who: 'id:boss-1871' }, 'Add');
  expect(await memberIds('trusted')).toEqual(['boss-1871']);
});

const memberIds = async (group: string) =>
  (await listMembers(server.deps, { group, limit: 9 })).map(({ accountId }) => accountId);
