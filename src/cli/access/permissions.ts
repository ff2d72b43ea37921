// gatehouse permission list, create, change, delete.
import {
  changePermissionAs,
  createPermissionAs,
  deletePermissionAs,
} from '../../administration/model/permission-model-as.ts';
import { listPermissions, type Permission } from '../../roles/permissions.ts';
import type { PermissionRef } from '../../roles/role-contents.ts';
import { useOfPermission } from '../../roles/usage.ts';
import { confirmation } from '../confirmation.ts';
import { count, neutral, table } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { changedBy, notFound, OPERATOR, withAccess } from './operator.ts';

export const showPermissions = (
  invocation: Invocation,
  { resource }: { resource?: string | undefined },
): Promise<Answer> =>
  withAccess(invocation, async ({ db }) => {
    const permissions = await listPermissions(db, { resource });
    return {
      result: { permissions: permissions.map(permissionResult) },
      text: table(
        ['RESOURCE', 'PERMISSION', 'FROM', 'DESCRIPTION'],
        permissions.map((each) => [each.resource, each.name, each.origin, each.description]),
      ),
    };
  });

const permissionResult = ({ resource, name, description, origin, goneAt, createdAt, updatedAt }: Permission) => ({
  resource,
  name,
  description,
  origin,
  gone_at: goneAt,
  created_at: createdAt,
  updated_at: updatedAt,
});

type Described = PermissionRef & { readonly description: string };

export const addPermission = (invocation: Invocation, wanted: Described): Promise<Answer> =>
  withAccess(invocation, async (deps) => {
    const answer = await createPermissionAs(deps, OPERATOR, wanted);
    if (!changedBy(answer, about(wanted))) throw new Error('a permission cannot be made without a change');
    return { result: permissionResult(answer.permission), text: `Created the permission ${neutral(wanted.name)}.` };
  });

const about = ({ resource, name }: PermissionRef) => ({ kind: 'permission', name: `${resource} ${name}` }) as const;

export const alterPermission = (invocation: Invocation, wanted: Described): Promise<Answer> =>
  withAccess(invocation, async (deps) => {
    const { resource, name } = wanted;
    const answer = await changePermissionAs(deps, OPERATOR, wanted);
    const changed = changedBy(answer, about(wanted));
    return {
      result: { resource, name, description: wanted.description, changed },
      text: `Changed the permission ${neutral(name)}.`,
    };
  });

export async function removePermission(
  invocation: Invocation,
  { resource, name, yes }: PermissionRef & { yes: boolean },
): Promise<Answer> {
  const confirmed = confirmation(invocation, { yes });
  return withAccess(invocation, async (deps) => {
    const { roles } = await useOfPermission(deps.db, { resource, name });
    const carrying = roles.length === 0 ? 'no role carries' : `${roles.join(', ')} would lose`;
    await confirmed(`Delete the permission ${neutral(name)} of ${neutral(resource)}, which ${carrying}?`);
    const answer = await deletePermissionAs(deps, OPERATOR, { resource, name, confirmed: true });
    if (!changedBy(answer, about({ resource, name })) || !('use' in answer)) throw notFound('permission', name);
    return {
      result: { resource, name, roles: answer.use.roles },
      text: `Deleted the permission ${neutral(name)}; ${count(answer.use.roles.length, 'role')} had it.`,
    };
  });
}
