// Roles: what they carry, who has them.
import { z } from 'zod';
import { changeRoleAs, createRoleAs, deleteRoleAs } from '../../administration/model/role-model-as.ts';
import { versionOf } from '../../administration/outcomes.ts';
import { findRole, listRoles } from '../../roles/role.ts';
import { useOfRole } from '../../roles/usage.ts';
import { requireMatch } from '../conditions.ts';
import { created } from '../created.ts';
import type { ApiDeps } from '../deps.ts';
import { found, name } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { done } from '../outcomes.ts';
import { page, pageAmong, pageFields, pageOf } from '../pages.ts';
import { holdersPage, holdersSchema } from './holders.ts';
import { changesOfRole, confirmation, newRole, roleSchema, shownRole } from './schemas.ts';

const params = z.object({ role: name });

const query = z.strictObject({
  client_id: name.optional().describe('Only those of this client.'),
  resource: name.optional().describe('Only those of this API.'),
  ...pageFields,
});

const use = z
  .object({
    accounts: z.int().describe('How many have it themselves.'),
    groups: z.array(z.string()),
    members: z.int().describe('How many accounts are in one of these groups.'),
    included_by: z.array(z.string()),
    clients: z.array(z.string()).describe('Service clients that were given it; their files may name it besides.'),
  })
  .meta({ id: 'UseOfRole' });

export const roleOperations = (deps: ApiDeps): readonly Operation[] => [...reading(deps), ...changing(deps)];

const reading = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'listRoles',
    method: 'GET',
    path: '/roles',
    needs: 'roles:read',
    tag: 'Access',
    summary: 'All roles, by name',
    query,
    success: { status: 200, description: 'A page of them.', schema: pageOf(roleSchema) },
    run: async ({ query: asked }) => {
      const all = (await listRoles(deps.db)).filter(
        (role) =>
          (asked.client_id === undefined || role.clientId === asked.client_id) &&
          (asked.resource === undefined || role.resource === asked.resource),
      );
      const { items, next } = pageAmong(all, asked, (role) => role.name);
      return page('/roles', asked, { items: items.map(shownRole), next });
    },
  }),
  operation({
    id: 'getRole',
    method: 'GET',
    path: '/roles/:role',
    needs: 'roles:read',
    tag: 'Access',
    summary: 'One role, with what it carries',
    params,
    success: { status: 200, description: 'The role.', schema: roleSchema },
    run: async ({ params: { role } }) => ({
      status: 200,
      body: shownRole(found(await findRole(deps.db, role))),
      tagged: true,
    }),
  }),
  operation({
    id: 'getUseOfRole',
    method: 'GET',
    path: '/roles/:role/use',
    needs: 'roles:read',
    tag: 'Access',
    summary: 'What deleting a role would take away',
    params,
    success: { status: 200, description: 'Its use.', schema: use },
    run: async ({ params: { role } }) => {
      found(await findRole(deps.db, role));
      const { includedBy, ...counted } = await useOfRole(deps.db, role);
      return { status: 200, body: { ...counted, included_by: includedBy } };
    },
  }),
  operation({
    id: 'listHoldersOfRole',
    method: 'GET',
    path: '/roles/:role/holders',
    needs: 'roles:read',
    tag: 'Access',
    summary: 'Who has a role, and why',
    params,
    query: z.strictObject(pageFields),
    success: { status: 200, description: 'A page of them, by id, and the services.', schema: holdersSchema },
    run: async ({ params: { role }, query: asked }) => {
      found(await findRole(deps.db, role));
      return holdersPage(deps, { role }, { path: `/roles/${role}/holders`, query: asked });
    },
  }),
];

const changing = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'createRole',
    method: 'POST',
    path: '/roles',
    needs: 'roles:write',
    tag: 'Access',
    summary: 'Make a role',
    body: newRole,
    success: { status: 201, description: 'The role.', schema: roleSchema },
    run: async ({ by, body: { client_id, resource, ...fields } }) => {
      const wanted = { ...fields, clientId: client_id ?? undefined, resource: resource ?? undefined };
      const { role } = found(done(await createRoleAs(deps, by, wanted)));
      return created(deps, `/roles/${role.name}`, shownRole(role));
    },
  }),
  operation({
    id: 'changeRole',
    method: 'PATCH',
    path: '/roles/:role',
    needs: 'roles:write',
    shows: 'roles:read',
    tag: 'Access',
    summary: 'Change a role',
    description: 'What is left out stays.',
    ifMatch: 'required',
    params,
    body: changesOfRole,
    success: { status: 200, description: 'The role as it is now.', schema: roleSchema },
    run: async ({ by, params: { role: roleName }, body: { client_id: clientId, ...changes }, condition }) => {
      const before = found(await findRole(deps.db, roleName));
      requireMatch(condition, shownRole(before));
      const wanted = { ...changes, clientId, name: roleName, version: versionOf(before) };
      const changed = done(await changeRoleAs(deps, by, wanted));
      return { status: 200, body: shownRole(changed?.role ?? before), tagged: true };
    },
  }),
  operation({
    id: 'deleteRole',
    method: 'DELETE',
    path: '/roles/:role',
    needs: 'roles:write',
    tag: 'Access',
    summary: 'Delete a role',
    ifMatch: 'required',
    params,
    query: confirmation,
    success: { status: 204, description: 'It is gone.' },
    run: async ({ by, params: { role: roleName }, query: { confirm: confirmed = false }, condition }) => {
      const before = found(await findRole(deps.db, roleName));
      requireMatch(condition, shownRole(before));
      done(await deleteRoleAs(deps, by, { name: roleName, confirmed, version: versionOf(before) }));
      return { status: 204 };
    },
  }),
];
