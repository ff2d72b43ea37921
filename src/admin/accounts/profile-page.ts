// What an account says of its owner, and what they sign in with: all of it, for administrators to change.
import type Koa from 'koa';
import { z } from 'zod';
import { changeAccountAs } from '../../administration/accounts/change-account-as.ts';
import { versionOf } from '../../administration/outcomes.ts';
import { textsFor } from '../../http/page.ts';
import type { ProfileProblem } from '../../profiles/change-profile.ts';
import { findProfile } from '../../profiles/profiles.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import {
  profileGroups,
  profileShape,
  type Typed,
  typedAttributes,
  typedClaims,
} from '../../signed-in/profile-fields.ts';
import type { AdminDeps } from '../deps.ts';
import { errorOf, type Refused, type Trouble, troubleOf } from '../not-done.ts';
import { showAccountTab, tabPath } from './account-page.ts';
import type { AccountStep, AtAccount } from './one-account.ts';
import { accountPath } from './paths.ts';

const LONGEST = 4000;

export const showProfile =
  (deps: AdminDeps): AccountStep =>
  (ctx, at) =>
    showPage(deps, ctx, at, {});

export const submitProfile =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    const { attributes } = deps.config;
    const text = z.string().max(LONGEST).optional();
    const form = z.strictObject({
      ...profileShape(attributes, 'operator'),
      email: text,
      username: text,
      version: z.string().max(40),
    });
    const typed = await readAccountForm(deps, ctx, { me: at.me, form });
    const fields: Typed = typed;
    const changes = {
      email: typed.email,
      username: typed.username,
      name: fields['name'],
      claims: typedClaims(fields),
      attributes: typedAttributes(attributes, fields, 'operator'),
    };
    const accountId = at.account.id;
    const changed = await changeAccountAs(deps, at.by, { accountId, changes, version: typed.version });
    switch (changed.outcome) {
      case 'done':
        return backTo(ctx, accountPath(accountId), 'accounts.profile.saved');
      case 'unchanged':
        return backTo(ctx, tabPath(accountId, 'profile'), 'profile.unchanged');
      default:
        return showPage(deps, ctx, at, { typed: fields, refused: changed });
    }
  };

interface Again {
  readonly typed?: Typed;
  readonly refused?: Refused;
}

async function showPage(deps: AdminDeps, ctx: Koa.Context, at: AtAccount, { typed, refused }: Again): Promise<void> {
  const t = textsFor(ctx);
  const { account } = at;
  const { attributes } = deps.config;
  const profile = await findProfile(deps.db, account.id);
  const trouble = refused && inFields(troubleOf(t, refused), attributes);
  const problems: readonly ProfileProblem[] =
    refused?.outcome === 'invalid'
      ? refused.problems.map(({ field, key, values = {} }) => ({ field, problem: key, values }))
      : [];
  await showAccountTab(deps, ctx, at, {
    view: 'profile',
    tab: 'profile',
    trouble,
    locals: {
      action: tabPath(account.id, 'profile'),
      version: versionOf(account),
      email: { value: typed?.['email'] ?? account.email, error: errorOf(trouble, 'email') },
      username: { value: typed?.['username'] ?? account.username ?? '', error: errorOf(trouble, 'username') },
      isProved: account.emailVerified,
      groups: profileGroups({ t, account, profile, attributes, problems, as: 'operator', ...(typed && { typed }) }),
    },
  });
}

/** Where the form has them: attributes under a name of their own. */
const inFields = (trouble: Trouble, attributes: ReadonlyMap<string, unknown>): Trouble => {
  const named = (field: string) => (attributes.has(field) ? `attribute_${field}` : field);
  const { field, ...said } = trouble.problem;
  return {
    ...trouble,
    problem: { ...said, ...(field !== undefined && { field: named(field) }) },
    errors: trouble.errors.map((error) => ({ ...error, field: named(error.field) })),
  };
};
