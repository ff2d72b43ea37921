// The username, if there is one: what somebody can sign in with besides the address.
import type Koa from 'koa';
import { z } from 'zod';
import { changeUsername } from '../../credentials/change-username.ts';
import { textsFor } from '../../http/page.ts';
import { sourceOf } from '../../http/request-source.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import { ACCOUNT_PATH } from '../../signed-in/paths.ts';
import type { AccountStep, SignedIn } from '../../signed-in/signed-in.ts';
import type { MessageKey } from '../../texts/messages.ts';
import type { AccountDeps } from '../deps.ts';
import { showAccountPage } from '../page.ts';

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
    const change = await changeUsername(deps, { accountId: me.account.id, username, source: sourceOf(ctx) });
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

interface Shown {
  readonly typed?: string;
  readonly problem?: MessageKey;
  readonly retryAfterSeconds?: number;
}

async function show(
  deps: AccountDeps,
  ctx: Koa.Context,
  me: SignedIn,
  { typed, problem, retryAfterSeconds }: Shown = {},
): Promise<void> {
  const t = textsFor(ctx);
  if (problem !== undefined) ctx.status = 400;
  if (retryAfterSeconds !== undefined) {
    ctx.status = 429;
    ctx.set('Retry-After', String(retryAfterSeconds));
  }
  await showAccountPage(deps, ctx, {
    view: 'username',
    title: 'change_username.title',
    lead: 'change_username.lead',
    current: 'profile',
    me,
    locals: {
      action: USERNAME_PATH,
      typed: typed ?? me.account.username ?? '',
      isRequired: isRequired(deps),
      problem: problemIn(t, problem, retryAfterSeconds),
      retryAfterSeconds,
    },
  });
}

function problemIn(t: ReturnType<typeof textsFor>, problem: MessageKey | undefined, retryAfterSeconds?: number) {
  if (retryAfterSeconds !== undefined) return { summary: t('sign_in.too_many_attempts') };
  return problem && { summary: t('change_username.wrong'), field: 'username', message: t(problem) };
}

/** Who signs up has to have one; who has one keeps one. */
const isRequired = ({ config }: AccountDeps): boolean => config.registration.requiredFields.includes('username');
