// The roles and groups of an account: given for good or until a day, and taken.
import { z } from 'zod';
import { findAccount } from '../../accounts/accounts.ts';
import { addMemberAs, removeMemberAs } from '../../administration/rights/member-as.ts';
import { grantRoleAs, revokeRoleAs } from '../../administration/rights/role-as.ts';
import { PRODUCT_RESOURCE } from '../../config/roles/product-permissions.ts';
import { assignmentsOf } from '../../roles/assignments.ts';
import { heldRoles, permissionsOf } from '../../roles/held.ts';
import { membershipsOf } from '../../roles/members.ts';
import type { ApiDeps } from '../deps.ts';
import { found, moment, name, said, sentMoment } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { done } from '../outcomes.ts';
import { accountParams } from './schemas.ts';

const given = { since: moment, expires_at: moment.nullable().describe('Null: for good.') };

const rights = z
  .object({
    roles: z.array(z.object({ role: z.string(), ...given })).describe('Given to the account itself.'),
    groups: z.array(z.object({ group: z.string(), ...given })),
    effective: z.object({
      roles: z.array(z.string()).describe('With those of groups, and all that these include.'),
      groups: z.array(z.string()),
      permissions: z.array(z.string()).describe('Of the product: what it may do in administering.'),
    }),
  })
  .meta({ id: 'Rights' });

const until = z
  .strictObject({ expires_at: sentMoment.nullable().default(null).describe('Null: for good.') })
  .meta({ id: 'Until' });

const expiryOf = ({ expires_at }: z.output<typeof until>): Date | undefined =>
  expires_at === null ? undefined : new Date(expires_at);

const roleParams = accountParams.extend({ role: name });
const groupParams = accountParams.extend({ group: name });

export const rightsOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'getRightsOfAccount',
    method: 'GET',
    path: '/accounts/:accountId/rights',
    needs: 'accounts:read',
    tag: 'Access',
    summary: 'The roles and groups of an account, and what comes of them',
    params: accountParams,
    success: { status: 200, description: 'Its rights.', schema: rights },
    run: async ({ params }) => ({ status: 200, body: await rightsOf(deps, params.accountId), tagged: true }),
  }),
  operation({
    id: 'grantRole',
    method: 'PUT',
    path: '/accounts/:accountId/roles/:role',
    needs: 'roles:assign',
    tag: 'Access',
    summary: 'Give a role, for good or until a day',
    description: 'Given anew, the day that was there is replaced.',
    params: roleParams,
    body: until,
    success: { status: 204, description: 'The account has it.' },
    run: async ({ by, params, body }) => {
      done(await grantRoleAs(deps, by, { ...params, expiresAt: expiryOf(body) }));
      return { status: 204 };
    },
  }),
  operation({
    id: 'revokeRole',
    method: 'DELETE',
    path: '/accounts/:accountId/roles/:role',
    needs: 'roles:assign',
    tag: 'Access',
    summary: 'Take a role that was given to the account itself',
    params: roleParams,
    success: { status: 204, description: 'The account does not have it any more, unless by a group.' },
    run: async ({ by, params }) => {
      done(await revokeRoleAs(deps, by, params));
      return { status: 204 };
    },
  }),
  operation({
    id: 'addMember',
    method: 'PUT',
    path: '/accounts/:accountId/groups/:group',
    needs: 'groups:write',
    tag: 'Access',
    summary: 'Put an account into a group, for good or until a day',
    params: groupParams,
    body: until,
    success: { status: 204, description: 'The account is in it.' },
    run: async ({ by, params, body }) => {
      done(await addMemberAs(deps, by, { ...params, expiresAt: expiryOf(body) }));
      return { status: 204 };
    },
  }),
  operation({
    id: 'removeMember',
    method: 'DELETE',
    path: '/accounts/:accountId/groups/:group',
    needs: 'groups:write',
    tag: 'Access',
    summary: 'Take an account out of a group',
    params: groupParams,
    success: { status: 204, description: 'The account is not in it any more.' },
    run: async ({ by, params }) => {
      done(await removeMemberAs(deps, by, params));
      return { status: 204 };
    },
  }),
];

async function rightsOf(deps: ApiDeps, accountId: string) {
  const { id } = found(await findAccount(deps.db, accountId));
  const { roles, groups } = await heldRoles(deps, id);
  return {
    roles: (await assignmentsOf(deps, id)).map(({ role, ...rest }) => ({ role, ...givenFrom(rest) })),
    groups: (await membershipsOf(deps, id)).map(({ group, ...rest }) => ({ group, ...givenFrom(rest) })),
    effective: { roles, groups, permissions: await permissionsOf(deps.db, { roles, resource: PRODUCT_RESOURCE }) },
  };
}

const givenFrom = ({ createdAt, expiresAt }: { createdAt: Date; expiresAt: Date | undefined }) => ({
  since: createdAt.toISOString(),
  expires_at: said(expiresAt),
});
