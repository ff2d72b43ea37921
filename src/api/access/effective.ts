// What roles bring along: with all that they include, and what all of these permit.
import { z } from 'zod';
import { effectOf } from '../../roles/effect.ts';
import { findGroup } from '../../roles/groups.ts';
import { findRole } from '../../roles/role.ts';
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
      return { status: 200, body: await effectOf(deps.db, [known]) };
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
      return { status: 200, body: await effectOf(deps.db, goneAt === undefined ? roles : []) };
    },
  }),
];
