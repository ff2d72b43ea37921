// The permissions there are, by API and app; one of them: who has it and why.
import type Koa from 'koa';
import { textsFor } from '../../http/page.ts';
import { nothingThere } from '../../http/refusals.ts';
import { findPermission, listPermissions, type Permission } from '../../roles/permissions.ts';
import { useOfPermission } from '../../roles/usage.ts';
import type { AdminDeps } from '../deps.ts';
import { onlyTheRefusal } from '../forbidden-page.ts';
import type { AdminStep, AtConsole } from '../in-console.ts';
import { answerWith, type Trouble } from '../not-done.ts';
import { showAdminPage } from '../page.ts';
import { wordIn } from '../query.ts';
import { holdersShown } from './holders.ts';
import { NEW_PERMISSION_PATH, PERMISSIONS_PATH, permissionPath, rolePath } from './paths.ts';
import { isEditable, originShown, resourceName } from './shown.ts';

export const showPermissions =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const t = textsFor(ctx);
    const all = await listPermissions(deps.db);
    await showAdminPage(deps, ctx, {
      view: 'model/permissions',
      title: 'model.permissions.title',
      lead: 'model.permissions.lead',
      current: 'permissions',
      admin,
      locals: {
        create: admin.may.has('roles:write') ? NEW_PERMISSION_PATH : undefined,
        resources: [...Map.groupBy(all, ({ resource }) => resource)].map(([resource, permissions]) => ({
          resource,
          name: resourceName(deps, resource),
          permissions: permissions.map((permission) => ({
            name: permission.name,
            description: permission.description,
            href: permissionPath(permission),
            origin: originShown(t, permission.origin),
          })),
        })),
      },
    });
  };

/** 404 for what is none. */
export async function permissionOf(
  deps: AdminDeps,
  { resource = '', name = '' }: { resource?: string | undefined; name?: string | undefined },
): Promise<Permission> {
  const permission = await findPermission(deps.db, { resource, name });
  if (permission === undefined) throw nothingThere();
  return permission;
}

export const showPermission =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const permission = await permissionOf(deps, { resource: wordIn(ctx, 'resource'), name: wordIn(ctx, 'name') });
    await showPermissionPage(deps, ctx, { admin, permission });
  };

export interface PermissionOnPage {
  readonly admin: AtConsole;
  readonly permission: Permission;
  readonly typed?: { readonly description: string };
  readonly trouble?: Trouble;
}

export async function showPermissionPage(
  deps: AdminDeps,
  ctx: Koa.Context,
  { admin, permission, typed, trouble }: PermissionOnPage,
): Promise<void> {
  const { resource, name } = permission;
  const alone = onlyTheRefusal(ctx, { admin, sees: 'roles:read', trouble });
  if (alone !== undefined) return alone;
  answerWith(ctx, trouble, permissionPath(permission));
  const mayChange = admin.may.has('roles:write') && isEditable(permission);
  const { roles } = await useOfPermission(deps.db, permission);
  await showAdminPage(deps, ctx, {
    view: 'model/permission',
    title: { name },
    current: 'permissions',
    admin,
    locals: {
      back: PERMISSIONS_PATH,
      permission: { resource, name, description: typed?.description ?? permission.description },
      resource: resourceName(deps, resource),
      origin: originShown(textsFor(ctx), permission.origin),
      roles: roles.map((role) => ({ name: role, href: rolePath(role) })),
      problem: trouble?.problem,
      errors: trouble?.errors ?? [],
      change: mayChange ? `${PERMISSIONS_PATH}/change` : undefined,
      remove: mayChange ? permissionPath(permission, 'delete') : undefined,
      ...(await holdersShown(deps, ctx, {
        admin,
        sought: { permission: { resource, name } },
        path: `${PERMISSIONS_PATH}/one`,
        words: { resource, name },
      })),
    },
  });
}
