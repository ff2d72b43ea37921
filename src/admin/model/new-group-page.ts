// Making a group, and deleting one: what it would take away, and from how many.
import type Koa from 'koa';
import { z } from 'zod';
import { createGroupAs, deleteGroupAs } from '../../administration/model/group-model-as.ts';
import { textsFor } from '../../http/page.ts';
import { type UseOfGroup, useOfGroup } from '../../roles/usage.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep, AtConsole } from '../in-console.ts';
import { answerWith, errorOf, type Trouble, troubleOf } from '../not-done.ts';
import { showAdminPage } from '../page.ts';
import { groupOf, showGroupPage } from './group-page.ts';
import { GROUPS_PATH, groupPath, NEW_GROUP_PATH } from './paths.ts';
import { actionFor, confirmedBy } from './seen.ts';

const csrf = z.string().optional();
const newForm = z.strictObject({ csrf, name: z.string().max(400), description: z.string().max(400) });
const emptyForm = z.strictObject({ csrf });

type Typed = Omit<z.infer<typeof newForm>, 'csrf'>;

export const showNewGroup =
  (deps: AdminDeps): AdminStep =>
  (ctx, admin) =>
    showPage(deps, ctx, { admin });

export const submitNewGroup =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const { csrf: _csrf, ...typed } = await readAccountForm(deps, ctx, { me: admin.me, form: newForm });
    const answer = await createGroupAs(deps, admin.by, typed);
    if (answer.outcome === 'done') return backTo(ctx, groupPath(typed.name), 'model.groups.created');
    if (answer.outcome === 'unchanged') return backTo(ctx, GROUPS_PATH);
    await showPage(deps, ctx, { admin, typed, trouble: troubleOf(textsFor(ctx), answer) });
  };

async function showPage(
  deps: AdminDeps,
  ctx: Koa.Context,
  { admin, typed, trouble }: { admin: AtConsole; typed?: Typed; trouble?: Trouble },
): Promise<void> {
  answerWith(ctx, trouble, NEW_GROUP_PATH);
  await showAdminPage(deps, ctx, {
    view: 'model/new-group',
    title: 'model.groups.new',
    current: 'groups',
    admin,
    locals: {
      back: GROUPS_PATH,
      action: GROUPS_PATH,
      typed: typed ?? {},
      problem: trouble?.problem,
      errors: trouble?.errors ?? [],
      wrong: { name: errorOf(trouble, 'name'), description: errorOf(trouble, 'description') },
    },
  });
}

export const showDeleteGroup =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const group = await groupOf(deps, ctx);
    const { name } = group;
    const use = await useOfGroup(deps.db, name);
    const { members, roles } = use;
    const t = textsFor(ctx);
    await showAdminPage(deps, ctx, {
      view: 'model/delete',
      title: { name },
      current: 'groups',
      admin,
      locals: {
        question: t('model.groups.delete', { name }),
        consequences: [
          t.count('model.delete.members', members),
          ...(roles.length === 0 ? [] : [t('model.delete.members_lose', { roles: t.list(roles) })]),
        ],
        action: actionFor(groupPath(name, 'delete'), { thing: group, use }),
        cancel: groupPath(name),
      },
    });
  };

export const submitDeleteGroup =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    await readAccountForm(deps, ctx, { me: admin.me, form: emptyForm });
    const group = await groupOf(deps, ctx);
    const answer = await deleteGroupAs(deps, admin.by, { name: group.name, ...confirmedBy<UseOfGroup>(ctx, group) });
    if (answer.outcome === 'done' || answer.outcome === 'unchanged') {
      return backTo(ctx, GROUPS_PATH, 'model.groups.deleted');
    }
    if (answer.outcome === 'in_use') return backTo(ctx, groupPath(group.name, 'delete'), 'model.delete.changed');
    await showGroupPage(deps, ctx, { admin, group, trouble: troubleOf(textsFor(ctx), answer) });
  };
