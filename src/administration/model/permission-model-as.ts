// Makes, changes and deletes permissions of APIs and apps. The product's own stay as they are.
import { type DetailValue, recordEvent } from '../../audit/audit-log.ts';
import { PRODUCT_RESOURCE } from '../../config/roles/product-permissions.ts';
import {
  changePermission,
  createPermission,
  deletePermission,
  findPermission,
  type Permission,
} from '../../roles/permissions.ts';
import type { PermissionRef } from '../../roles/role-contents.ts';
import { isPermissionInUse, type UseOfPermission } from '../../roles/usage.ts';
import { type AdministrationDeps, type Administrator, actorOf, sourceOf } from '../administrator.ts';
import { change } from '../change.ts';
import { type Confirmed, canBeName, type InUse, mayTake, type Outcome, unknown } from '../outcomes.ts';
import { current } from './current.ts';
import { hasPermissions, type ModelDeps } from './deps.ts';
import { problemIn } from './problems.ts';

export function createPermissionAs(
  deps: ModelDeps,
  by: Administrator,
  wanted: PermissionRef & { readonly description: string },
): Promise<Outcome<{ permission: Permission }>> {
  return change(deps, { by, needs: 'roles:write', action: 'permission.create' }, async (inside) => {
    const { resource, description } = wanted;
    if (resource !== PRODUCT_RESOURCE && !hasPermissions(inside, resource)) {
      const key = 'administration.problem.no_such_resource';
      return { outcome: 'invalid', problems: [{ field: 'resource', key, values: { name: resource } }] };
    }
    const created = await createPermission(inside, wanted);
    switch (created.outcome) {
      case 'taken':
        return { outcome: 'taken', field: 'name' };
      case 'reserved':
        return { outcome: 'reserved' };
      case 'invalid':
        return problemIn(created, 'permission');
      case 'created':
        await record(inside, by, { event: 'permission.created', ...wanted, details: { after: { description } } });
        return { outcome: 'done', permission: created.permission };
    }
  });
}

export function changePermissionAs(
  deps: AdministrationDeps,
  by: Administrator,
  { version, ...wanted }: PermissionRef & { readonly description: string; readonly version?: string | undefined },
): Promise<Outcome<{ permission: Permission }>> {
  return change(deps, { by, needs: 'roles:write', action: 'permission.change' }, async (inside) => {
    const at = await current('permission', { name: wanted.name, version }, () => find(inside, wanted));
    if ('refused' in at) return at.refused;
    const before = at.found;
    const changed = await changePermission(inside, wanted);
    switch (changed.outcome) {
      case 'unknown':
        return unknown('permission', wanted.name);
      case 'reserved':
      case 'declared':
        return { outcome: changed.outcome };
      case 'invalid':
        return problemIn(changed, 'permission');
      case 'changed': {
        const { description } = wanted;
        if (description === before.description) return { outcome: 'unchanged' };
        const details = { before: { description: before.description }, after: { description } };
        await record(inside, by, { event: 'permission.changed', ...wanted, details });
        return { outcome: 'done', permission: changed.permission };
      }
    }
  });
}

export interface DeletionOfPermission extends PermissionRef {
  readonly confirmed?: Confirmed<UseOfPermission>;
  readonly version?: string | undefined;
}

export function deletePermissionAs(
  deps: AdministrationDeps,
  by: Administrator,
  { confirmed = false, version, ...ref }: DeletionOfPermission,
): Promise<Outcome<{ use: UseOfPermission }> | InUse<UseOfPermission>> {
  return change(deps, { by, needs: 'roles:write', action: 'permission.delete' }, async (inside) => {
    const at = await current('permission', { name: ref.name, version }, () => find(inside, ref));
    if ('refused' in at) return at.refused;
    const before = at.found;
    const deletion = await deletePermission(inside.db, ref, mayTake(confirmed, isPermissionInUse));
    if (deletion.outcome === 'unknown') return unknown('permission', ref.name);
    if (deletion.outcome !== 'deleted') return deletion;
    const { use } = deletion;
    const details = { before: { description: before.description }, roles: use.roles };
    await record(inside, by, { event: 'permission.deleted', ...ref, details });
    return { outcome: 'done', use };
  });
}

const find = async (inside: AdministrationDeps, ref: PermissionRef): Promise<Permission | undefined> =>
  canBeName(ref.resource) ? findPermission(inside.db, ref) : undefined;

interface Told {
  readonly event: 'permission.created' | 'permission.changed' | 'permission.deleted';
  readonly details: Readonly<Record<string, DetailValue>>;
}

const record = (
  inside: AdministrationDeps,
  by: Administrator,
  { resource, name, event, details }: Told & PermissionRef,
): Promise<void> => {
  const subject = `permission:${resource} ${name}` as const;
  return recordEvent(inside, { event, details, subject, actor: actorOf(by), source: sourceOf(by) });
};
