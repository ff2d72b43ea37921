// Permissions of APIs and apps, and who has them.
import { z } from 'zod';
import {
  changePermissionAs,
  createPermissionAs,
  deletePermissionAs,
} from '../../administration/model/permission-model-as.ts';
import { versionOf } from '../../administration/outcomes.ts';
import { findPermission, listPermissions, type Permission } from '../../roles/permissions.ts';
import type { PermissionRef } from '../../roles/role-contents.ts';
import { requireMatch } from '../conditions.ts';
import { created } from '../created.ts';
import type { ApiDeps } from '../deps.ts';
import { found, name } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { done } from '../outcomes.ts';
import { page, pageAmong, pageFields, pageOf } from '../pages.ts';
import { holdersPage, holdersSchema } from './holders.ts';
import { changesOfPermission, confirmation, newPermission, permissionSchema, shownPermission } from './schemas.ts';

const params = z.object({
  resource: name.describe('The audience of an API, percent-encoded; a client_id; or gatehouse.'),
  permission: name,
});

const PATH = '/permissions/:resource/:permission';

export const permissionOperations = (deps: ApiDeps): readonly Operation[] => [...reading(deps), ...changing(deps)];

const reading = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'listPermissions',
    method: 'GET',
    path: '/permissions',
    needs: 'roles:read',
    tag: 'Access',
    summary: 'All permissions, by resource and name',
    query: z.strictObject({ resource: name.optional().describe('Only those of this API or app.'), ...pageFields }),
    success: { status: 200, description: 'A page of them.', schema: pageOf(permissionSchema) },
    run: async ({ query: asked }) => {
      const all = await listPermissions(deps.db, { resource: asked.resource });
      const { items, next } = pageAmong(all, asked, keyOf);
      return page('/permissions', asked, { items: items.map(shownPermission), next });
    },
  }),
  operation({
    id: 'getPermission',
    method: 'GET',
    path: PATH,
    needs: 'roles:read',
    tag: 'Access',
    summary: 'One permission',
    params,
    success: { status: 200, description: 'The permission.', schema: permissionSchema },
    run: async ({ params: of }) => ({ status: 200, body: shownPermission(await read(deps, of)), tagged: true }),
  }),
  operation({
    id: 'listHoldersOfPermission',
    method: 'GET',
    path: `${PATH}/holders`,
    needs: 'roles:read',
    tag: 'Access',
    summary: 'Who has a permission, and why',
    params,
    query: z.strictObject(pageFields),
    success: { status: 200, description: 'A page of them, by id, and the services.', schema: holdersSchema },
    run: async ({ params: of, query: asked }) => {
      const permission = await read(deps, of);
      return holdersPage(deps, { permission }, { path: `${pathOf(permission)}/holders`, query: asked });
    },
  }),
];

const changing = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'createPermission',
    method: 'POST',
    path: '/permissions',
    needs: 'roles:write',
    tag: 'Access',
    summary: 'Make a permission of an API or an app',
    body: newPermission,
    success: { status: 201, description: 'The permission.', schema: permissionSchema },
    run: async ({ by, body }) => {
      const { permission } = found(done(await createPermissionAs(deps, by, body)));
      return created(deps, pathOf(permission), shownPermission(permission));
    },
  }),
  operation({
    id: 'changePermission',
    method: 'PATCH',
    path: PATH,
    needs: 'roles:write',
    shows: 'roles:read',
    tag: 'Access',
    summary: 'Say a permission in other words',
    ifMatch: 'required',
    params,
    body: changesOfPermission,
    success: { status: 200, description: 'The permission as it is now.', schema: permissionSchema },
    run: async ({ by, params: of, body, condition }) => {
      const before = await read(deps, of);
      requireMatch(condition, shownPermission(before));
      const wanted = { ...refOf(of), ...body, version: versionOf(before) };
      const changed = done(await changePermissionAs(deps, by, wanted));
      return { status: 200, body: shownPermission(changed?.permission ?? before), tagged: true };
    },
  }),
  operation({
    id: 'deletePermission',
    method: 'DELETE',
    path: PATH,
    needs: 'roles:write',
    tag: 'Access',
    summary: 'Delete a permission',
    ifMatch: 'required',
    params,
    query: confirmation,
    success: { status: 204, description: 'It is gone.' },
    run: async ({ by, params: of, query: { confirm: confirmed = false }, condition }) => {
      const before = await read(deps, of);
      requireMatch(condition, shownPermission(before));
      done(await deletePermissionAs(deps, by, { ...refOf(of), confirmed, version: versionOf(before) }));
      return { status: 204 };
    },
  }),
];

type Of = z.output<typeof params>;

const refOf = ({ resource, permission }: Of) => ({ resource, name: permission });

const pathOf = ({ resource, name: permission }: PermissionRef): string =>
  `/permissions/${encodeURIComponent(resource)}/${encodeURIComponent(permission)}`;

/** @throws Refusal 404 */
const read = async ({ db }: ApiDeps, of: Of): Promise<Permission> => found(await findPermission(db, refOf(of)));

/** Neither has a space in it; the list is sorted by the one, then by the other. */
const keyOf = ({ resource, name: permission }: Permission): string => `${resource} ${permission}`;
