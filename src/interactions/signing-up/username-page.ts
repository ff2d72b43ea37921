// Somebody else was faster with the username: another one, and nothing else is asked again.
import type Koa from 'koa';
import { tellToWait } from '../../http/form.ts';
import { textsFor } from '../../http/page.ts';
import type { InteractionDeps } from '../deps.ts';
import type { SignIn } from '../engine-interaction.ts';
import { addressOf, showStep } from '../page.ts';

export async function showChooseUsername(
  deps: InteractionDeps,
  ctx: Koa.Context,
  {
    signIn,
    username,
    problem = 'taken',
    retryAfterSeconds,
  }: {
    signIn: SignIn;
    username: string | undefined;
    problem?: 'taken' | 'unusable';
    retryAfterSeconds?: number;
  },
): Promise<void> {
  const t = textsFor(ctx);
  const wrong = t(problem === 'taken' ? 'sign_up.username_taken' : 'sign_up.username_wrong');
  if (ctx.method === 'POST') ctx.status = 400;
  tellToWait(ctx, retryAfterSeconds);
  await showStep(deps, ctx, {
    view: 'choose-username',
    title: 'choose_username.title',
    signIn,
    locals: {
      action: addressOf(signIn, 'username'),
      username: username ?? '',
      required: deps.config.registration.requiredFields.includes('username'),
      problem:
        retryAfterSeconds === undefined ? { summary: wrong, field: 'username' } : { summary: t('sign_up.too_many') },
      retryAfterSeconds,
    },
  });
}
