// Roles of service clients, beside those of their files.
import { z } from 'zod';
import { grantClientRoleAs, revokeClientRoleAs } from '../../administration/rights/client-role-as.ts';
import { productPermissionsOfClient, rolesGivenToClient, rolesOfClient } from '../../roles/client-roles.ts';
import type { ApiDeps } from '../deps.ts';
import { found, name } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { done } from '../outcomes.ts';

const params = z.object({ clientId: name });
const roleParams = params.extend({ role: name });

const rights = z
  .object({
    assigned: z.array(z.string()).describe('By its file.'),
    granted: z.array(z.string()).describe('Here.'),
    effective: z.object({
      roles: z.array(z.string()),
      permissions: z
        .array(z.string())
        .describe('Of the product, by what was granted; its tokens need them as scopes besides.'),
    }),
  })
  .meta({ id: 'RightsOfClient' });

export const clientRoleOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'getRightsOfClient',
    method: 'GET',
    path: '/clients/:clientId/rights',
    needs: 'clients:read',
    tag: 'Clients',
    summary: 'The roles of a service client, and what comes of them',
    params,
    success: { status: 200, description: 'Its rights.', schema: rights },
    run: async ({ params: { clientId } }) => {
      const { assign: assigned } = found(deps.live.current().get(clientId)).roles;
      const { roles } = await rolesOfClient(deps.db, { clientId, assigned });
      const permissions = await productPermissionsOfClient(deps.db, clientId);
      const granted = await rolesGivenToClient(deps.db, clientId);
      return { status: 200, body: { assigned, granted, effective: { roles, permissions } } };
    },
  }),
  operation({
    id: 'grantClientRole',
    method: 'PUT',
    path: '/clients/:clientId/roles/:role',
    needs: 'roles:assign',
    tag: 'Clients',
    summary: 'Give a service client a role',
    params: roleParams,
    success: { status: 204, description: 'It has it.' },
    run: async ({ by, params: given }) => {
      done(await grantClientRoleAs(deps, by, given));
      return { status: 204 };
    },
  }),
  operation({
    id: 'revokeClientRole',
    method: 'DELETE',
    path: '/clients/:clientId/roles/:role',
    needs: 'roles:assign',
    tag: 'Clients',
    summary: 'Take a role that a service client was given here',
    description: 'Also from one whose file is gone.',
    params: roleParams,
    success: { status: 204, description: 'It does not have it any more, unless by its file.' },
    run: async ({ by, params: taken }) => {
      done(await revokeClientRoleAs(deps, by, taken));
      return { status: 204 };
    },
  }),
];
