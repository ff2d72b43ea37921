// One role: what it permits and includes, who has it and why.
import type Koa from 'koa';
import { textsFor } from '../../http/page.ts';
import { nothingThere } from '../../http/refusals.ts';
import type { RouteContext } from '../../http/route.ts';
import { clientRoles } from '../../roles/client-roles.ts';
import { effectOf } from '../../roles/effect.ts';
import { findRole, listRoles, type RoleWithContents } from '../../roles/role.ts';
import { carriersOf } from '../../roles/usage.ts';
import type { AdminDeps } from '../deps.ts';
import { onlyTheRefusal } from '../forbidden-page.ts';
import type { AdminStep, AtConsole } from '../in-console.ts';
import { answerWith, type Trouble } from '../not-done.ts';
import { showAdminPage } from '../page.ts';
import { holdersShown } from './holders.ts';
import { groupPath, ROLES_PATH, rolePath } from './paths.ts';
import { isEditable, originShown, permissionsByResource, resourceName } from './shown.ts';

/** 404 for what is none. */
export async function roleOf(deps: AdminDeps, ctx: RouteContext): Promise<RoleWithContents> {
  const role = await findRole(deps.db, String(ctx.params['name']));
  if (role === undefined) throw nothingThere();
  return role;
}

export const showRole =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) =>
    showRolePage(deps, ctx, { admin, role: await roleOf(deps, ctx) });

export interface RoleOnPage {
  readonly admin: AtConsole;
  readonly role: RoleWithContents;
  readonly typed?: { readonly description: string } | undefined;
  readonly trouble?: Trouble | undefined;
}

export async function showRolePage(deps: AdminDeps, ctx: Koa.Context, at: RoleOnPage): Promise<void> {
  const { admin, role, typed, trouble } = at;
  const t = textsFor(ctx);
  const path = rolePath(role.name);
  const alone = onlyTheRefusal(ctx, { admin, sees: 'roles:read', trouble });
  if (alone !== undefined) return alone;
  answerWith(ctx, trouble, path);
  const mayChange = admin.may.has('roles:write') && isEditable(role);
  const scope = role.clientId ?? role.resource;
  await showAdminPage(deps, ctx, {
    view: 'model/role',
    title: { name: role.name },
    current: 'roles',
    admin,
    locals: {
      back: ROLES_PATH,
      role: {
        name: role.name,
        description: typed?.description ?? role.description,
        needsFactor: role.mfa === 'required',
      },
      origin: originShown(t, role.origin),
      scope: scope === undefined ? undefined : resourceName(deps, scope),
      problem: trouble?.problem,
      errors: trouble?.errors ?? [],
      change: mayChange ? path : undefined,
      givePermission: mayChange ? rolePath(role.name, 'permission') : undefined,
      include: mayChange ? rolePath(role.name, 'include') : undefined,
      remove: mayChange ? rolePath(role.name, 'delete') : undefined,
      ...(await contentsShown(deps, role, mayChange)),
      ...(await useShown(deps, { admin, role })),
      ...(await holdersShown(deps, ctx, { admin, sought: { role: role.name }, path })),
    },
  });
}

/** Where nothing can be changed, what the role does not have is left out. */
async function contentsShown(deps: AdminDeps, role: RoleWithContents, mayChange: boolean) {
  const roles = await listRoles(deps.db);
  const together = await effectOf(deps.db, [role.name]);
  const all = await permissionsByResource(deps, role.permissions);
  const others = roles.filter(({ name, goneAt }) => name !== role.name && goneAt === undefined);
  return {
    resources: all
      .map(({ permissions, ...resource }) => ({
        ...resource,
        permissions: permissions.filter(({ on }) => on || mayChange),
      }))
      .filter(({ permissions }) => permissions.length > 0),
    includes: others
      .map(({ name, description }) => ({ name, description, on: role.includes.includes(name), href: rolePath(name) }))
      .filter(({ on }) => on || mayChange),
    effective: together.permissions
      .filter(({ resource, name }) => !role.permissions.some((own) => own.resource === resource && own.name === name))
      .map(({ resource, name }) => `${resourceName(deps, resource)}: ${name}`),
  };
}

async function useShown(deps: AdminDeps, { admin, role }: Pick<RoleOnPage, 'admin' | 'role'>) {
  const carriers = await carriersOf(deps.db, role.name);
  const given = new Set(
    (await clientRoles(deps.db)).filter((each) => each.role === role.name).map((each) => each.clientId),
  );
  const services = [...deps.live.current().values()].filter(({ grantTypes }) =>
    grantTypes.includes('client_credentials'),
  );
  const ids = [...new Set([...services.map(({ clientId }) => clientId), ...given])];
  const mayGive = admin.may.has('roles:assign');
  return {
    groups: carriers.groups.map((name) => ({ name, href: admin.may.has('groups:read') ? groupPath(name) : undefined })),
    includedBy: carriers.includedBy.map((name) => ({ name, href: rolePath(name) })),
    giveClient: mayGive ? rolePath(role.name, 'client') : undefined,
    services: ids
      .map((id) => ({
        id,
        name: deps.clients().get(id)?.clientName ?? id,
        on: given.has(id),
        byFile: deps.live.current().get(id)?.roles.assign.includes(role.name) === true,
      }))
      .filter(({ on, byFile }) => on || byFile || mayGive),
  };
}
