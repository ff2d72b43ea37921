// Before a role is deleted: what it would take away, and from whom.
import { z } from 'zod';
import { deleteRoleAs } from '../../administration/model/role-model-as.ts';
import { textsFor } from '../../http/page.ts';
import { type UseOfRole, useOfRole } from '../../roles/usage.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { Texts } from '../../texts/messages.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep } from '../in-console.ts';
import { troubleOf } from '../not-done.ts';
import { showAdminPage } from '../page.ts';
import { ROLES_PATH, rolePath } from './paths.ts';
import { roleOf, showRolePage } from './role-page.ts';
import { actionFor, confirmedBy } from './seen.ts';

const form = z.strictObject({ csrf: z.string().optional() });

export const showDeleteRole =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const role = await roleOf(deps, ctx);
    const { name } = role;
    const use = await useOfRole(deps.db, name);
    const t = textsFor(ctx);
    await showAdminPage(deps, ctx, {
      view: 'model/delete',
      title: { name },
      current: 'roles',
      admin,
      locals: {
        question: t('model.roles.delete', { name }),
        consequences: consequences(t, use),
        action: actionFor(rolePath(name, 'delete'), { thing: role, use }),
        cancel: rolePath(name),
      },
    });
  };

export const submitDeleteRole =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    await readAccountForm(deps, ctx, { me: admin.me, form });
    const role = await roleOf(deps, ctx);
    const answer = await deleteRoleAs(deps, admin.by, { name: role.name, ...confirmedBy<UseOfRole>(ctx, role) });
    if (answer.outcome === 'done' || answer.outcome === 'unchanged')
      return backTo(ctx, ROLES_PATH, 'model.roles.deleted');
    if (answer.outcome === 'in_use') return backTo(ctx, rolePath(role.name, 'delete'), 'model.delete.changed');
    await showRolePage(deps, ctx, { admin, role, trouble: troubleOf(textsFor(ctx), answer) });
  };

const consequences = (t: Texts, { accounts, groups, members, includedBy, clients }: UseOfRole): readonly string[] => [
  ...(accounts === 0 ? [t('model.delete.no_accounts')] : [t.count('model.delete.accounts', accounts)]),
  ...(groups.length === 0 ? [] : [t.count('model.delete.groups', members, { groups: t.list(groups) })]),
  ...(includedBy.length === 0 ? [] : [t('model.delete.included', { roles: t.list(includedBy) })]),
  ...(clients.length === 0 ? [] : [t('model.delete.clients', { clients: t.list(clients) })]),
];
