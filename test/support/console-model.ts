// Roles, groups and permissions for tests, and the console's forms about them.

import type { HTMLElement } from 'node-html-parser';
import { createGroup } from '../../src/roles/groups.ts';
import { createPermission } from '../../src/roles/permissions.ts';
import { createRole } from '../../src/roles/roles.ts';
import { type ConsoleForm, consoleBrowser } from './console-forms.ts';
import type { TestServer } from './start-server.ts';

const API = 'https://api.example.test';

let made = 0;

/** A role with a permission, a group that carries it, and a member, each of a new name. */
export async function someModel(server: TestServer) {
  made += 1;
  const { db, clock } = server.deps;
  const names = {
    role: `writer-${made}`,
    other: `reader-${made}`,
    group: `staff-${made}`,
    permission: `posts:add-${made}`,
  };
  const permission = { resource: API, name: names.permission };
  await createPermission({ db, clock }, { ...permission, description: 'Can add a post' });
  await createRole({ db, clock }, { name: names.other, description: 'Reads posts' });
  const contents = { permissions: [permission], includes: [names.other] };
  await createRole({ db, clock }, { name: names.role, description: 'Writes posts', ...contents });
  await createGroup({ db, clock }, { name: names.group, description: 'Who works here', roles: [names.role] });
  const email = `member-${made}@example.test`;
  const { id } = await server.person({ email });
  await db.insertInto('group_members').values({ group_name: names.group, account_id: id }).execute();
  return { ...names, email, accountId: id, resource: API };
}

export const permissionQuery = (model: { resource: string; permission: string }): string =>
  String(new URLSearchParams({ resource: model.resource, name: model.permission }));

/** Its address may say besides what the page has shown. */
const leadsTo = (form: HTMLElement, action: string): boolean => form.getAttribute('action')?.split('?')[0] === action;

/** Filled in as an administrator would, by the address that each is sent to. */
export const modelForms = (server: () => TestServer): Record<string, () => Promise<ConsoleForm>> => {
  const form = async (path: string, action: string, fields: Record<string, string> = {}): Promise<ConsoleForm> => {
    const browser = await consoleBrowser(server(), path);
    const found = browser.document.querySelectorAll('form').find((each) => leadsTo(each, action));
    const inputs = found?.querySelectorAll('input') ?? [];
    const own = inputs.flatMap((input): [string, string][] => {
      const name = input.getAttribute('name');
      return name === undefined || input.getAttribute('type') === 'checkbox'
        ? []
        : [[name, input.getAttribute('value') ?? '']];
    });
    return {
      browser,
      action: `${server().issuer}${found?.getAttribute('action') ?? action}`,
      data: { ...Object.fromEntries(own), ...fields },
    };
  };
  const onRole = async (more: string, fields: Record<string, string> = {}) => {
    const { role } = await someModel(server());
    return form(`/admin/roles/${role}${more === '/delete' ? more : ''}`, `/admin/roles/${role}${more}`, fields);
  };
  const onGroup = async (
    more: string,
    fields: (model: { accountId: string }) => Record<string, string> = () => ({}),
  ) => {
    const model = await someModel(server());
    const path = `/admin/groups/${model.group}`;
    return form(`${path}${more === '/delete' ? more : ''}`, `${path}${more}`, fields(model));
  };
  return {
    '/admin/roles': () =>
      form('/admin/new-role', '/admin/roles', { name: `made-${Math.random()}`, description: 'x', scope: '' }),
    '/admin/roles/:name': () => onRole('', { description: 'Another sentence' }),
    '/admin/roles/:name/permission': () => onRole('/permission'),
    '/admin/roles/:name/include': () => onRole('/include'),
    '/admin/roles/:name/client': () => onRole('/client'),
    '/admin/roles/:name/delete': () => onRole('/delete'),
    '/admin/groups': () =>
      form('/admin/new-group', '/admin/groups', { name: `made-${Math.random()}`, description: 'x' }),
    '/admin/groups/:name': () => onGroup('', () => ({ description: 'Another sentence' })),
    '/admin/groups/:name/role': () => onGroup('/role'),
    '/admin/groups/:name/add': () => onGroup('/add', () => ({ who: 'dan@example.test', until: '' })),
    '/admin/groups/:name/remove': () => onGroup('/remove'),
    '/admin/groups/:name/delete': () => onGroup('/delete'),
    '/admin/permissions': () =>
      form('/admin/new-permission', '/admin/permissions', {
        resource: API,
        name: `made-${Math.random()}`,
        description: 'x',
      }),
    '/admin/permissions/change': async () => {
      const query = permissionQuery(await someModel(server()));
      return form(`/admin/permissions/one?${query}`, '/admin/permissions/change', { description: 'Another sentence' });
    },
    '/admin/permissions/delete': async () => {
      const query = permissionQuery(await someModel(server()));
      return form(`/admin/permissions/delete?${query}`, '/admin/permissions/delete');
    },
  };
};
