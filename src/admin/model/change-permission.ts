// Makes, changes and deletes permissions.
import type Koa from 'koa';
import { z } from 'zod';
import {
  changePermissionAs,
  createPermissionAs,
  deletePermissionAs,
} from '../../administration/model/permission-model-as.ts';
import { textsFor } from '../../http/page.ts';
import { type UseOfPermission, useOfPermission } from '../../roles/usage.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep, AtConsole } from '../in-console.ts';
import { answerWith, errorOf, type Trouble, troubleOf } from '../not-done.ts';
import { showAdminPage } from '../page.ts';
import { wordIn } from '../query.ts';
import { NEW_PERMISSION_PATH, PERMISSIONS_PATH, permissionPath } from './paths.ts';
import { permissionOf, showPermissionPage } from './permissions-page.ts';
import { actionFor, confirmedBy } from './seen.ts';

const csrf = z.string().optional();
const word = z.string().max(500);
const whole = z.strictObject({ csrf, resource: word, name: word, description: word });
const which = z.strictObject({ csrf, resource: word, name: word });

type Typed = Omit<z.infer<typeof whole>, 'csrf'>;

export const showNewPermission =
  (deps: AdminDeps): AdminStep =>
  (ctx, admin) =>
    showNew(deps, ctx, { admin });

export const submitNewPermission =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const { csrf: _csrf, ...typed } = await readAccountForm(deps, ctx, { me: admin.me, form: whole });
    const answer = await createPermissionAs(deps, admin.by, typed);
    if (answer.outcome === 'done') return backTo(ctx, permissionPath(typed), 'model.permissions.created');
    if (answer.outcome === 'unchanged') return backTo(ctx, PERMISSIONS_PATH);
    await showNew(deps, ctx, { admin, typed, trouble: troubleOf(textsFor(ctx), answer) });
  };

async function showNew(
  deps: AdminDeps,
  ctx: Koa.Context,
  { admin, typed, trouble }: { admin: AtConsole; typed?: Typed; trouble?: Trouble },
): Promise<void> {
  answerWith(ctx, trouble, NEW_PERMISSION_PATH);
  const resources = [
    ...[...deps.config.resources.values()].map(({ audience, name }) => ({ value: audience, label: name })),
    ...[...deps.live.current().values()].map(({ clientId, clientName }) => ({ value: clientId, label: clientName })),
  ];
  await showAdminPage(deps, ctx, {
    view: 'model/new-permission',
    title: 'model.permissions.new',
    current: 'permissions',
    admin,
    locals: {
      back: PERMISSIONS_PATH,
      action: PERMISSIONS_PATH,
      typed: typed ?? {},
      resources,
      problem: trouble?.problem,
      errors: trouble?.errors ?? [],
      wrong: {
        resource: errorOf(trouble, 'resource'),
        name: errorOf(trouble, 'name'),
        description: errorOf(trouble, 'description'),
      },
    },
  });
}

export const submitPermissionChange =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const { csrf: _csrf, ...typed } = await readAccountForm(deps, ctx, { me: admin.me, form: whole });
    const permission = await permissionOf(deps, typed);
    const answer = await changePermissionAs(deps, admin.by, typed);
    if (answer.outcome === 'done') return backTo(ctx, permissionPath(typed), 'model.changed');
    if (answer.outcome === 'unchanged') return backTo(ctx, permissionPath(typed));
    const trouble = troubleOf(textsFor(ctx), answer);
    await showPermissionPage(deps, ctx, { admin, permission, typed, trouble });
  };

export const showDeletePermission =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const asked = { resource: wordIn(ctx, 'resource'), name: wordIn(ctx, 'name') };
    const permission = await permissionOf(deps, asked);
    const { resource, name } = permission;
    const t = textsFor(ctx);
    const use = await useOfPermission(deps.db, permission);
    const { roles } = use;
    await showAdminPage(deps, ctx, {
      view: 'model/delete',
      title: { name },
      current: 'permissions',
      admin,
      locals: {
        question: t('model.permissions.delete', { name }),
        consequences: [
          roles.length === 0 ? t('model.delete.no_roles') : t('model.delete.roles_lose', { roles: t.list(roles) }),
        ],
        action: actionFor(`${PERMISSIONS_PATH}/delete`, { thing: permission, use }),
        fields: { resource, name },
        cancel: permissionPath(permission),
      },
    });
  };

export const submitDeletePermission =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const typed = await readAccountForm(deps, ctx, { me: admin.me, form: which });
    const permission = await permissionOf(deps, typed);
    const ref = { resource: typed.resource, name: typed.name };
    const answer = await deletePermissionAs(deps, admin.by, {
      ...ref,
      ...confirmedBy<UseOfPermission>(ctx, permission),
    });
    if (answer.outcome === 'done' || answer.outcome === 'unchanged') {
      return backTo(ctx, PERMISSIONS_PATH, 'model.permissions.deleted');
    }
    if (answer.outcome === 'in_use') return backTo(ctx, permissionPath(ref, 'delete'), 'model.delete.changed');
    const trouble = troubleOf(textsFor(ctx), answer);
    await showPermissionPage(deps, ctx, { admin, permission, trouble });
  };
