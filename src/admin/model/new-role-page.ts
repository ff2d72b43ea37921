// Making a role: its name, what it is for, and where it counts.
import type Koa from 'koa';
import { z } from 'zod';
import { createRoleAs } from '../../administration/model/role-model-as.ts';
import { textsFor } from '../../http/page.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep, AtConsole } from '../in-console.ts';
import { answerWith, errorOf, type Trouble, troubleOf } from '../not-done.ts';
import { showAdminPage } from '../page.ts';
import { NEW_ROLE_PATH, ROLES_PATH, rolePath } from './paths.ts';

const form = z.strictObject({
  csrf: z.string().optional(),
  name: z.string().max(400),
  description: z.string().max(400),
  /** `client:<id>`, `resource:<audience>`, or nothing. */
  scope: z.string().max(500).optional(),
  mfa: z.string().max(10).optional(),
});

type Typed = Omit<z.infer<typeof form>, 'csrf'>;

export const showNewRole =
  (deps: AdminDeps): AdminStep =>
  (ctx, admin) =>
    showPage(deps, ctx, { admin });

export const submitNewRole =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const { csrf: _csrf, ...typed } = await readAccountForm(deps, ctx, { me: admin.me, form });
    const { name, description, scope = '', mfa } = typed;
    const [kind, ...rest] = scope.split(':');
    const answer = await createRoleAs(deps, admin.by, {
      name,
      description,
      mfa: mfa === undefined ? 'optional' : 'required',
      ...(kind === 'client' ? { clientId: rest.join(':') } : {}),
      ...(kind === 'resource' ? { resource: rest.join(':') } : {}),
    });
    if (answer.outcome === 'done') return backTo(ctx, rolePath(name), 'model.roles.created');
    if (answer.outcome === 'unchanged') return backTo(ctx, ROLES_PATH);
    await showPage(deps, ctx, { admin, typed, trouble: troubleOf(textsFor(ctx), answer) });
  };

async function showPage(
  deps: AdminDeps,
  ctx: Koa.Context,
  { admin, typed, trouble }: { admin: AtConsole; typed?: Typed; trouble?: Trouble },
): Promise<void> {
  const t = textsFor(ctx);
  answerWith(ctx, trouble, NEW_ROLE_PATH);
  const option = (value: string, label: string) => ({ value, label });
  await showAdminPage(deps, ctx, {
    view: 'model/new-role',
    title: 'model.roles.new',
    current: 'roles',
    admin,
    locals: {
      back: ROLES_PATH,
      action: ROLES_PATH,
      typed: typed ?? {},
      problem: trouble?.problem,
      errors: trouble?.errors ?? [],
      wrong: { name: errorOf(trouble, 'name'), description: errorOf(trouble, 'description') },
      scopes: [
        option('', t('model.scope.everywhere')),
        ...[...deps.live.current().values()].map(({ clientId, clientName }) =>
          option(`client:${clientId}`, t('model.scope.client', { name: clientName })),
        ),
        ...[...deps.config.resources.values()].map(({ audience, name }) =>
          option(`resource:${audience}`, t('model.scope.resource', { name })),
        ),
      ],
    },
  });
}
