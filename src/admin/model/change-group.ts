// Changes a group and who is in it, by the forms of its page.
import { z } from 'zod';
import { findNamedAccount } from '../../accounts/finding/named-account.ts';
import { changeGroupAs } from '../../administration/model/group-model-as.ts';
import { type NotDone, versionOf } from '../../administration/outcomes.ts';
import { addMemberAs, removeMemberAs } from '../../administration/rights/member-as.ts';
import { textsFor } from '../../http/page.ts';
import type { RouteContext } from '../../http/route.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { MessageKey } from '../../texts/messages.ts';
import { afterLastDay } from '../accounts/last-day.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep } from '../in-console.ts';
import { beside, troubleOf } from '../not-done.ts';
import { type GroupOnPage, groupOf, showGroupPage } from './group-page.ts';
import { notOneAccountSaid } from './not-one-account.ts';
import { groupPath } from './paths.ts';

const csrf = z.string().optional();
const word = z.string().max(400);

const fieldsForm = z.strictObject({ csrf, description: word });
const roleForm = z.strictObject({ csrf, role: word, on: z.enum(['yes', 'no']) });
const addForm = z.strictObject({ csrf, who: word, until: z.string().max(40).optional() });
const removeForm = z.strictObject({ csrf, account: word });

export const submitGroup =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const { description } = await readAccountForm(deps, ctx, { me: admin.me, form: fieldsForm });
    const group = await groupOf(deps, ctx);
    const answer = await changeGroupAs(deps, admin.by, { name: group.name, description });
    await answered(deps, ctx, { admin, group, answer, typed: { description } });
  };

export const submitCarriedRole =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const { role, on } = await readAccountForm(deps, ctx, { me: admin.me, form: roleForm });
    const group = await groupOf(deps, ctx);
    const others = group.roles.filter((each) => each !== role);
    const roles = on === 'yes' ? [...others, role] : others;
    const answer = await changeGroupAs(deps, admin.by, { name: group.name, roles, version: versionOf(group) });
    await answered(deps, ctx, { admin, group, answer });
  };

/** By e-mail, username or `sub`. */
export const submitMember =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const { csrf: _csrf, ...typed } = await readAccountForm(deps, ctx, { me: admin.me, form: addForm });
    const group = await groupOf(deps, ctx);
    const t = textsFor(ctx);
    const who = typed.who.trim();
    const named = await findNamedAccount(deps.db, who);
    const expiresAt = typed.until === undefined || typed.until === '' ? undefined : afterLastDay(typed.until);
    const errors = [
      ...(named.outcome === 'found' ? [] : [{ field: 'who', message: notOneAccountSaid(t, { who, named }) }]),
      ...(expiresAt === 'unreadable' ? [{ field: 'until', message: t('administration.problem.expires') }] : []),
    ];
    if (named.outcome !== 'found' || expiresAt === 'unreadable') {
      return showGroupPage(deps, ctx, { admin, group, typed, trouble: beside(400, errors) });
    }
    const what = { group: group.name, accountId: named.account.id, expiresAt };
    const answer = await addMemberAs(deps, admin.by, what);
    await answered(deps, ctx, { admin, group, answer, typed, notice: 'model.groups.added' });
  };

export const submitRemoval =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const { account } = await readAccountForm(deps, ctx, { me: admin.me, form: removeForm });
    const group = await groupOf(deps, ctx);
    const answer = await removeMemberAs(deps, admin.by, { group: group.name, accountId: account });
    await answered(deps, ctx, { admin, group, answer, notice: 'model.groups.removed' });
  };

type Answered = GroupOnPage & {
  readonly answer: NotDone | { readonly outcome: 'done' };
  readonly notice?: MessageKey;
};

async function answered(
  deps: AdminDeps,
  ctx: RouteContext,
  { answer, notice = 'model.changed', ...at }: Answered,
): Promise<void> {
  if (answer.outcome === 'done') return backTo(ctx, groupPath(at.group.name), notice);
  if (answer.outcome === 'unchanged') return backTo(ctx, groupPath(at.group.name));
  await showGroupPage(deps, ctx, { ...at, trouble: troubleOf(textsFor(ctx), answer) });
}
