// One group: the roles that it carries, what they permit together, and who is in it.
import type Koa from 'koa';
import { isAccountId } from '../../crypto/identifiers.ts';
import { textsFor } from '../../http/page.ts';
import { nothingThere } from '../../http/refusals.ts';
import type { RouteContext } from '../../http/route.ts';
import { effectOf } from '../../roles/effect.ts';
import { findGroup, type Group } from '../../roles/groups.ts';
import { listMembers } from '../../roles/members.ts';
import { listRoles } from '../../roles/role.ts';
import type { AdminDeps } from '../deps.ts';
import { onlyTheRefusal } from '../forbidden-page.ts';
import type { AdminStep, AtConsole } from '../in-console.ts';
import { answerWith, errorOf, type Trouble } from '../not-done.ts';
import { showAdminPage } from '../page.ts';
import { pagerOf, placeIn } from '../pager.ts';
import { accountPath, GROUPS_PATH, groupPath, rolePath } from './paths.ts';
import { isEditable, originShown, resourceName } from './shown.ts';

const PAGE_MEMBERS = 50;

export async function groupOf(deps: AdminDeps, ctx: RouteContext): Promise<Group> {
  const group = await findGroup(deps.db, String(ctx.params['name']));
  if (group === undefined) throw nothingThere();
  return group;
}

export const showGroup =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) =>
    showGroupPage(deps, ctx, { admin, group: await groupOf(deps, ctx) });

export interface GroupOnPage {
  readonly admin: AtConsole;
  readonly group: Group;
  readonly typed?:
    | { readonly description?: string; readonly who?: string; readonly until?: string | undefined }
    | undefined;
  readonly trouble?: Trouble | undefined;
}

export async function showGroupPage(deps: AdminDeps, ctx: Koa.Context, at: GroupOnPage): Promise<void> {
  const { admin, group, typed = {}, trouble } = at;
  const path = groupPath(group.name);
  const alone = onlyTheRefusal(ctx, { admin, sees: 'groups:read', trouble });
  if (alone !== undefined) return alone;
  answerWith(ctx, trouble, path);
  const mayWrite = admin.may.has('groups:write');
  const mayChange = mayWrite && isEditable(group);
  await showAdminPage(deps, ctx, {
    view: 'model/group',
    title: { name: group.name },
    current: 'groups',
    admin,
    locals: {
      back: GROUPS_PATH,
      group: { description: typed.description ?? group.description },
      origin: originShown(textsFor(ctx), group.origin),
      typed,
      problem: trouble?.problem,
      errors: trouble?.errors ?? [],
      wrong: { who: errorOf(trouble, 'who'), until: errorOf(trouble, 'until') },
      change: mayChange ? path : undefined,
      carry: mayChange ? groupPath(group.name, 'role') : undefined,
      add: mayWrite && group.goneAt === undefined ? groupPath(group.name, 'add') : undefined,
      removeMember: mayWrite ? groupPath(group.name, 'remove') : undefined,
      remove: mayChange ? groupPath(group.name, 'delete') : undefined,
      ...(await rolesShown(deps, group, mayChange)),
      ...(await membersShown(deps, ctx, { admin, group })),
    },
  });
}

async function rolesShown(deps: AdminDeps, group: Group, mayChange: boolean) {
  const roles = await listRoles(deps.db);
  const together = await effectOf(deps.db, group.goneAt === undefined ? group.roles : []);
  const effective = together.permissions.map(({ resource, name }) => `${resourceName(deps, resource)}: ${name}`);
  return {
    roles: roles
      .filter(({ name, goneAt }) => group.roles.includes(name) || (mayChange && goneAt === undefined))
      .map(({ name, description }) => ({ name, description, on: group.roles.includes(name), href: rolePath(name) })),
    effective: [...new Set(effective)],
  };
}

async function membersShown(deps: AdminDeps, ctx: Koa.Context, { admin, group }: Pick<GroupOnPage, 'admin' | 'group'>) {
  const path = groupPath(group.name);
  const after = placeIn(ctx, 'after', isAccountId);
  const found = await listMembers(deps, { group: group.name, after, limit: PAGE_MEMBERS + 1 });
  const members = found.slice(0, PAGE_MEMBERS);
  const last = found.length > PAGE_MEMBERS ? members.at(-1)?.accountId : undefined;
  return {
    members: members.map(({ accountId, email, name, createdAt, expiresAt }) => ({
      accountId,
      href: admin.may.has('accounts:read') ? accountPath(accountId) : undefined,
      email,
      name,
      since: createdAt,
      until: expiresAt,
    })),
    pager: pagerOf(ctx, { path, name: 'after', place: after, next: last, isPlace: isAccountId }),
  };
}
