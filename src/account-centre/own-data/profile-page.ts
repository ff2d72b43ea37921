// What a person says of themselves: the name, standard claims, and the attributes that are theirs to change.
import type Koa from 'koa';
import { textsFor } from '../../http/page.ts';
import { sourceOf } from '../../http/request-source.ts';
import { changeProfile, type ProfileProblem } from '../../profiles/change-profile.ts';
import { findProfile } from '../../profiles/profiles.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import { ACCOUNT_PATH } from '../../signed-in/paths.ts';
import {
  profileForm,
  profileGroups,
  readOnlyAttributes,
  type Typed,
  typedAttributes,
  typedClaims,
} from '../../signed-in/profile-fields.ts';
import type { AccountStep, SignedIn } from '../../signed-in/signed-in.ts';
import type { AccountDeps } from '../deps.ts';
import { showAccountPage } from '../page.ts';

export const PROFILE_PATH = `${ACCOUNT_PATH}/profile`;

export const showProfile =
  (deps: AccountDeps): AccountStep =>
  (ctx, me) =>
    showPage(deps, ctx, { me });

export const submitProfile =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const { attributes } = deps.config;
    const typed: Typed = await readAccountForm(deps, ctx, { me, form: profileForm(attributes) });
    const editing = { accountId: me.account.id, as: 'user', source: sourceOf(ctx) } as const;
    const change = { name: typed['name'], claims: typedClaims(typed), attributes: typedAttributes(attributes, typed) };
    const changed = await changeProfile(deps, editing, change);
    switch (changed.outcome) {
      case 'invalid':
        ctx.status = 400;
        return showPage(deps, ctx, { me, typed, problems: changed.problems });
      case 'unknown_account':
        return backTo(ctx, ACCOUNT_PATH);
      case 'changed':
        return backTo(ctx, PROFILE_PATH, changed.fields.length === 0 ? 'profile.unchanged' : 'profile.saved');
    }
  };

async function showPage(
  deps: AccountDeps,
  ctx: Koa.Context,
  { me, ...again }: { me: SignedIn; typed?: Typed; problems?: readonly ProfileProblem[] },
): Promise<void> {
  const t = textsFor(ctx);
  const { attributes } = deps.config;
  const profile = await findProfile(deps.db, me.account.id);
  const groups = profileGroups({ t, account: me.account, profile, attributes, ...again });
  ctx.state.pageAddress = PROFILE_PATH;
  await showAccountPage(deps, ctx, {
    view: 'profile',
    title: 'profile.title',
    lead: 'profile.lead',
    current: 'profile',
    me,
    locals: {
      action: PROFILE_PATH,
      groups,
      kept: readOnlyAttributes({ t, profile, attributes }),
      problem: again.problems && { summary: t.count('profile.problems', again.problems.length) },
      email: me.account.email,
      username: me.account.username,
      emailHref: deps.isPage(`${ACCOUNT_PATH}/email`) ? `${ACCOUNT_PATH}/email` : undefined,
      usernameHref: deps.isPage(`${ACCOUNT_PATH}/username`) ? `${ACCOUNT_PATH}/username` : undefined,
    },
  });
}
