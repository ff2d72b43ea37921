// Changes a role, by the forms of its page: a click each, but for what is typed.
import { z } from 'zod';
import { changeRoleAs } from '../../administration/model/role-model-as.ts';
import { type NotDone, versionOf } from '../../administration/outcomes.ts';
import { grantClientRoleAs, revokeClientRoleAs } from '../../administration/rights/client-role-as.ts';
import { textsFor } from '../../http/page.ts';
import type { RouteContext } from '../../http/route.ts';
import type { RoleWithContents } from '../../roles/role.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep } from '../in-console.ts';
import { troubleOf } from '../not-done.ts';
import { rolePath } from './paths.ts';
import { type RoleOnPage, roleOf, showRolePage } from './role-page.ts';

const csrf = z.string().optional();
const name = z.string().min(1).max(400);
const on = z.enum(['yes', 'no']);

const fieldsForm = z.strictObject({ csrf, description: z.string().max(400), mfa: z.string().max(10).optional() });
const permissionForm = z.strictObject({ csrf, resource: name, permission: name, on });
const includeForm = z.strictObject({ csrf, role: name, on });
const clientForm = z.strictObject({ csrf, client: name, on });

export const submitRole =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const { description, mfa } = await readAccountForm(deps, ctx, { me: admin.me, form: fieldsForm });
    const role = await roleOf(deps, ctx);
    const changes = { description, mfa: mfa === undefined ? 'optional' : 'required' } as const;
    const answer = await changeRoleAs(deps, admin.by, { name: role.name, ...changes });
    await answered(deps, ctx, { admin, role, answer, typed: { description } });
  };

export const submitPermission =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const typed = await readAccountForm(deps, ctx, { me: admin.me, form: permissionForm });
    const role = await roleOf(deps, ctx);
    const ref = { resource: typed.resource, name: typed.permission };
    const others = role.permissions.filter((each) => each.resource !== ref.resource || each.name !== ref.name);
    const permissions = typed.on === 'yes' ? [...others, ref] : others;
    const answer = await changeRoleAs(deps, admin.by, { name: role.name, permissions, version: versionOf(role) });
    await answered(deps, ctx, { admin, role, answer });
  };

export const submitInclude =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const typed = await readAccountForm(deps, ctx, { me: admin.me, form: includeForm });
    const role = await roleOf(deps, ctx);
    const others = role.includes.filter((each) => each !== typed.role);
    const includes = typed.on === 'yes' ? [...others, typed.role] : others;
    const answer = await changeRoleAs(deps, admin.by, { name: role.name, includes, version: versionOf(role) });
    await answered(deps, ctx, { admin, role, answer });
  };

export const submitClientRole =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const typed = await readAccountForm(deps, ctx, { me: admin.me, form: clientForm });
    const role = await roleOf(deps, ctx);
    const what = { clientId: typed.client, role: role.name };
    const answer =
      typed.on === 'yes'
        ? await grantClientRoleAs(deps, admin.by, what)
        : await revokeClientRoleAs(deps, admin.by, what);
    await answered(deps, ctx, { admin, role, answer });
  };

type Answered = RoleOnPage & {
  readonly role: RoleWithContents;
  readonly answer: NotDone | { readonly outcome: 'done' };
};

async function answered(deps: AdminDeps, ctx: RouteContext, { answer, ...at }: Answered): Promise<void> {
  if (answer.outcome === 'done') return backTo(ctx, rolePath(at.role.name), 'model.changed');
  if (answer.outcome === 'unchanged') return backTo(ctx, rolePath(at.role.name));
  await showRolePage(deps, ctx, { ...at, trouble: troubleOf(textsFor(ctx), answer) });
}
