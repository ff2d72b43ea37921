// The console's pages about roles, groups and permissions, in every state worth looking at.

import { atConsole, opened } from './at-console.ts';
import { permissionQuery, someModel } from './console-model.ts';
import type { PageState } from './every-page.ts';
import type { TestServer } from './start-server.ts';

const page = (
  view: string,
  state: string,
  heading: string,
  path: (server: TestServer) => Promise<string>,
): PageState => ({
  view: `admin/model/${view}`,
  state,
  heading,
  open: async (stage) => atConsole(stage, await path(stage.server)),
});

export const CONSOLE_MODEL_PAGES: readonly PageState[] = [
  page('roles', 'with some', 'Roles', async (server) => {
    await someModel(server);
    return '/admin/roles';
  }),
  page('role', 'that somebody has', 'writer-', async (server) => `/admin/roles/${(await someModel(server)).role}`),
  opened('model/role', 'of the product', 'gatehouse:helpdesk', '/admin/roles/gatehouse%3Ahelpdesk'),
  opened('model/new-role', 'empty', 'New role', '/admin/new-role'),
  page(
    'delete',
    'of a role in use',
    'writer-',
    async (server) => `/admin/roles/${(await someModel(server)).role}/delete`,
  ),
  page('groups', 'with some', 'Groups', async (server) => {
    await someModel(server);
    return '/admin/groups';
  }),
  page('group', 'with a member', 'staff-', async (server) => `/admin/groups/${(await someModel(server)).group}`),
  opened('model/new-group', 'empty', 'New group', '/admin/new-group'),
  opened('model/permissions', 'as it opens', 'Permissions', '/admin/permissions'),
  page('permission', 'that somebody has', 'posts:add', async (server) => {
    return `/admin/permissions/one?${permissionQuery(await someModel(server))}`;
  }),
  opened('model/new-permission', 'empty', 'New permission', '/admin/new-permission'),
  opened('model/preview', 'as it opens', 'Claims preview', '/admin/preview'),
  page('preview', 'of somebody', 'Claims preview', async (server) => {
    const { email } = await someModel(server);
    return `/admin/preview?${new URLSearchParams({ user: email, client: 'ledger' })}`;
  }),
];
