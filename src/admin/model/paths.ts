// Addresses of the pages about roles, groups and permissions.
import type { PermissionRef } from '../../roles/role-contents.ts';
import { pathOf } from '../navigation.ts';

export const ROLES_PATH = pathOf('roles');
export const GROUPS_PATH = pathOf('groups');
export const PERMISSIONS_PATH = pathOf('permissions');
export const PREVIEW_PATH = pathOf('preview');

const below = (path: string, name: string, more: string): string =>
  `${path}/${encodeURIComponent(name)}${more === '' ? '' : `/${more}`}`;

export const rolePath = (name: string, more = ''): string => below(ROLES_PATH, name, more);
export const groupPath = (name: string, more = ''): string => below(GROUPS_PATH, name, more);

/** The names of APIs are addresses themselves, so they stand in the query. */
export const permissionPath = ({ resource, name }: PermissionRef, more = 'one'): string =>
  `${PERMISSIONS_PATH}/${more}?${new URLSearchParams({ resource, name })}`;

export const accountPath = (id: string): string => `${pathOf('accounts')}/${encodeURIComponent(id)}`;

/** Beside the lists, since `new` can be the name of a role. */
export const NEW_ROLE_PATH = '/admin/new-role';
export const NEW_GROUP_PATH = '/admin/new-group';
export const NEW_PERMISSION_PATH = '/admin/new-permission';
