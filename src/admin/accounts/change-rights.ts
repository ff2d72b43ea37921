// Gives an account roles, puts it into groups, and takes both back: what the forms of its page of roles ask for.
import type Koa from 'koa';
import { z } from 'zod';
import type { NotDone } from '../../administration/outcomes.ts';
import { addMemberAs, removeMemberAs } from '../../administration/rights/member-as.ts';
import { grantRoleAs, revokeRoleAs } from '../../administration/rights/role-as.ts';
import { textsFor } from '../../http/page.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { MessageKey } from '../../texts/messages.ts';
import type { AdminDeps } from '../deps.ts';
import { type Trouble, troubleOf } from '../not-done.ts';
import { tabPath } from './account-page.ts';
import { afterLastDay } from './last-day.ts';
import type { AccountStep, AtAccount } from './one-account.ts';
import { showRightsOf, type TypedRights } from './roles-page.ts';

const csrf = z.string().optional();
const name = z.string().max(400);

const toggleForm = z.strictObject({ csrf, role: name, on: z.enum(['yes', 'no']) });
const timedForm = z.strictObject({ csrf, role: name, role_until: z.string().max(40) });
const joinForm = z.strictObject({ csrf, group: name, group_until: z.string().max(40) });
const leaveForm = z.strictObject({ csrf, group: name });

/** A page that was open for a while may ask for what is so by now. */
export const submitToggle =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    const { role, on } = await readAccountForm(deps, ctx, { me: at.me, form: toggleForm });
    const what = { accountId: at.account.id, role };
    const answer = on === 'yes' ? await grantRoleAs(deps, at.by, what) : await revokeRoleAs(deps, at.by, what);
    await answerRights(deps, ctx, at, {
      answer,
      notice: on === 'yes' ? 'accounts.roles.given' : 'accounts.roles.taken',
    });
  };

export const submitTimedRole =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    const typed = await readAccountForm(deps, ctx, { me: at.me, form: timedForm });
    const { role, role_until } = typed;
    const expiresAt = afterLastDay(role_until);
    const isDay = expiresAt !== 'unreadable' && expiresAt !== undefined;
    const answer = isDay ? await grantRoleAs(deps, at.by, { accountId: at.account.id, role, expiresAt }) : NO_DAY;
    await answerRights(deps, ctx, at, { answer, notice: 'accounts.roles.given', typed, until: 'role_until' });
  };

export const submitJoin =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    const typed = await readAccountForm(deps, ctx, { me: at.me, form: joinForm });
    const { group, group_until } = typed;
    const expiresAt = afterLastDay(group_until);
    const what = { accountId: at.account.id, group };
    const answer = expiresAt === 'unreadable' ? NO_DAY : await addMemberAs(deps, at.by, { ...what, expiresAt });
    await answerRights(deps, ctx, at, { answer, notice: 'accounts.groups.joined', typed, until: 'group_until' });
  };

export const submitLeave =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    const { group } = await readAccountForm(deps, ctx, { me: at.me, form: leaveForm });
    const answer = await removeMemberAs(deps, at.by, { accountId: at.account.id, group });
    await answerRights(deps, ctx, at, { answer, notice: 'accounts.groups.left' });
  };

const NO_DAY = {
  outcome: 'invalid',
  problems: [{ field: 'expires_at', key: 'administration.problem.expires' }],
} as const;

interface Answered {
  readonly answer: NotDone | { readonly outcome: 'done' };
  readonly notice: MessageKey;
  readonly typed?: TypedRights;
  /** The field that the verb knows as `expires_at`. */
  readonly until?: 'role_until' | 'group_until';
}

async function answerRights(
  deps: AdminDeps,
  ctx: Koa.Context,
  at: AtAccount,
  { answer, notice, typed, until }: Answered,
): Promise<void> {
  if (answer.outcome === 'done') return backTo(ctx, tabPath(at.account.id, 'roles'), notice);
  if (answer.outcome === 'unchanged') return backTo(ctx, tabPath(at.account.id, 'roles'));
  const trouble = troubleOf(textsFor(ctx), answer);
  await showRightsOf(deps, ctx, at, {
    trouble: until === undefined ? trouble : atField(trouble, until),
    ...(typed && { typed }),
  });
}

const atField = (trouble: Trouble, field: string): Trouble => ({
  ...trouble,
  problem: { summary: trouble.problem.summary, ...(trouble.problem.field && { field }) },
  errors: trouble.errors.map(({ message }) => ({ field, message })),
});
