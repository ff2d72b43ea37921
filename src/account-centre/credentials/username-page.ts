// The username, if there is one: what somebody can sign in with besides the address.
import type Koa from 'koa';
import { z } from 'zod';
import { changeUsername } from '../../credentials/change-username.ts';
import { languageOf } from '../../http/language.ts';
import { sourceOf } from '../../http/request-source.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import { ACCOUNT_PATH } from '../../signed-in/paths.ts';
import type { AccountStep, SignedIn } from '../../signed-in/signed-in.ts';
import type { AccountDeps } from '../deps.ts';
import { showAccountPage } from '../page.ts';
import { problemWith, type TypedIdentifier } from './typed-identifier.ts';

export const USERNAME_PATH = `${ACCOUNT_PATH}/username`;

const form = z.object({ csrf: z.string().optional(), username: z.string().max(128) });

export const showUsername =
  (deps: AccountDeps): AccountStep =>
  (ctx, me) =>
    show(deps, ctx, me);

export const submitUsername =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const { username } = await readAccountForm(deps, ctx, { me, form });
    if (username.trim() === '' && isRequired(deps)) return show(deps, ctx, me, { problem: 'change_username.missing' });
    const where = { source: sourceOf(ctx), language: languageOf(ctx) };
    const change = await changeUsername(deps, { accountId: me.account.id, username, ...where });
    switch (change.outcome) {
      case 'changed':
      case 'unknown_account':
        return backTo(ctx, USERNAME_PATH, 'change_username.done');
      case 'taken':
        return show(deps, ctx, me, { typed: username, problem: 'change_username.taken' });
      case 'unusable':
        return show(deps, ctx, me, { typed: username, problem: 'change_username.unusable' });
      case 'too_many_attempts':
        return show(deps, ctx, me, { typed: username, retryAfterSeconds: change.retryAfterSeconds });
    }
  };

async function show(deps: AccountDeps, ctx: Koa.Context, me: SignedIn, shown: TypedIdentifier = {}): Promise<void> {
  const problem = problemWith(ctx, shown, WORDS);
  await showAccountPage(deps, ctx, {
    view: 'username',
    title: 'change_username.title',
    lead: 'change_username.lead',
    current: 'profile',
    me,
    locals: {
      action: USERNAME_PATH,
      typed: shown.typed ?? me.account.username ?? '',
      isRequired: isRequired(deps),
      problem,
      retryAfterSeconds: shown.retryAfterSeconds,
    },
  });
}

const WORDS = {
  field: 'username',
  wrong: 'change_username.wrong',
  tooMany: 'sign_in.too_many_attempts',
} as const;

/** Who signs up has to have one; who has one keeps one. */
const isRequired = ({ config }: AccountDeps): boolean => config.registration.requiredFields.includes('username');
