// What roles bring along: with all that they include, and what all of these permit.
import { z } from 'zod';
import { findGroup } from '../../roles/groups.ts';
import { withIncluded } from '../../roles/held.ts';
import { listPermissions } from '../../roles/permissions.ts';
import { findRole, listRoles } from '../../roles/role.ts';
import type { ApiDeps } from '../deps.ts';
import { found, name } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';

const effective = z
  .object({
    roles: z.array(z.string()),
    permissions: z.array(z.object({ resource: z.string(), name: z.string() })),
  })
  .meta({ id: 'Effective', description: 'Without what is declared no longer.' });

export const effectiveOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'getEffectOfRole',
    method: 'GET',
    path: '/roles/:role/effect',
    needs: 'roles:read',
    tag: 'Access',
    summary: 'What a role brings along, with all that it includes',
    params: z.object({ role: name }),
    success: { status: 200, description: 'Its effect.', schema: effective },
    run: async ({ params: { role } }) => {
      const { name: known } = found(await findRole(deps.db, role));
      return { status: 200, body: await effectOf(deps, [known]) };
    },
  }),
  operation({
    id: 'getEffectOfGroup',
    method: 'GET',
    path: '/groups/:group/effect',
    needs: 'groups:read',
    tag: 'Access',
    summary: 'What being in a group brings along',
    params: z.object({ group: name }),
    success: { status: 200, description: 'Its effect.', schema: effective },
    run: async ({ params: { group } }) => {
      const { roles, goneAt } = found(await findGroup(deps.db, group));
      return { status: 200, body: await effectOf(deps, goneAt === undefined ? roles : []) };
    },
  }),
];

async function effectOf({ db }: ApiDeps, names: readonly string[]) {
  const { roles } = await withIncluded(db, names);
  const carried = (await listRoles(db)).filter((role) => roles.includes(role.name)).flatMap((role) => role.permissions);
  const isCarried = (resource: string, permission: string) =>
    carried.some((each) => each.resource === resource && each.name === permission);
  const permissions = (await listPermissions(db))
    .filter((each) => each.goneAt === undefined && isCarried(each.resource, each.name))
    .map(({ resource, name: permission }) => ({ resource, name: permission }));
  return { roles, permissions };
}
